import { setMaxListeners } from "node:events";
import { keepConnections, podOf, request, type Asked, type Connection } from "./request";

/** What is asked again and again. */
export interface Target {
    name: string;
    url: string;
    asked: Asked;
    /** What the nth request, from 0, is asked with besides. */
    each?: (index: number) => Pick<Asked, "method" | "headers" | "body">;
    /** The status that an answer has to have. Default: 200. */
    success?: number;
}

/** The guestbook's API, to be signed again and again. */
export interface Guestbook extends Target {
    /** The name under which it is signed; each message is another. */
    signature: string;
    /** Entries per second. Default: 2. */
    rate?: number;
}

/** How an open loop sends. */
export interface LoadOptions {
    /** Requests per second, to each target. */
    rate: number;
    /** Signed meanwhile. Default: none. */
    guestbook?: Guestbook;
    /** How long the client waits for an answer, s. Default: 5. */
    patience?: number;
    /** The load ends by itself after that time, s. Default: 900. */
    atMost?: number;
}

/** How a closed loop sends. */
export interface ClosedLoop {
    /** Requests in all. */
    count: number;
    /** How many are under way at the same time. Default: 1, so one after the other. */
    concurrency?: number;
    /** Whether each of those has a connection of its own that it keeps. Default: each request has one of its own. */
    keepAlive?: boolean;
    /** How long the client waits for an answer, s. Default: 5. */
    patience?: number;
    /** Ends the sending at once. */
    signal?: AbortSignal;
    /** Is told after each request how many have come to their end. */
    onEnd?: (ended: number) => void;
}

/** One request and what became of it. Times are in ms since the sending began. */
export interface Exchange {
    /** From 0, in the order in which they were due. */
    index: number;
    /** When it was due. In a closed loop that is when a sender had nothing else under way. */
    due: number;
    sent: number;
    /** When the answer was complete, or it was clear that there would be none. */
    ended: number;
    /** None where no answer came. */
    status?: number;
    /** The pod that answered. None where the answer names none. */
    pod?: string;
    /** None where no answer came. */
    connection?: Connection;
    /** Why it is no success: an HTTP status, an error's code, or "timeout". None for a success. */
    failure?: string;
}

/** What the client saw of one target. */
export interface Seen {
    sent: number;
    failed: number;
    /** How many of the failures had which reason, see {@link Exchange.failure}. */
    reasons: Record<string, number>;
    /** See {@link longestOutage}. */
    outageSeconds: number;
    /** The slowest answer that was a success, s. */
    slowestSeconds: number;
    /** Due but not sent, since too many were under way. It happens only where this process itself lags. */
    skipped: number;
}

export interface LoadReport {
    /** By the target's name. */
    seen: Record<string, Seen>;
    /** Every request, by the target's name. */
    exchanges: Record<string, Exchange[]>;
    /**
     * The guestbook's messages that were acknowledged (201). One whose answer was lost is not among them: it may be stored or
     * not.
     */
    ledger: string[];
}

export interface Load {
    /** Sends no more, waits for what is under way, and tells what was seen. */
    stop(): Promise<LoadReport>;
}

/** A request that was sent: when, ms, and whether it was answered as it should be. */
export interface Sent {
    at: number;
    ok: boolean;
}

/**
 * The longest stretch of time, s, in which everything that was sent failed: from the last success before a failure to the first
 * success after it, both by the time of sending, less the one interval that lies between any two requests. So one failure
 * between two successes counts as one interval, and n in a row count as n. Before the first and after the last request a
 * success is assumed: an outage that lasts to the end is counted to the end.
 *
 * @param interval between two requests, ms
 */
export function longestOutage(requests: Sent[], interval: number): number {
    const first = requests[0];
    const last = requests.at(-1);
    if (first === undefined || last === undefined) return 0;
    let longest = 0;
    let success = first.at - interval;
    let failedSince = false;
    for (const { at, ok } of [...requests, { at: last.at + interval, ok: true }]) {
        if (!ok) {
            failedSince = true;
            continue;
        }
        if (failedSince) longest = Math.max(longest, at - success - interval);
        success = at;
        failedSince = false;
    }
    return longest / 1000;
}

/**
 * Sends a steady stream of requests to each target, each request on a connection of its own. The loop is open: what is due is
 * sent whether or not the one before is answered, as by visitors who know nothing of each other. Bounded in time and number.
 */
