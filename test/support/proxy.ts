import * as http from "node:http";
import * as net from "node:net";

/** A proxy that leads every name to this machine, as a company's leads to names that only it can resolve. */
export function startProxy(): Promise<{ url: string; asked: string[]; close: () => void }> {
    const asked: string[] = [];
    const proxy = http.createServer((request, response) => {
        asked.push(`${request.method} ${request.url}`);
        const { port, pathname } = new URL(request.url ?? "");
        const onward = http.request({ host: "127.0.0.1", port, path: pathname, method: request.method }, (answer) => {
            response.writeHead(answer.statusCode ?? 502);
            answer.pipe(response);
        });
        onward.on("error", () => response.writeHead(502).end());
        onward.end();
    });
    proxy.on("connect", (request: http.IncomingMessage, socket: net.Socket) => {
        asked.push(`CONNECT ${request.url}`);
        const onward = net.connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
            socket.write("HTTP/1.1 200 OK\r\n\r\n");
            onward.pipe(socket).pipe(onward);
        });
        onward.on("error", () => socket.destroy());
        socket.on("error", () => onward.destroy());
    });
    return new Promise((resolve) => {
        proxy.listen(0, "127.0.0.1", () => {
            const { port } = proxy.address() as net.AddressInfo;
            const close = () => {
                proxy.closeAllConnections();
                proxy.close();
            };
            resolve({ url: `http://127.0.0.1:${port}`, asked, close });
        });
    });
}
