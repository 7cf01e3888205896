/** Whether a hosts file has the entry: each of its names with its address. The first line with a name counts. */
export function hasEntry(file: string, entry: string): boolean {
    const known = new Map<string, string>();
    for (const [name, address] of parseLines(file)) if (!known.has(name)) known.set(name, address);
    return parseLines(entry).every(([name, address]) => known.get(name) === address);
}

/** Each name with its IPv4 address. A line with an IPv6 address, such as `::1 localhost`, is a separate entry for the name. */
function parseLines(text: string): [string, string][] {
    return text.split("\n").flatMap((line) => {
        const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
        return address.includes(":") ? [] : names.map((name): [string, string] => [name, address]);
    });
}
