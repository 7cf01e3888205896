import { spawnSync } from "node:child_process";
import { closeSync } from "node:fs";
import { hostname } from "node:os";
import { commandLine, npmRun, withTools } from "../../lib/commandLines";
import { readIfExists } from "../../lib/textFile";
import { openEventLog, readEventLog } from "./eventLog";
import { runMark } from "./leftovers";
import { isStale, readLocks } from "./locks";
import { capture, CommandError, runInteractive, type Ending } from "./processes";
import { hasSalt, hasSecrets, withoutSalt, withSaltOf, writeStackFile } from "./stackFile";
import { childOptions, type Workspace } from "./workspace";

/** A stack in the list of the backend. */
export interface ListedStack {
    name: string;
    /** None for a stack that was never updated. */
    resourceCount?: number;
}

/** The stack's outputs. After an `up` that was interrupted, some may be absent. */
export interface Outputs {
    clusterName?: string;
    kubeProxyMode?: string;
    addressPool?: string;
    webAddress?: string;
    ingressAddress?: string;
    urls?: Record<string, string>;
    hostsEntry?: string;
    try?: string[];
    caCertificate?: string;
}

/** There is no such stack, or it was never brought up. */
export class StackNotUp extends Error {
    constructor(stack: string) {
        super(`Stack ${stack} is not up. Bring it up: ${npmRun(stack, "up")}`);
    }
}

/**
 * Runs pulumi and returns what it printed.
 *
 * @throws {CommandError} with pulumi's message. Where it is a known one, what to do is below it.
 */
export async function pulumi(workspace: Workspace, ...args: string[]): Promise<string> {
    return feedPulumi(workspace, args);
}

async function feedPulumi(workspace: Workspace, args: string[], input?: string): Promise<string> {
    try {
        return await capture("pulumi", args, childOptions(workspace), { input });
    } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        throw new CommandError([error.message, ...hints(error.message, workspace.stack)].join("\n"));
    }
}

/** How an operation on the stack ended. */
export interface OperationEnding extends Ending {
    /** Whether it failed before it changed anything. */
    unchanged: boolean;
}

/**
 * Changes the stack on this terminal. Where that fails with a known message, what to do is printed below it.
 *
 * On a terminal pulumi's display takes Ctrl-C and all messages for itself. So pulumi also tells what happens in a log of its own,
 * as it does to programs that run it.
 */
export async function changeStack(
    workspace: Workspace,
    operation: "up" | "destroy",
    ...more: string[]
): Promise<OperationEnding> {
    const { stack } = workspace;
    let said = "";
    const onStderr = (text: string) => {
        said += text;
    };
    const onStop = () => {
        const pressed = process.stdin.isTTY ? "A second Ctrl-C" : "A second signal";
        console.error(
            `\nStopping the work on stack ${stack}: what has begun is brought to an end first. This can take a minute.\n` +
                `${pressed} abandons it, and leaves more for the next run to mend.`,
        );
    };
    const log = openEventLog();
    try {
        const options = childOptions(workspace);
        const env = { ...options.env, ...runMark(workspace), PULUMI_DEBUG_COMMANDS: "true" };
        const args = [operation, "--yes", "--stack", stack, ...more, "--event-log", "/dev/fd/3"];
        const ending = await runInteractive("pulumi", args, { ...options, env }, { onStderr, onStop, third: log });
        const told = readEventLog(log);
        const killed = ending.code > 128 && ending.code < 160;
        // Its display leaves the terminal such that no line begins at the left, and nothing that is typed is seen.
        if (killed && process.stdin.isTTY) spawnSync("stty", ["sane"], { stdio: "inherit" });
        if (ending.code !== 0) for (const hint of hints(said + told.said, stack)) console.error(hint);
        return {
            ...ending,
            interrupted: ending.interrupted || told.interrupted || killed,
            unchanged: told.unchanged,
        };
    } finally {
        closeSync(log);
    }
}

