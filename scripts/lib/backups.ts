import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { constants } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { npmRun } from "../../lib/commandLines";
import { backupName, checkBackupName, findFlaw } from "./backupFile";
import { runKubectl } from "./kubectl";
import { signals, type Ending, type Streams } from "./processes";
import { startDirectory, type Workspace } from "./workspace";

/**
 * Runs `backup`, the command in the database's sidecar, on this terminal. Where the sidecar can't be reached, what to do is
 * printed below kubectl's message.
 */
export async function runBackup(workspace: Workspace, args: string[], streams: Streams = {}): Promise<Ending> {
    const stdin = streams.stdin === undefined ? [] : ["--stdin"];
    const sidecar = ["exec", ...stdin, "--namespace", "app", "db-0", "--container", "backup", "--"];
    let said = "";
    const onStderr = (text: string) => {
        said += text;
    };
    const ending = await runKubectl(workspace, [...sidecar, "backup", ...args], { ...streams, onStderr });
    // kubectl prints this where the command ran. The command has printed the reason itself.
    const ran = /command terminated with exit code/.test(said) && !/executable file not found/.test(said);
    // The reader of the output ended first, as in `… list | head`.
    const unread = ending.code === 128 + constants.signals.SIGPIPE;
    if (ending.code !== 0 && !ending.interrupted && !ran && !unread) {
        const { stack } = workspace;
        console.error(
            "The backups are with the database, in pod db-0 of the namespace app, which could not be reached. Look at it:\n" +
                `  ${npmRun(stack, "kubectl", "get", "pods", "-n", "app", "-o", "wide")}\n` +
                "Start what is stopped, and make what is missing:\n" +
                `  ${npmRun(stack, "up")}`,
        );
    }
    return ending;
}

/** Deletes a backup. @returns the exit code. */
export async function deleteBackup(workspace: Workspace, name: string): Promise<number> {
    checkBackupName(name);
    return (await runBackup(workspace, ["delete", name])).code;
}

/** Restores a backup, and brings its tables to what the running backend expects. @returns the exit code. */
export async function restoreBackup(workspace: Workspace, name: string): Promise<number> {
    checkBackupName(name);
    const restored = await runBackup(workspace, ["restore", name]);
    if (restored.code !== 0) {
        if (restored.interrupted) {
            console.error(
                "Interrupted here. In the cluster the restore may go on: it is done as a whole or not at all. Restore once more to be sure.",
            );
        }
        return restored.code;
    }

    // An older backup has the tables of an older version of the backend.
    const migrate = ["--", "python", "manage.py", "migrate_when_ready"];
    const backend = ["exec", "--namespace", "app", "deployment/backend", "--container", "backend", ...migrate];
    const { code } = await runKubectl(workspace, backend);
    if (code !== 0) {
        console.error(
            `${name} is restored, but its tables could not be migrated to what the running backend expects, for the reason above. ` +
                "Until they are, the backend may answer with errors. Once the backend runs, migrate them:\n" +
                `  ${npmRun(workspace.stack, "kubectl", ...backend)}\n` +
                "To go back instead, restore the backup named above, which has the data from before.",
        );
        return code;
    }
    console.log(`The guestbook now shows what ${name} holds. The data from before is in the backup named above.`);
    return 0;
}

/**
 * Saves a backup to a file of the user's.
 *
 * @param file relative to the user's directory. Without one, the backup's own name.
 * @returns the exit code.
 */
export async function getBackup(workspace: Workspace, name: string, file = name): Promise<number> {
    checkBackupName(name);
    await saveBackup(workspace, resolve(startDirectory(), file), name);
    return 0;
}

/**
 * Sends a backup from a file of the user's to the cluster.
 *
 * @param file relative to the user's directory.
 * @param name its name in the cluster. Without one, the file's name.
 * @returns the exit code.
 * @throws {Error} where the file is not a complete backup. Nothing was sent then.
 */
export async function putBackup(workspace: Workspace, file: string, name = basename(file)): Promise<number> {
    checkBackupName(name);
    const path = resolve(startDirectory(), file);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) throw new Error(`There is no file ${path}.`);
    const flaw = await findFlaw(path);
    if (flaw !== undefined) {
        throw new Error(`${path} is not a complete backup: ${flaw}. Nothing was sent to the cluster.`);
    }
    const descriptor = openSync(path, "r");
    try {
        const { code } = await runBackup(workspace, ["import", name], { stdin: descriptor });
        if (code === 0) console.log(`To restore it: ${npmRun(workspace.stack, "backup", "restore", name)}`);
        return code;
    } finally {
        closeSync(descriptor);
    }
}

/**
 * Saves a backup to a file, as a whole or not at all. This is checked here, since kubectl can succeed with only a part of the
 * data: https://github.com/kubernetes/kubernetes/issues/124571
 *
 * @param name the backup's. Without one, a backup is taken first.
 * @throws {Error} where the file exists, and where it could not be saved. No part of it is left behind.
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
        // Before the cluster is asked: a folder that can't be written to fails here.
        const descriptor = openSync(partial, "wx", 0o600);
        let saved: string;
        try {
            saved = name ?? (await takeBackup(workspace));
            interruption.signal.throwIfAborted();
            const { code } = await runBackup(workspace, ["export", saved], { stdout: descriptor });
            if (code !== 0) throw new Error(`${saved} could not be read: no file was written.`);
            // It may soon be the only copy.
            fsyncSync(descriptor);
        } finally {
            closeSync(descriptor);
        }
        const flaw = await findFlaw(partial, interruption.signal);
        if (flaw !== undefined) {
            throw new Error(`${saved} did not arrive complete: ${flaw}. No file was written; try again.`);
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

/** Takes a backup in the cluster. @returns its name. */
async function takeBackup(workspace: Workspace): Promise<string> {
    let said = "";
    const onStdout = (text: string) => {
        said += text;
    };
    const { code } = await runBackup(workspace, ["now"], { onStdout });
    const name = backupName.exec(said)?.[0];
    if (code !== 0 || name === undefined) throw new Error("No backup could be taken.");
    return name;
}
