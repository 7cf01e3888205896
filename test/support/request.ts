import * as http from "node:http";
import * as https from "node:https";

export interface Answer {
    status: number;
    headers: http.IncomingHttpHeaders;
    body: string;
    json: any;
}

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
}

/** One request on a connection of its own, without the help of a hosts file. */
export function request(
    url: string,
    { address, ca, method = "GET", headers = {}, body, timeout = 15_000 }: Asked,
): Promise<Answer> {
    const { protocol } = new URL(url);
    const client = protocol === "https:" ? https : http;
    const content = body === undefined ? undefined : JSON.stringify(body);
    const signal = AbortSignal.timeout(timeout);
    return new Promise((resolve, reject) => {
        const fail = (error: Error) => reject(signal.aborted ? new Error("timeout", { cause: error }) : error);
        const sent = client.request(
            url,
            {
                agent: false,
                method,
                ca,
                signal,
                headers: { ...headers, ...(content && { "content-type": "application/json" }) },
                lookup: (_host, options, done) =>
                    options.all ? done(null, [{ address, family: 4 }]) : done(null, address, 4),
            },
            (response) => {
                let text = "";
                response.setEncoding("utf8");
                response.on("data", (chunk: string) => (text += chunk));
                response.on("error", fail);
                response.on("end", () =>
                    resolve({
                        status: response.statusCode ?? 0,
                        headers: response.headers,
                        body: text,
                        get json(): any {
                            return JSON.parse(text);
                        },
                    }),
                );
            },
        );
        sent.on("error", fail);
        sent.end(content);
    });
}