/** Gets the provider plugins. Where they are installed, nothing is done. */
export async function installPlugins(workspace: Workspace): Promise<Ending> {
    let said = "";
    const onStderr = (text: string) => {
        said += text;
    };
    const ending = await runInteractive("pulumi", ["plugin", "install"], childOptions(workspace), { onStderr });
    if (ending.code !== 0) for (const hint of hints(said, workspace.stack)) console.error(hint);
    return ending;
}

const known: [RegExp, (stack: string, said: string) => string][] = [
    [
        /incorrect passphrase/,
        (stack) =>
            `The passphrase is not the one that stack ${stack} was made with. Set PULUMI_CONFIG_PASSPHRASE or ` +
            "PULUMI_CONFIG_PASSPHRASE_FILE to that one. If `npm run up` made the passphrase (.state/passphrase), unset both.",
    ],
    [/currently locked/, lockHint],
    [
        /download(ing)? (plugin|provider)|install(ing)? plugin|resource plugin/,
        () =>
            "Pulumi's provider plugins could not be downloaded from get.pulumi.com and github.com. " +
            "Without internet, copy ~/.pulumi/plugins from a machine that has them.",
    ],
    [
        /Helm CLI|`helm` command/i,
        (stack) =>
            "Helm's command line is not needed. If the release was cut off, the next run brings it to its end:\n" +
            `  ${npmRun(stack, "up")}\n` +
            "If it fails again, look at the pods:\n" +
            `  ${npmRun(stack, "kubectl", "get", "pods", "-A")}`,
    ],
    [
        /failed to connect to any docker daemon|cannot connect to the docker daemon/i,
        (stack) =>
            `Docker does not answer, or not at the socket where Pulumi looks for it. Start it, then: ${npmRun(stack, "doctor")}`,
    ],
    [
        /no space left on device/i,
        () =>
            "The disk is full, this machine's or the one of Docker's virtual machine. What Docker holds is listed by\n" +
            `  ${commandLine("docker", "system", "df")}\n` +
            "If the build cache and unused images are large, delete them. This deletes no container and no volume:\n" +
            `  ${commandLine("docker", "builder", "prune")}\n` +
            `  ${commandLine("docker", "image", "prune")}`,
    ],
    [
        /toomanyrequests|pull rate limit/i,
        (stack) =>
            "Docker Hub lets each address pull only so many images in six hours. Wait, or let the nodes ask a mirror in your " +
            `network first, for which the cluster is made anew: ${npmRun(stack, "set", "sources.registryMirror", "http://mirror.example:5000")}`,
    ],
];