export function startLoad(targets: Target[], options: LoadOptions): Load {
    const { rate, guestbook, patience = 5, atMost = 900 } = options;
    const streams = targets.map((target) => stream(target, rate, patience, atMost));
    const message = (index: number) => `${guestbook?.signature} ${index}`;
    if (guestbook !== undefined) {
        const signed: Target = {
            ...guestbook,
            each: (index) => ({ method: "POST", body: { name: guestbook.signature, message: message(index) } }),
            success: 201,
        };
        streams.push(stream(signed, guestbook.rate ?? 2, patience, atMost));
    }
    return {
        async stop() {
            const ended = await Promise.all(streams.map(async ({ name, stop }) => ({ name, ...(await stop()) })));
            const stored = ended.find(({ name }) => name === guestbook?.name)?.exchanges ?? [];
            return {
                seen: Object.fromEntries(ended.map(({ name, seen }) => [name, seen])),
                exchanges: Object.fromEntries(ended.map(({ name, exchanges }) => [name, exchanges])),
                ledger: stored.filter(isSuccess).map(({ index }) => message(index)),
            };
        },
    };
}

/**
 * Sends a number of requests in a closed loop, as Apache Bench does: a sender has one request under way, and sends the next when
 * that has come to its end.
 *
 * @returns the requests in the order in which they were sent.
 * @throws the signal's reason, where it ends the sending.
 */
export async function sendAll(target: Target, loop: ClosedLoop): Promise<Exchange[]> {
    const { count, concurrency = 1, keepAlive = false, patience = 5, signal, onEnd } = loop;
    // Each request that is under way listens to it. Node.js warns of more than ten.
    if (signal) setMaxListeners(concurrency + 10, signal);
    const begun = performance.now();
    const exchanges: Exchange[] = [];
    let next = 0;
    let ended = 0;
    const sender = async () => {
        const connections = keepAlive ? keepConnections(target.url) : undefined;
        try {
            while (next < count) {
                signal?.throwIfAborted();
                const index = next++;
                const due = performance.now() - begun;
                exchanges[index] = await exchange(target, { index, due, begun, patience, connections, signal });
                onEnd?.(++ended);
            }
        } finally {
            connections?.close();
        }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, count) }, sender));
    signal?.throwIfAborted();
    return exchanges;
}

/** Whether a request was answered as it should be. */
export const isSuccess = ({ failure }: Exchange) => failure === undefined;

/** When a request is due, and how it is sent. */
interface Sending extends Pick<Asked, "connections" | "signal"> {
    index: number;
    due: number;
    /** When the sending of all of them began. */
    begun: number;
    /** s */
    patience: number;
}

/** Sends one request. All that is sent goes by here. */
async function exchange(target: Target, { index, due, begun, patience, ...how }: Sending): Promise<Exchange> {
    const { url, asked, each, success = 200 } = target;
    const own = each?.(index);
    const headers = { ...asked.headers, ...own?.headers };
    const now = () => performance.now() - begun;
    const sent = now();
    try {
        const answer = await request(url, { ...asked, ...own, ...how, headers, timeout: patience * 1000 });
        const { status, connection } = answer;
        const failure = status === success ? undefined : String(status);
        return { index, due, sent, ended: now(), status, pod: podOf(answer.headers), connection, failure };
    } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        return { index, due, sent, ended: now(), failure: code ?? message };
    }
}

function stream(target: Target, rate: number, patience: number, atMost: number) {
    const interval = 1000 / rate;
    const count = Math.ceil(atMost * rate);
    const underWayAtMost = Math.ceil(patience * rate) + 10;
    const exchanges: Exchange[] = [];
    const underWay = new Set<Promise<void>>();
    let skipped = 0;

    const begun = performance.now();
    let next = 0;
    let timer: NodeJS.Timeout | undefined;
    const due = () => begun + next * interval - performance.now();
    const sendDue = () => {
        for (; next < count && due() <= 0; next++) {
            if (underWay.size >= underWayAtMost) {
                skipped++;
                continue;
            }
            const sending = { index: next, due: next * interval, begun, patience };
            const sent: Promise<void> = exchange(target, sending).then((ended) => {
                exchanges.push(ended);
                underWay.delete(sent);
            });
            underWay.add(sent);
        }
        if (next < count) timer = setTimeout(sendDue, due());
    };
    sendDue();

    const stop = async () => {
        clearTimeout(timer);
        await Promise.all(underWay);
        exchanges.sort((one, other) => one.index - other.index);
        return { seen: summarize(exchanges, interval, skipped), exchanges };
    };
    return { name: target.name, stop };
}

function summarize(exchanges: Exchange[], interval: number, skipped: number): Seen {
    const failed = exchanges.filter((one) => !isSuccess(one));
    const reasons: Record<string, number> = {};
    for (const { failure = "" } of failed) reasons[failure] = (reasons[failure] ?? 0) + 1;
    const times = exchanges.filter(isSuccess).map(({ sent, ended }) => ended - sent);
    return {
        sent: exchanges.length,
        failed: failed.length,
        reasons,
        outageSeconds: longestOutage(
            exchanges.map((one) => ({ at: one.sent, ok: isSuccess(one) })),
            interval,
        ),
        slowestSeconds: times.reduce((slowest, time) => Math.max(slowest, time), 0) / 1000,
        skipped,
    };
}
