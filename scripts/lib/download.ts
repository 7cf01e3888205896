import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { basename } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Dispatcher } from "undici";
import { isUnknownAuthority, reasonOf, request, trustAuthority } from "../../lib/web";

/** A file that upstream releases. */
export interface ReleasedFile {
    url: string;
    /** URL of its SHA-256: a list of `sum  name`, or the sum alone. */
    checksums: string;
}

/** How long a connection may be silent, in ms. */
const timeout = 30_000;

/**
 * Downloads a released file and verifies its checksum.
 *
 * @param to is written before it is verified. If this fails, the caller has to delete it.
 * @param onProgress gets the share that has arrived, 0 to 1. It is called only where the server tells the size.
 * @throws {Error} that names the address and what is wrong.
 */
export async function download(
    { url, checksums }: ReleasedFile,
    to: string,
    signal: AbortSignal,
    onProgress: (share: number) => void,
): Promise<void> {
    const expected = sumOf(await readText(checksums, signal), basename(new URL(url).pathname));
    if (expected === undefined) throw new Error(`${checksums} has no SHA-256 of ${url}.`);

    const hash = createHash("sha256");
    await get(url, signal, async ({ body, headers }, onData) => {
        const size = Number(headers["content-length"]);
        let arrived = 0;
        const watch = new Transform({
            transform(chunk: Buffer, _encoding, done) {
                onData();
                hash.update(chunk);
                arrived += chunk.length;
                if (size > 0) onProgress(arrived / size);
                done(null, chunk);
            },
        });
        await pipeline(body, watch, createWriteStream(to));
    });
    const actual = hash.digest("hex");
    if (actual !== expected) {
        throw new Error(
            `${url} has the SHA-256 ${actual}, not ${expected} as ${checksums} says: it was not installed.`,
        );
    }
}

async function readText(url: string, signal: AbortSignal): Promise<string> {
    let text = "";
    await get(url, signal, async ({ body }) => {
        text = await body.text();
    });
    return text;
}

/** Fetches a URL. The connection is closed where no data arrives within the timeout. */
async function get(
    url: string,
    signal: AbortSignal,
    read: (response: Dispatcher.ResponseData, onData: () => void) => Promise<void>,
): Promise<void> {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(new Error(`no answer within ${timeout / 1000} s`)), timeout);
    try {
        const response = await request(url, { signal: AbortSignal.any([signal, silence.signal]) });
        if (response.statusCode >= 300) {
            await response.body.dump();
            throw new Error(`the server says ${response.statusCode}`);
        }
        await read(response, () => timer.refresh());
    } catch (error) {
        const help = isUnknownAuthority(error) ? ` ${trustAuthority}.` : "";
        throw new Error(`${url} could not be downloaded: ${reasonOf(error)}.${help}`);
    } finally {
        clearTimeout(timer);
    }
}

/** The SHA-256 of a file in upstream's list. The list may be that sum alone, without a name. */
export function sumOf(list: string, file: string): string | undefined {
    const lines = list.trim().split("\n");
    const rows = lines.map((line) => line.trim().split(/\s+\*?/));
    const row =
        rows.find(([, name]) => name === file) ?? (lines.length === 1 && rows[0]?.length === 1 ? rows[0] : undefined);
    const sum = row?.[0]?.toLowerCase();
    return sum !== undefined && /^[0-9a-f]{64}$/.test(sum) ? sum : undefined;
}
