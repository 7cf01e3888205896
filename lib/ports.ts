import * as net from "node:net";

/**
 * Listens for a moment, on 127.0.0.1.
 *
 * @param port 0 for any that is free.
 * @returns the port.
 */
export function listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
        const server = net.createServer();
        server.once("error", reject);
        server.listen({ port, host: "127.0.0.1" }, () => {
            const { port: got } = server.address() as net.AddressInfo;
            server.close(() => resolve(got));
        });
    });
}
