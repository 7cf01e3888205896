import { spawn } from "node:child_process";
import { constants } from "node:os";

/** How a child process is started. */
export interface ChildOptions {
    cwd: string;
    env: NodeJS.ProcessEnv;
    /** A sentence for the user on how to install the command, where it is not installed. */
    installation?: string;
}

/** A child process failed. The message is what it printed to stderr. */
export class CommandError extends Error {}

/** A command is not installed. */
export class NotInstalled extends CommandError {}

/** What a child process gets whose output is captured. */
export interface Given {
    /** What it reads. Without it, it reads nothing. */
    input?: string;
    /** An open file that it has as its /dev/fd/3. */
    third?: number;
    /** Ends it. */
    signal?: AbortSignal;
    /** Whether a Ctrl-C on the terminal does not reach it. */
    detached?: boolean;
}

/**
 * Runs a command to its end and returns what it printed to stdout.
 *
 * @throws {CommandError} where it fails or is not installed; the signal's reason, where that ends it.
 */
export function capture(
    command: string,
    args: string[],
    options: ChildOptions,
    { input, third, signal, detached = false }: Given = {},
): Promise<string> {
    const child = spawn(command, args, {
        cwd: options.cwd,
        env: options.env,
        signal,
        detached,
        stdio: ["pipe", "pipe", "pipe", ...(third === undefined ? [] : [third])],
    });
    const said = { stdout: "", stderr: "" };
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
    // A command that ends without reading it says why.
    child.stdin?.on("error", () => undefined).end(input);
    return new Promise((resolve, reject) => {
        child.once("error", (error: NodeJS.ErrnoException) => {
            if (signal?.aborted) return reject(signal.reason as Error);
            reject(error.code === "ENOENT" ? notInstalled(command, options) : error);
        });
        child.once("close", (code, ended) => {
            if (code === 0) return resolve(said.stdout);
            if (signal?.aborted) return reject(signal.reason as Error);
            const reason =
                said.stderr.trim() || `Command failed, ${ended ?? `exit code ${code}`}: ${command} ${args.join(" ")}`;
            reject(new CommandError(reason));
        });
    });
}

function notInstalled(command: string, { installation }: ChildOptions): NotInstalled {
    return new NotInstalled([`${command} is not installed.`, installation].filter(Boolean).join(" "));
}

/** How a child process ended. */
export interface Ending {
    /** Its exit code. Where a signal ended it, 128 and the signal's number, as in a shell. */
    code: number;
    /** Whether the user asked it to stop. */
    interrupted: boolean;
}

/** The signals by which a user asks a command to stop. */
export const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Where an interactive child's streams lead, if not to this terminal. */
export interface Streams {
    /** An open file that the child reads. */
    stdin?: number;
    /** An open file that the child writes to. */
    stdout?: number;
    /** Gets what the child writes to stdout. It is shown as well. */
    onStdout?: (text: string) => void;
    /** Gets what the child writes to stderr. It is shown as well. */
    onStderr?: (text: string) => void;
    /** An open file that the child has as its /dev/fd/3. */
    third?: number;
    /** Is called when the user first asks the child to stop. */
    onStop?: () => void;
}

/** Within this time, in ms, the same signal is the same request: npm passes on what the terminal has sent to everybody. */
const sameRequest = 1000;

/**
 * Runs a command on this terminal and waits until it ends. Each request to stop is passed on to it exactly once: at a second
 * one, pulumi abandons its work.
 *
 * @throws {CommandError} where the command is not installed.
 */
export async function runInteractive(
    command: string,
    args: string[],
    options: ChildOptions,
    { stdin, stdout, onStdout, onStderr, third, onStop }: Streams = {},
): Promise<Ending> {
    // A terminal sends Ctrl-C to every process in the foreground, the child included. Without a terminal the child gets a
    // process group of its own, so that it gets only the signal that is passed on.
    const terminal = process.stdin.isTTY;
    const child = spawn(command, args, {
        cwd: options.cwd,
        env: options.env,
        stdio: [
            stdin ?? "inherit",
            onStdout ? "pipe" : (stdout ?? "inherit"),
            onStderr ? "pipe" : "inherit",
            ...(third === undefined ? [] : [third]),
        ],
        detached: !terminal,
    });
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        process.stdout.write(text);
        onStdout?.(text);
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
        process.stderr.write(text);
        onStderr?.(text);
    });
    const received = new Map<NodeJS.Signals, number>();
    const pass = (signal: NodeJS.Signals) => {
        const before = received.get(signal) ?? -Infinity;
        if (received.size === 0) onStop?.();
        received.set(signal, performance.now());
        if (performance.now() - before < sameRequest || (terminal && signal === "SIGINT")) return;
        child.kill(signal);
    };
    for (const signal of signals) process.on(signal, pass);
    try {
        return await new Promise<Ending>((resolve, reject) => {
            child.once("error", (error: NodeJS.ErrnoException) => {
                reject(error.code === "ENOENT" ? notInstalled(command, options) : error);
            });
            child.once("close", (code, signal) => {
                resolve({ code: code ?? 128 + constants.signals[signal ?? "SIGTERM"], interrupted: received.size > 0 });
            });
        });
    } finally {
        for (const signal of signals) process.off(signal, pass);
    }
}
