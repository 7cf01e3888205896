import * as net from "node:net";
import { AddressRange } from "../../lib/addressRange";
import { defaultGateway } from "../../lib/dockerHost";
import { run } from "./stacks";

/** Stands between the nodes and their registry mirror, on an address that containers reach, and can vanish for a while. */
export async function standInFor(mirror: URL) {
    const [subnet = "", gateway] = (
        await run("docker", [
            "network",
            "inspect",
            "bridge",
            "--format",
            "{{range .IPAM.Config}}{{.Subnet}} {{.Gateway}}{{end}}",
        ])
    ).split(" ");
    const host = gateway || defaultGateway(AddressRange.parse(subnet));
    const sockets = new Set<net.Socket>();
    let forwarded = 0;
    const server = net.createServer((client) => {
        const upstream = net.connect(Number(mirror.port || 80), mirror.hostname);
        upstream.on("data", (chunk: Buffer) => (forwarded += chunk.length));
        for (const [from, to] of [
            [client, upstream],
            [upstream, client],
        ] as const) {
            sockets.add(from);
            from.on("error", () => to.destroy());
            from.on("close", () => sockets.delete(from));
            from.pipe(to);
        }
    });
    const listen = (port: number) =>
        new Promise<void>((resolve, reject) => {
            server.once("error", reject);
            server.listen(port, host, () => {
                server.off("error", reject);
                resolve();
            });
        });
    await listen(0);
    const { port } = server.address() as net.AddressInfo;
    return {
        url: Object.assign(new URL(mirror), { host: `${host}:${port}` }).href.replace(/\/$/, ""),
        /** How many bytes came from the mirror. */
        forwarded: () => forwarded,
        appear: () => listen(port),
        vanish: () =>
            new Promise<void>((resolve) => {
                server.close(() => resolve());
                for (const socket of sockets) socket.destroy();
            }),
    };
}