/** A lock that another machine has taken can't be checked from here. */
function lockHint(stack: string, said: string): string {
    const [, user, host] = /created by (\S+)@(\S+) \(pid/.exec(said) ?? [];
    const release = `  ${withTools(stack, "pulumi", "cancel", "--yes")}`;
    if (host === undefined || host === hostname()) {
        return `Another pulumi works on this stack. Wait for it. If there is none, release the lock:\n${release}`;
    }
    return (
        `A pulumi of ${user}'s on the machine ${host} works on this stack. If this is not ${host} under an older name, wait ` +
        `for it. If there is no such pulumi any more, release the lock:\n${release}`
    );
}

/** What to do about the known errors in what pulumi printed. */
export function hints(said: string, stack: string): string[] {
    return known.filter(([pattern]) => pattern.test(said)).map(([, hint]) => hint(stack, said));
}

/** The stacks of this project in the backend. */
export async function listStacks(workspace: Workspace): Promise<ListedStack[]> {
    return JSON.parse(await pulumi(workspace, "stack", "ls", "--json")) as ListedStack[];
}

/** The workspace's stack in the backend; none before the first `up`. */
export async function findStack(workspace: Workspace): Promise<ListedStack | undefined> {
    return (await listStacks(workspace)).find(({ name }) => name === workspace.stack);
}

/**
 * Makes the stack in the backend. It is not selected: other commands may work in this directory with another stack.
 *
 * The salt of an earlier stack of that name belongs to a passphrase that may be gone. It is replaced, unless values are
 * encrypted with it.
 */
export async function createStack(workspace: Workspace): Promise<void> {
    const { stack, stackFile } = workspace;
    const settings = readIfExists(stackFile);
    if (hasSalt(settings) && !hasSecrets(settings)) writeStackFile(stackFile, withoutSalt(settings));
    try {
        await pulumi(workspace, "stack", "init", stack, "--no-select");
    } catch (error) {
        writeStackFile(stackFile, settings);
        throw error;
    }
    const written = readIfExists(stackFile);
    // Backends that encrypt secrets in another way write something else, which stays.
    if (hasSalt(written)) writeStackFile(stackFile, withSaltOf(written, settings));
}

/**
 * Mends what a run left that was killed, so that the user needs no command for it: its lock, and its notes in the state. Says what
 * was there.
 */
export async function recoverStack(workspace: Workspace): Promise<void> {
    if (await releaseStaleLocks(workspace)) console.error("Released the lock of a run that was cut off.");
    if (await clearPendingOperations(workspace)) console.error("Cleared the notes of a run that was cut off.");
}

/** @returns whether there were locks of pulumi processes that were killed. */
async function releaseStaleLocks(workspace: Workspace): Promise<boolean> {
    const { stateDirectory, stack } = workspace;
    const locks = stateDirectory === undefined ? [] : readLocks(stateDirectory, stack);
    if (locks.length === 0 || !locks.every((lock) => isStale(lock))) return false;
    await pulumi(workspace, "cancel", "--yes", "--stack", stack);
    return true;
}

/**
 * Pulumi notes in the state what it is about to make. One that was killed leaves the note, of which each later run would warn at
 * length. What was half made is found without it.
 *
 * @returns whether there was any.
 */
async function clearPendingOperations(workspace: Workspace): Promise<boolean> {
    const { stack } = workspace;
    const state = await exportState(workspace);
    if (!readDeployment(state)?.pending_operations?.length) return false;
    // An import leaves them out.
    await feedPulumi(workspace, ["stack", "import", "--stack", stack], state);
    return true;
}

/**
 * Whether a run has made the nodes of the stack's cluster to their end. Where one was cut off before that, the next makes them anew,
 * and there is nothing in them to start or to save.
 */
export async function hasMadeNodes(workspace: Workspace): Promise<boolean> {
    const { resources = [] } = readDeployment(await exportState(workspace)) ?? {};
    return resources.some(({ urn }) => urn.endsWith("::cluster-nodes"));
}

/** The stack's state as JSON. Secrets are encrypted in it. */
async function exportState(workspace: Workspace): Promise<string> {
    return pulumi(workspace, "stack", "export", "--stack", workspace.stack);
}

function readDeployment(state: string) {
    return (JSON.parse(state) as { deployment?: { resources?: { urn: string }[]; pending_operations?: unknown[] } })
        .deployment;
}

/**
 * The stack's outputs, secrets masked.
 *
 * @throws {StackNotUp} where there is no such stack.
 */
export async function readOutputs(workspace: Workspace): Promise<Outputs> {
    return JSON.parse(await readOutput(workspace, "--json")) as Outputs;
}

/**
 * The kubeconfig of the stack's cluster.
 *
 * @throws {StackNotUp} where there is no such stack, or its cluster is not up yet.
 */
export async function readKubeconfig(workspace: Workspace): Promise<string> {
    return readOutput(workspace, "kubeconfig", "--show-secrets");
}

async function readOutput(workspace: Workspace, ...args: string[]): Promise<string> {
    try {
        return await pulumi(workspace, "stack", "output", "--stack", workspace.stack, ...args);
    } catch (error) {
        if (
            !/no stack named|does not have output property|unable to open state directory/.test(
                (error as Error).message,
            )
        ) {
            throw error;
        }
        throw new StackNotUp(workspace.stack);
    }
}
