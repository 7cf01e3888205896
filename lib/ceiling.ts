import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { sendAll, type ClosedLoop } from "./load";

/** How many requests a second this process can send on this machine, to a target that costs nothing. */
export interface Ceiling {
    perSecond: number;
    /** How many were sent to find out. */
    requests: number;
}

/** Before them, Node.js has not compiled the sender yet. */
const warmUp = 300;

/**
 * Measures the limit of {@link sendAll}: a result near it tells of the sender and not of what it sent to. The target is a thread of
 * this process, on 127.0.0.1 and without TLS.
 */
export async function measureCeiling(
    loop: Pick<ClosedLoop, "concurrency" | "keepAlive" | "signal">,
    requests = 1500,
): Promise<Ceiling> {
    const worker = new Worker(join(__dirname, "nullTarget.cjs"));
    try {
        const [port] = (await once(worker, "message", { signal: loop.signal })) as [number];
        const target = { name: "null", url: `http://127.0.0.1:${port}/`, asked: { address: "127.0.0.1" } };
        await sendAll(target, { ...loop, count: warmUp });
        const begun = performance.now();
        await sendAll(target, { ...loop, count: requests });
        return { perSecond: requests / ((performance.now() - begun) / 1000), requests };
    } finally {
        await worker.terminate();
    }
}
