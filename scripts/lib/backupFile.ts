import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

/** A backup's name, which is also the name of its file in the cluster. */
export const backupName = /[A-Za-z0-9][A-Za-z0-9._-]*\.sql\.gz/;

/** A name for examples. */
export const exampleName = "20261125T010000Z-manual.sql.gz";

/** @throws {Error} where a backup can't have the name. */
export function checkBackupName(name: string): void {
    if (backupName.exec(name)?.[0] === name) return;
    throw new Error(
        `"${name}" is not the name of a backup. It has letters, digits, periods, hyphens and underscores, then .sql.gz: for ` +
            `example ${exampleName}.`,
    );
}

/**
 * Finds out whether a file is a complete backup. It has to unpack to its end, where gzip compares the checksum, and it has to
 * end as pg_dump ends.
 *
 * @returns why it is not; nothing where it is one.
 */
export async function findFlaw(file: string, signal?: AbortSignal): Promise<string | undefined> {
    let end = "";
    const keepEnd = async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) end = (end + chunk.toString("latin1")).slice(-1024);
    };
    try {
        await pipeline(createReadStream(file), createGunzip(), keepEnd, { signal });
    } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code?.startsWith("Z_") !== true) throw error;
        return `it does not unpack to its end as gzip: ${message}`;
    }
    // pg_dump puts "--" around its closing line. Newer versions leave psql's restricted mode after it.
    const lines = end.split("\n").map((line) => line.trim());
    const last = lines.filter((line) => line !== "" && line !== "--" && !line.startsWith("\\unrestrict ")).at(-1);
    return last === "-- PostgreSQL database dump complete" ? undefined : "pg_dump's closing line is missing at its end";
}
