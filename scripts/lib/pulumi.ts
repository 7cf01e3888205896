import { npmRun, withTools } from "../../lib/commandLines";
import { isStale, readLocks } from "./locks";
import { capture, CommandError, runInteractive, type Ending } from "./processes";
import { hasSalt, hasSecrets, readStackFile, withoutSalt, withSaltOf, writeStackFile } from "./stackFile";
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
}

/**
 * Runs pulumi and returns what it printed.
 *
 * @throws {CommandError} with pulumi's message. Where it is a known one, what to do is below it.
 */
export async function pulumi(workspace: Workspace, ...args: string[]): Promise<string> {
    try {
        return await capture("pulumi", args, childOptions(workspace));
    } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        throw new CommandError([error.message, ...hints(error.message, workspace.stack)].join("\n"));
    }
}

/** Runs pulumi on this terminal. Where it fails with a known message, what to do is printed below it. */
export async function runPulumi(workspace: Workspace, ...args: string[]): Promise<Ending> {
    let said = "";
    const onStderr = (text: string) => {
        said += text;
    };
    const ending = await runInteractive("pulumi", args, childOptions(workspace), { onStderr });
    if (ending.code !== 0) for (const hint of hints(said, workspace.stack)) console.error(hint);
    return ending;
}

const known: [RegExp, (stack: string) => string][] = [
    [
        /incorrect passphrase/,
        (stack) =>
            `The passphrase is not the one that stack ${stack} was made with. Set PULUMI_CONFIG_PASSPHRASE or ` +
            "PULUMI_CONFIG_PASSPHRASE_FILE to that one. If `npm run up` made the passphrase (.state/passphrase), unset both.",
    ],
    [
        /currently locked/,
        (stack) =>
            "Another pulumi works on this stack. Wait for it. If there is none, release the lock:\n" +
            `  ${withTools(stack, "pulumi", "cancel", "--yes")}`,
    ],
    [
        /download(ing)? (plugin|provider)|install(ing)? plugin|resource plugin/,
        () =>
            "Pulumi's provider plugins could not be downloaded from get.pulumi.com and github.com. " +
            "Without internet, copy ~/.pulumi/plugins from a machine that has them.",
    ],
];

/** What to do about the known errors in what pulumi printed. */
export function hints(said: string, stack: string): string[] {
    return known.filter(([pattern]) => pattern.test(said)).map(([, hint]) => hint(stack));
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
    const settings = readStackFile(stackFile);
    if (hasSalt(settings) && !hasSecrets(settings)) writeStackFile(stackFile, withoutSalt(settings));
    try {
        await pulumi(workspace, "stack", "init", stack, "--no-select");
    } catch (error) {
        writeStackFile(stackFile, settings);
        throw error;
    }
    const written = readStackFile(stackFile);
    // Backends that encrypt secrets in another way write something else, which stays.
    if (hasSalt(written)) writeStackFile(stackFile, withSaltOf(written, settings));
}

/**
 * Releases the locks of pulumi processes that were killed, so that the user needs no command for it.
 *
 * @returns whether there were any.
 */
export async function releaseStaleLocks(workspace: Workspace): Promise<boolean> {
    const { stateDirectory, stack } = workspace;
    const locks = stateDirectory === undefined ? [] : readLocks(stateDirectory, stack);
    if (locks.length === 0 || !locks.every((lock) => isStale(lock))) return false;
    await pulumi(workspace, "cancel", "--yes", "--stack", stack);
    return true;
}

/**
 * The stack's outputs, secrets masked.
 *
 * @throws {Error} where there is no such stack.
 */
export async function readOutputs(workspace: Workspace): Promise<Outputs> {
    return JSON.parse(await readOutput(workspace, "--json")) as Outputs;
}

/**
 * The kubeconfig of the stack's cluster.
 *
 * @throws {Error} where there is no such stack, or its cluster is not up yet.
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
        throw new Error(`Stack ${workspace.stack} is not up. Bring it up: ${npmRun(workspace.stack, "up")}`);
    }
}
