import { escapeRegExp } from "../lib/regExp";

/*
 * Access logs, read for the requests of one run. Each request carries a mark in two headers: nginx's own format logs the User-Agent,
 * and the tiers and ingress-nginx log the X-Request-ID.
 */

/** The headers by which a request is found in logs. */
export function markedHeaders(mark: string): Record<"user-agent" | "x-request-id", string> {
    return { "user-agent": `load-balancing-lab ${mark}`, "x-request-id": mark };
}

/** The mark of one request in a series. */
export const markOf = (series: string, index: number) => `${series}.${index}`;

/** How many lines of a log are about a series, be it that each request has its own mark or that all have the same. */
export function countMarked(log: string, series: string): number {
    const mark = new RegExp(`${escapeRegExp(series)}(\\.\\d+)?(?![\\w.-])`);
    return log.split("\n").filter((line) => mark.test(line)).length;
}

/** A line of ingress-nginx's access log. */
export interface ForwardedRequest {
    /** The request's number in its series; none where all have the same mark. */
    index?: number;
    /** IP of the pod that it was handed to in the end. */
    upstream: string;
}

/** Reads ingress-nginx's access log, see `accessLogFormat` in components/ingress/ingressNginx.ts. */
export function parseForwarded(log: string, series: string): ForwardedRequest[] {
    const mark = new RegExp(`^${escapeRegExp(series)}(?:\\.(\\d+))?$`);
    return log.split("\n").flatMap((line) => {
        const entry = parseJson(line);
        if (typeof entry?.requestId !== "string" || typeof entry.upstream !== "string") return [];
        const found = mark.exec(entry.requestId);
        // Where the first pod could not be reached, the next one follows after a comma.
        const last = entry.upstream.split(", ").at(-1);
        if (found === null || last === undefined) return [];
        return [{ index: found[1] === undefined ? undefined : Number(found[1]), upstream: last.replace(/:\d+$/, "") }];
    });
}

/** The clients' addresses that nginx's own format has for the requests of a series, each once. */
export function clientsOf(log: string, series: string): string[] {
    const marked = log.split("\n").filter((line) => countMarked(line, series) > 0);
    return [...new Set(marked.flatMap((line) => /^(\S+) - /.exec(line)?.[1] ?? []))].sort();
}

/** The path that a pod was asked for, as its access log says; none where the request is not in it. */
export function findPath(log: string, mark: string): string | undefined {
    const line = log.split("\n").find((one) => countMarked(one, mark) > 0);
    if (line === undefined) return undefined;
    const { path } = parseJson(line) ?? {};
    return typeof path === "string" ? path : /"[A-Z]+ (\S+) HTTP/.exec(line)?.[1];
}

/** The upstream, a Service, that ingress-nginx has chosen for a request; none where the request is not in its log. */
export function findUpstream(log: string, mark: string): string | undefined {
    for (const line of log.split("\n")) {
        const { requestId, service } = parseJson(line) ?? {};
        if (requestId === mark && typeof service === "string") return service;
    }
    return undefined;
}

function parseJson(line: string): Record<string, unknown> | undefined {
    try {
        return JSON.parse(line) as Record<string, unknown>;
    } catch {
        // The controller logs other things too.
        return undefined;
    }
}
