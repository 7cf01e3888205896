import { quote } from "../../lib/commandLines";

/** A line of a hosts file that is in force. */
interface HostsLine {
    text: string;
    address: string;
    names: string[];
    /** What follows the names. */
    comment: string;
}

/** What has to be done to a hosts file, so that it has an entry and nothing against it. */
export interface HostsPlan {
    /** Lines by which a name of the entry leads elsewhere. Some systems take the first one, others all. */
    stale: string[];
    /** The shell command; none where there is nothing to do. */
    command?: string;
}

/** Compares a hosts file with an entry: an address and the names that lead there. Case does not matter in names. */
export function planHosts(file: string, entry: string): HostsPlan {
    const [wanted] = parseLines(entry);
    if (wanted === undefined) throw new Error(`"${entry}" is not a line of a hosts file.`);
    const lines = parseLines(file);
    const about = (line: HostsLine) => line.names.filter((name) => wanted.names.includes(name));
    const stale = lines.filter((line) => line.address !== wanted.address && about(line).length > 0);
    const right = lines.filter(({ address }) => address === wanted.address).flatMap(about);
    const isMissing = wanted.names.some((name) => !right.includes(name));
    if (stale.length === 0) return { stale: [], command: isMissing ? append(file, entry) : undefined };

    const edits = stale.map((line) => `-e ${quote(edit(line, wanted.names))}`).join(" ");
    const more = isMissing ? `; ${echo(file, entry)}` : "";
    // No sed -i: Linux and macOS spell it differently. The copy stays.
    const command = `sudo cp /etc/hosts /etc/hosts.old && { sed ${edits} /etc/hosts.old${more}; } | sudo tee /etc/hosts >/dev/null`;
    return { stale: stale.map(({ text }) => text), command };
}

function append(file: string, entry: string): string {
    return `${isClosed(file) ? echo(file, entry) : `{ ${echo(file, entry)}; }`} | sudo tee -a /etc/hosts`;
}

/** A file need not end with a line break. */
function echo(file: string, entry: string): string {
    return `${isClosed(file) ? "" : "echo; "}echo ${quote(entry)}`;
}

function isClosed(file: string): boolean {
    return file === "" || file.endsWith("\n");
}

/** A command of sed that takes names out of a line, and the line out of the file where no name is left. */
function edit({ text, address, names, comment }: HostsLine, gone: string[]): string {
    const pattern = text.replace(/[\\/.*[\]^$]/g, "\\$&");
    const kept = names.filter((name) => !gone.includes(name));
    if (kept.length === 0) return `/^${pattern}[[:space:]]*$/d`;
    const line = [address, ...kept, ...(comment === "" ? [] : [comment])].join(" ");
    return `s/^${pattern}[[:space:]]*$/${line.replace(/[\\/&]/g, "\\$&")}/`;
}

function parseLines(text: string): HostsLine[] {
    return text.split("\n").flatMap((line) => {
        const [, data = "", comment = ""] = /^([^#]*)(.*)$/s.exec(line) ?? [];
        const [address = "", ...names] = data.trim().split(/\s+/);
        const lower = names.map((name) => name.toLowerCase());
        return names.length === 0 ? [] : [{ text: line.trimEnd(), address, names: lower, comment: comment.trim() }];
    });
}
