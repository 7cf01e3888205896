import { markedHeaders } from "./accessLogs";
import { Fault } from "./fault";
import { CommandMissing, type Lab } from "./lab";
import type { Target } from "../lib/load";

/** @throws {Fault} where Apache Bench is not installed. */
export async function requireApacheBench(lab: Lab): Promise<void> {
    try {
        await lab.program("ab", "-V");
    } catch (error) {
        if (!(error instanceof CommandMissing)) throw error;
        throw new Fault((texts) => texts.faults.noApacheBench);
    }
}

/**
 * Runs Apache Bench as the course does: `ab -n … -c …`, and `-k` to keep connections.
 *
 * @param mark by which the requests are found in logs: all have the same.
 * @returns what it prints.
 */
export function runApacheBench(
    lab: Lab,
    { requests, concurrency, keepAlive }: { requests: number; concurrency: number; keepAlive: boolean },
    target: Target,
    mark: string,
): Promise<string> {
    const url = new URL(target.url);
    const headers = { ...markedHeaders(mark), host: url.host };
    // It knows no address for a name but the name server's: so it is given the address, and the name as a header.
    const port = url.port || (url.protocol === "https:" ? "443" : "80");
    const asked = `${url.protocol}//${target.asked.address}:${port}${url.pathname}`;
    return lab.program(
        "ab",
        ...["-q", "-n", String(requests), "-c", String(Math.min(concurrency, requests)), ...(keepAlive ? ["-k"] : [])],
        ...Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
        asked,
    );
}

/**
 * What Apache Bench says of failures, by their kind. An answer of another length is none here: the names of pods differ in length.
 */
export function parseApacheBench(printed: string): Record<string, number> {
    const number = (pattern: RegExp) => Number(pattern.exec(printed)?.[1] ?? 0);
    const failures = {
        connect: number(/Connect: (\d+)/),
        receive: number(/Receive: (\d+)/),
        exceptions: number(/Exceptions: (\d+)/),
        status: number(/Non-2xx responses:\s+(\d+)/),
    };
    return Object.fromEntries(Object.entries(failures).filter(([, count]) => count > 0));
}
