import { existsSync, readdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { readNodes, type KindNode } from "../lib/docker";
import { saveBackup } from "./lib/backups";
import { clusterSettings } from "./lib/clusterSettings";
import { run, stackName, stackOption } from "./lib/command";
import { awaitDatabase, startNodes } from "./lib/nodes";
import { attendPulumi, findStack, listStacks, pulumi, readOutputs, releaseStaleLocks } from "./lib/pulumi";
import { hasSecrets, readStackFile, withoutSalt, writeStackFile } from "./lib/stackFile";
import { install, missingTools } from "./lib/tools";
import { childEnv, openWorkspace, startDirectory, type Workspace } from "./lib/workspace";

run(async () => {
    const { values } = parseArgs({ options: { ...stackOption, backup: { type: "string" } } });
    if (values.backup === "") throw new Error("--backup takes the file to save a last backup as.");
    const workspace = openWorkspace(stackName(values.stack));
    const { stack, stateDirectory } = workspace;
    if (stateDirectory !== undefined && !existsSync(stateDirectory)) return nothingToTakeAway(workspace);

    for (const tool of await missingTools({ cwd: workspace.root, env: childEnv(workspace) })) {
        await install(tool, workspace.toolsDirectory);
    }
    const found = await findStack(workspace);
    if (found === undefined) {
        await removeStateOfNobody(workspace);
        return nothingToTakeAway(workspace);
    }

    if ((found.resourceCount ?? 0) > 0) {
        // Destroying without Docker fails half-way, and with a message about something else: so Docker is asked first.
        const nodes = await readNodes();
        // The settings may name another cluster by now.
        const name = (await readOutputs(workspace)).clusterName ?? clusterSettings(workspace).name;
        const cluster = nodes.filter((node) => node.cluster === name);
        const file = cluster.length === 0 ? values.backup : await partWith(workspace, name, values.backup);
        if (file !== undefined) await saveLastBackup(workspace, name, cluster, file);
        if (await releaseStaleLocks(workspace)) console.error("Released the lock of a run that was cut off.");
        const { code, interrupted } = await attendPulumi(workspace, "destroy", "--yes", "--stack", stack);
        if (code !== 0) {
            if (interrupted) console.error("Stopped half-way: the next `npm run down` goes on from here.");
            return code;
        }
    }
    await pulumi(workspace, "stack", "rm", "--yes", "--preserve-config", "--stack", stack);
    const settings = readStackFile(workspace.stackFile);
    if (!hasSecrets(settings)) writeStackFile(workspace.stackFile, withoutSalt(settings));
    await removeStateOfNobody(workspace);
    console.log(`Stack ${stack} is gone. The tools in .tools, if any, are kept for the next \`npm run up\`.`);
    return 0;
});

/**
 * Says what is about to be deleted, and on a terminal offers a last backup.
 *
 * @param file where to save one, as far as that is decided.
 * @returns where to; none to save none.
 */
async function partWith({ stack }: Workspace, cluster: string, file?: string): Promise<string | undefined> {
    console.log(
        `This deletes the cluster ${cluster} with all that is in it: the guestbook's entries and every backup of them.`,
    );
    if (file !== undefined) return file;
    if (process.stdin.isTTY && process.stdout.isTTY) {
        const answer = await ask("Save a last backup first? File name, or Enter to delete everything without one: ");
        // No shell has seen it.
        return answer.trim().replace(/^~(?=\/)/, homedir()) || undefined;
    }
    console.log(`To save a last backup first: npm run down -- --stack ${stack} --backup FILE`);
    return undefined;
}

/** @throws {Error} where the user would rather stop. */
async function ask(question: string): Promise<string> {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    // Ctrl-C and Ctrl-D close it. That alone settles no question, and the process would end as if all were well.
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
        if (cluster.length === 0) throw new Error(`The cluster ${name} isn't there any more.`);
        if (await startNodes(cluster)) {
            console.log(`Started the stopped nodes of cluster ${name} for it. Waiting for the database.`);
            await awaitDatabase(cluster);
        }
        await saveBackup(workspace, resolve(startDirectory(), file));
    } catch (error) {
        throw new Error(
            `${(error as Error).message}\nThere is no last backup, so nothing is deleted. To delete everything without ` +
                `one, run it without --backup: npm run down -- --stack ${workspace.stack}`,
        );
    }
}

/** Says so, and if a cluster is there that only looks like the stack's, how to be rid of it. */
async function nothingToTakeAway(workspace: Workspace): Promise<number> {
    console.log(`There is no stack ${workspace.stack}: nothing to take away.`);
    const name = clusterSettings(workspace).name;
    // Without Docker there is no cluster either that could be in the way.
    const nodes = await readNodes().catch(() => []);
    if (nodes.some(({ cluster }) => cluster === name)) {
        console.log(
            `A kind cluster ${name} exists all the same. If it is yours to delete: kind delete cluster --name ${name}`,
        );
    }
    return 0;
}

/** Removes the state's directory with the passphrase once no stack is in it that would need them. */
async function removeStateOfNobody(workspace: Workspace): Promise<void> {
    const { root, stateDirectory } = workspace;
    if (stateDirectory === undefined || (await listStacks(workspace)).length > 0) return;
    const encrypted = readdirSync(root).filter(
        (name) => /^Pulumi\..+\.yaml$/.test(name) && hasSecrets(readStackFile(join(root, name))),
    );
    if (encrypted.length > 0) {
        const kept = relative(root, stateDirectory);
        console.log(
            `${kept} is kept: the passphrase in it may be needed to read the secrets in ${encrypted.join(", ")}.`,
        );
        return;
    }
    rmSync(stateDirectory, { recursive: true });
}
