/** Whether a hosts file gives the entry's names the entry's address; the first line about a name counts. */
export function hasEntry(file: string, entry: string): boolean {
    const known = new Map<string, string>();
    for (const [name, address] of parseLines(file)) if (!known.has(name)) known.set(name, address);
    return parseLines(entry).every(([name, address]) => known.get(name) === address);
}

/** Each name with its address, IPv4 only: browsers keep `::1 localhost` apart too. */
function parseLines(text: string): [string, string][] {
    return text.split("\n").flatMap((line) => {
        const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
        return address.includes(":") ? [] : names.map((name): [string, string] => [name, address]);
    });
}
