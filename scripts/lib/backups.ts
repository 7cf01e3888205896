import { closeSync, createReadStream, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { constants } from "node:os";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { attendKubectl } from "./kubeconfig";
import { signals, type Ending, type Streams } from "./processes";
import type { Workspace } from "./workspace";

const nameCharacters = "[A-Za-z0-9][A-Za-z0-9._-]*\\.sql\\.gz";

/** Whether a backup can have the name: it is a file's name in the cluster too. */
export function isBackupName(name: string): boolean {
    return new RegExp(`^${nameCharacters}$`).test(name);
}

/**
 * Runs `backup`, the command that the database's sidecar has, on this terminal. Where it couldn't even be asked, what to
 * do is printed below kubectl's message.
 */
export async function attendBackup(workspace: Workspace, args: string[], streams: Streams = {}): Promise<Ending> {
    const stdin = streams.stdin === undefined ? [] : ["--stdin"];
    const sidecar = ["exec", ...stdin, "--namespace", "app", "db-0", "--container", "backup", "--"];
    let said = "";
    const onStderr = (text: string) => {
        said += text;
    };
    const ending = await attendKubectl(workspace, [...sidecar, "backup", ...args], { ...streams, onStderr });
    // kubectl's own words for: the command was there, ran, and has told the reason.
    const ran = /command terminated with exit code/.test(said) && !/executable file not found/.test(said);
    // As by `… list | head`.
    const unread = ending.code === 128 + constants.signals.SIGPIPE;
    if (ending.code !== 0 && !ending.interrupted && !ran && !unread) {
        const { stack } = workspace;
        console.error(
            "The backups are with the database, in pod db-0 of the namespace app, which could not be asked. Look at it: " +
                `npm run kubectl -- --stack ${stack} get pods -n app -o wide\n` +
                `What is stopped or missing is brought back by: npm run up -- --stack ${stack}`,
        );
    }
    return ending;
}

/**
 * Why a file is no whole backup: it has to unpack to its end, which compares the checksum, and to end as pg_dump ends.
 *
 * @returns none where it is one.
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
        return `it doesn't unpack to its end as gzip: ${message}`;
    }
    // pg_dump frames its closing line with "--", and newer ones leave the restricted mode of psql after it.
    const lines = end.split("\n").map((line) => line.trim());
    const last = lines.filter((line) => line !== "" && line !== "--" && !line.startsWith("\\unrestrict ")).at(-1);
    return last === "-- PostgreSQL database dump complete" ? undefined : "pg_dump's closing line is missing at its end";
}

/**
 * Saves a backup to a file of the user's, whole or not at all: kubectl is known to end well with a part of what it had to
 * bring (https://github.com/kubernetes/kubernetes/issues/124571).
 *
 * @param name without one, a backup is taken and saved.
 * @throws {Error} where the file is there already, and where it could not be saved; nothing is left behind then.
 */
export async function saveBackup(workspace: Workspace, file: string, name?: string): Promise<void> {
    if (existsSync(file)) throw new Error(`${file} exists already and stays as it is. Name another file.`);
    if (!existsSync(dirname(file))) throw new Error(`There is no folder ${dirname(file)}.`);
    const partial = `${file}.${process.pid}.partial`;
    const interruption = new AbortController();
    const interrupt = (signal: NodeJS.Signals) =>
        interruption.abort(new Error(`Interrupted by ${signal}: no file was written.`));
    for (const signal of signals) process.on(signal, interrupt);
    try {
        // Before the cluster is asked for anything: a folder that can't be written to is found out here.
        const descriptor = openSync(partial, "wx", 0o600);
        let saved: string;
        try {
            saved = name ?? (await takeBackup(workspace));
            interruption.signal.throwIfAborted();
            const { code } = await attendBackup(workspace, ["export", saved], { stdout: descriptor });
            if (code !== 0) throw new Error(`${saved} could not be read: no file was written.`);
            // It may soon be the only one there is.
            fsyncSync(descriptor);
        } finally {
            closeSync(descriptor);
        }
        const flaw = await findFlaw(partial, interruption.signal);
        if (flaw !== undefined) {
            throw new Error(`What arrived of ${saved} is not whole: ${flaw}. No file was written; try again.`);
        }
        interruption.signal.throwIfAborted();
        renameSync(partial, file);
        console.log(`Saved ${saved} as ${file}, ${statSync(file).size} bytes.`);
    } catch (error) {
        throw interruption.signal.aborted ? interruption.signal.reason : error;
    } finally {
        rmSync(partial, { force: true });
        for (const signal of signals) process.off(signal, interrupt);
    }
}

/** Takes a backup in the cluster, and returns its name. */
async function takeBackup(workspace: Workspace): Promise<string> {
    let said = "";
    const onStdout = (text: string) => {
        said += text;
    };
    const { code } = await attendBackup(workspace, ["now"], { onStdout });
    const name = new RegExp(nameCharacters).exec(said)?.[0];
    if (code !== 0 || name === undefined) throw new Error("No backup could be taken.");
    return name;
}
