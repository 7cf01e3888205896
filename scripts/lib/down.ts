import { existsSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { npmRun } from "../../lib/commandLines";
import { readNodes, type KindNode } from "../../lib/dockerHost";
import { stackFileName, stacksWithFile } from "../../lib/stackFiles";
import { readIfExists } from "../../lib/textFile";
import { saveBackup } from "./backups";
import { endLeftovers } from "./leftovers";
import { removeNodes, startNodes, waitForDatabase } from "./nodes";
import { changeStack, findStack, hasMadeNodes, listStacks, pulumi, readOutputs, recoverStack } from "./pulumi";
import { hasSecrets, withoutSalt, writeStackFile } from "./stackFile";
import { clusterSettings } from "./stackSettings";
import { tellHowToGoOn } from "./summary";
import { installMissingTools } from "./tools";
import { startDirectory, type Workspace } from "./workspace";

/**
 * Takes a stack down, and removes it from the backend.
 *
 * @param backup the file to save a last backup as, relative to the user's directory. Without one, a user on a terminal is
 * asked.
 * @returns the exit code.
 * @throws {Error} where the last backup could not be saved. Nothing is deleted then.
 */
export async function down(workspace: Workspace, backup?: string): Promise<number> {
    const { stack, stateDirectory } = workspace;
    await endLeftovers(workspace);
    if (stateDirectory !== undefined && !existsSync(stateDirectory)) return reportNoStack(workspace);

    await installMissingTools(workspace);
    const found = await findStack(workspace);
    if (found === undefined) {
        await removeUnusedState(workspace);
        return reportNoStack(workspace);
    }

    if ((found.resourceCount ?? 0) > 0) {
        // Without Docker, destroy fails half-way and with another message. So Docker is asked first.
        const nodes = await readNodes();
        // The settings may have changed since: the outputs name the cluster that exists.
        const name = (await readOutputs(workspace)).clusterName ?? clusterSettings(workspace).name;
        const cluster = (await hasMadeNodes(workspace)) ? nodes.filter((node) => node.cluster === name) : [];
        const file = cluster.length === 0 ? backup : await announceDeletion(workspace, name, backup);
        if (file !== undefined) await saveLastBackup(workspace, name, cluster, file);
        await recoverStack(workspace);
        const ending = await changeStack(workspace, "destroy");
        if (ending.code !== 0) {
            console.error(tellHowToGoOn(ending, stack, "down"));
            return ending.code;
        }
    }
    await pulumi(workspace, "stack", "rm", "--yes", "--preserve-config", "--stack", stack);
    const settings = readIfExists(workspace.stackFile);
    if (!hasSecrets(settings)) writeStackFile(workspace.stackFile, withoutSalt(settings));
    await removeUnusedState(workspace);
    console.log(
        `Stack ${stack} is gone, from the list of stacks too: there is nothing more to run. The tools in .tools, if any, are kept ` +
            `for the next \`${npmRun(stack, "up")}\`.`,
    );
    return 0;
}

/**
 * Says what is about to be deleted, and on a terminal offers a last backup.
 *
 * @param file where to save it, where the user has already named a file.
 * @returns where to save it; nothing where it is not wanted.
 */
async function announceDeletion({ stack }: Workspace, cluster: string, file?: string): Promise<string | undefined> {
    console.log(
        `This deletes the cluster ${cluster} with all that is in it: the guestbook's entries and every backup of them.`,
    );
    if (file !== undefined) return file;
    if (process.stdin.isTTY && process.stdout.isTTY) return askForBackup(stack);
    console.log(`To save a last backup first: ${npmRun(stack, "down", "--backup", "FILE")}`);
    return undefined;
}

/**
 * Asks whether a last backup is wanted, and where. Enter is the safe answer to both questions.
 *
 * @returns the file; nothing where the user wants no backup.
 * @throws {Error} where the user stops instead of answering.
 */
async function askForBackup(stack: string): Promise<string | undefined> {
    const wanted = await ask("Save a last backup first? [Y/n] ", (answer) =>
        answer === "" || yesOrNo.test(answer) ? undefined : "Answer y or n.",
    );
    if (/^n/i.test(wanted)) return undefined;
    const proposed = freeName(stack);
    const named = await ask(`Save it as [${proposed}]: `, (answer) =>
        yesOrNo.test(answer) ? "Type the file's name, or press Enter for the one that is proposed." : undefined,
    );
    // No shell has expanded the "~".
    return named.replace(/^~(?=\/)/, homedir()) || proposed;
}

const yesOrNo = /^(y|yes|n|no)$/i;

/** A name for a last backup, which no file in the user's directory has. */
function freeName(stack: string, date = new Date()): string {
    const name = `guestbook-${stack}-${date.toISOString().slice(0, 10)}`;
    const isTaken = (number: number) => existsSync(resolve(startDirectory(), numbered(number)));
    const numbered = (number: number) => `${name}${number === 1 ? "" : `-${number}`}.sql.gz`;
    let number = 1;
    while (isTaken(number)) number++;
    return numbered(number);
}

/**
 * Asks until the answer will do.
 *
 * @param findFault says why an answer won't do.
 * @throws {Error} where the user stops instead of answering.
 */
async function ask(question: string, findFault: (answer: string) => string | undefined): Promise<string> {
    for (;;) {
        const answer = (await askOnce(question)).trim();
        const fault = findFault(answer);
        if (fault === undefined) return answer;
        console.log(fault);
    }
}

async function askOnce(question: string): Promise<string> {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    // Ctrl-C and Ctrl-D close it. The question would stay open then, and the process would end with exit code 0.
    const stop = new AbortController();
    terminal.once("close", () => stop.abort());
    try {
        return await terminal.question(question, { signal: stop.signal });
    } catch {
        throw new Error("\nStopped: nothing is deleted.");
    } finally {
        terminal.close();
    }
}

/** @throws {Error} where that fails: nothing may be deleted then. */
async function saveLastBackup(workspace: Workspace, name: string, cluster: KindNode[], file: string): Promise<void> {
    try {
        if (cluster.length === 0) throw new Error(`The cluster ${name} is gone, or was never made to its end.`);
        if (await startNodes(cluster, workspace.stack)) {
            console.log(`Started the stopped nodes of cluster ${name} for the backup. Waiting for the database.`);
            await waitForDatabase(cluster);
        }
        await saveBackup(workspace, resolve(startDirectory(), file));
    } catch (error) {
        throw new Error(
            `${(error as Error).message}\nThere is no last backup, so nothing is deleted. To delete everything without ` +
                `one, run it without --backup: ${npmRun(workspace.stack, "down")}`,
        );
    }
}

/** Says that there is no stack. A cluster of its name, which another program or project made, stays; how to delete it is printed. */
async function reportNoStack(workspace: Workspace): Promise<number> {
    console.log(`There is no stack ${workspace.stack}: nothing to take away.`);
    const { name } = clusterSettings(workspace);
    // Without Docker there is no cluster either.
    const nodes = await readNodes().catch(() => []);
    const cluster = nodes.filter((node) => node.cluster === name);
    if (cluster.length > 0) {
        console.log(
            `A kind cluster ${name} exists, which this stack did not make. If it is yours and you want to delete it:\n` +
                `  ${removeNodes(cluster)}`,
        );
    }
    return 0;
}

/** Removes the state's directory with the passphrase, where no stack and no encrypted setting needs them any more. */
async function removeUnusedState(workspace: Workspace): Promise<void> {
    const { root, stateDirectory } = workspace;
    if (stateDirectory === undefined || (await listStacks(workspace)).length > 0) return;
    const encrypted = stacksWithFile(root)
        .map(stackFileName)
        .filter((file) => hasSecrets(readIfExists(join(root, file))));
    if (encrypted.length > 0) {
        const kept = relative(root, stateDirectory);
        console.log(
            `${kept} is kept: the passphrase in it may be needed to read the secrets in ${encrypted.join(", ")}.`,
        );
        return;
    }
    rmSync(stateDirectory, { recursive: true });
}
