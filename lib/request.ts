import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";

/** What a server answered. */
export interface Answer {
    status: number;
    headers: http.IncomingHttpHeaders;
    body: string;
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a server answers has no type of its own
    readonly json: any;
    connection: Connection;
}

/** The connection that a request went by. */
export interface Connection {
    /** Tells one connection of this process from every other. */
    id: number;
    /** This machine's port, by which a kernel on the way knows the connection. */
    localPort: number;
    /** Whether another request had gone by it before. */
    reused: boolean;
}

/** How a URL is asked for. */
export interface Asked {
    /** Where the host is, as by curl's --resolve. */
    address: string;
    /** Certificate authority that the server's certificate has to be by. */
    ca?: string;
    method?: string;
    headers?: Record<string, string>;
    /** Sent as JSON. */
    body?: unknown;
    /** How long the answer may take, ms. Default: 15000. */
    timeout?: number;
    /** Connections that stay open for the next request. Default: the request has a connection of its own. */
    connections?: KeptConnections;
    /** Ends the request at once. It then fails with the signal's reason. */
    signal?: AbortSignal;
}

/** Connections that stay open from one request to the next. */
export interface KeptConnections {
    readonly agent: http.Agent;
    /** Closes them. */
    close(): void;
}

/**
 * Keeps connections to a URL's host open.
 *
 * @param atMost how many there are at the same time. A request waits until one is free.
 */
export function keepConnections(url: string, atMost = 1): KeptConnections {
    const options = { keepAlive: true, maxSockets: atMost };
    const agent = isSecure(url) ? new https.Agent(options) : new http.Agent(options);
    return { agent, close: () => agent.destroy() };
}

/** The pod that an answer names. Where several have passed it on, it is the last one on the way. */
export function podOf(headers: http.IncomingHttpHeaders): string | undefined {
    const named = headers["x-pod"] ?? headers["x-frontend-pod"];
    return typeof named === "string" ? named : named?.[0];
}

/** One request, without the help of a hosts file or a proxy. By default it has a connection of its own. */
export function request(
    url: string,
    { address, ca, method = "GET", headers = {}, body, timeout = 15_000, connections, signal }: Asked,
): Promise<Answer> {
    const client = isSecure(url) ? https : http;
    const content = body === undefined ? undefined : JSON.stringify(body);
    const late = AbortSignal.timeout(timeout);
    return new Promise((resolve, reject) => {
        const fail = (error: Error) => {
            signal?.removeEventListener("abort", stop);
            if (signal?.aborted) return reject(signal.reason as Error);
            reject(late.aborted ? new Error("timeout", { cause: error }) : error);
        };
        const stop = () => sent.destroy();
        let connection: Connection | undefined;
        const sent = client.request(
            url,
            {
                agent: connections?.agent ?? false,
                method,
                ca,
                signal: late,
                headers: { ...headers, ...(content && { "content-type": "application/json" }) },
                lookup: (_host, options, done) =>
                    options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4),
            },
            (response) => {
                let text = "";
                response.setEncoding("utf8");
                response.on("data", (chunk: string) => (text += chunk));
                response.on("error", fail);
                response.on("end", () => {
                    signal?.removeEventListener("abort", stop);
                    resolve({
                        status: response.statusCode ?? 0,
                        headers: response.headers,
                        body: text,
                        get json() {
                            return JSON.parse(text) as unknown;
                        },
                        connection: connection ?? { id: 0, localPort: 0, reused: false },
                    });
                });
            },
        );
        sent.on("socket", (socket) => {
            const note = () => (connection = describe(socket, sent.reusedSocket));
            // A new socket has its port only when it is connected.
            if (socket.connecting) socket.once("connect", note);
            else note();
        });
        sent.on("error", fail);
        signal?.addEventListener("abort", stop, { once: true });
        if (signal?.aborted) stop();
        sent.end(content);
    });
}

const isSecure = (url: string) => new URL(url).protocol === "https:";

const ids = new WeakMap<Socket, number>();
let connectionsSeen = 0;

function describe(socket: Socket, reused: boolean): Connection {
    const id = ids.get(socket) ?? ++connectionsSeen;
    ids.set(socket, id);
    return { id, localPort: socket.localPort ?? 0, reused };
}
