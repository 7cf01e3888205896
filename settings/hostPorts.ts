import { listen } from "../lib/ports";
import { invalid, pass, type Finding } from "./finding";
import type { Settings } from "./schema";

/**
 * Checks that the ports of 127.0.0.1 are free.
 *
 * @param own the ports that the stack's own cluster publishes.
 */
export async function checkHostPorts(ports: Settings["cluster"]["hostPorts"], own: number[]): Promise<Finding[]> {
    if (ports === undefined) return [];
    if (ports.http === ports.https) {
        return [invalid("cluster.hostPorts.https", `${ports.https} is also the port of http`, "8443")];
    }
    const checked = Object.entries(ports).map(async ([name, port]): Promise<Finding[]> => {
        if (own.includes(port) || (await isFree(port))) return [];
        const free = await listen(0);
        return [invalid(`cluster.hostPorts.${name}`, `${port} is already used on this machine`, String(free))];
    });
    const findings = (await Promise.all(checked)).flat();
    return findings.length > 0 ? findings : [pass("cluster.hostPorts", `${ports.http} and ${ports.https} can be used`)];
}

function isFree(port: number): Promise<boolean> {
    return listen(port).then(
        () => true,
        () => false,
    );
}
