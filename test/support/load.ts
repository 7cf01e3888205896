import { request, type Asked } from "./request";

/** What is asked again and again. */
export interface Target {
    name: string;
    url: string;
    asked: Asked;
}

/** The guestbook's API, to be signed again and again. */
export interface Guestbook extends Target {
    /** The name under which it is signed; each message is another. */
    signature: string;
    /** Entries per second. Default: 2. */
    rate?: number;
}

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

/** What the client saw of one target. */
export interface Seen {
    sent: number;
    failed: number;
    /** How many of the failures had which reason: an HTTP status, an error's code, or "timeout". */
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
    const ledger: string[] = [];
    const streams = targets.map(({ name, url, asked }) => ({
        name,
        ...stream(rate, patience, atMost, async () => {
            const { status } = await request(url, { ...asked, timeout: patience * 1000 });
            return status === 200 ? undefined : String(status);
        }),
    }));
    if (guestbook !== undefined) {
        const { name, url, asked, signature } = guestbook;
        const sign = async (index: number) => {
            const message = `${signature} ${index}`;
            const body = { name: signature, message };
            const { status } = await request(url, { ...asked, method: "POST", body, timeout: patience * 1000 });
            if (status === 201) ledger.push(message);
            return status === 201 ? undefined : String(status);
        };
        streams.push({ name, ...stream(guestbook.rate ?? 2, patience, atMost, sign) });
    }
    return {
        async stop() {
            const seen = await Promise.all(streams.map(async ({ name, stop }) => [name, await stop()] as const));
            return { seen: Object.fromEntries(seen), ledger };
        },
    };
}

/** @param send returns, or throws, why it failed. */
function stream(rate: number, patience: number, atMost: number, send: (index: number) => Promise<string | undefined>) {
    const interval = 1000 / rate;
    const count = Math.ceil(atMost * rate);
    const underWayAtMost = Math.ceil(patience * rate) + 10;
    const requests: Sent[] = [];
    const reasons: Record<string, number> = {};
    const underWay = new Set<Promise<void>>();
    let slowest = 0;
    let skipped = 0;

    const one = async (index: number) => {
        const entry = { at: performance.now(), ok: false };
        requests.push(entry);
        const reason = await send(index).catch((error: NodeJS.ErrnoException) => error.code ?? error.message);
        entry.ok = reason === undefined;
        if (reason === undefined) slowest = Math.max(slowest, performance.now() - entry.at);
        else reasons[reason] = (reasons[reason] ?? 0) + 1;
    };

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
            const sent: Promise<void> = one(next).finally(() => underWay.delete(sent));
            underWay.add(sent);
        }
        if (next < count) timer = setTimeout(sendDue, due());
    };
    sendDue();

    const stop = async (): Promise<Seen> => {
        clearTimeout(timer);
        await Promise.all(underWay);
        return {
            sent: requests.length,
            failed: requests.filter(({ ok }) => !ok).length,
            reasons,
            outageSeconds: longestOutage(requests, interval),
            slowestSeconds: slowest / 1000,
            skipped,
        };
    };
    return { stop };
}
