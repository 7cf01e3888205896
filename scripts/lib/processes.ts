import { execFile, spawn } from "node:child_process";
import { constants } from "node:os";
import { promisify } from "node:util";

/** Where and with which environment a child runs. */
export interface ChildOptions {
    cwd: string;
    env: NodeJS.ProcessEnv;
}

/** A child failed; the message is what it said. */
export class CommandError extends Error {}

/**
 * Runs a command to its end and returns what it printed.
 *
 * @throws {CommandError} where it fails or is not installed.
 */
export async function capture(command: string, args: string[], options: ChildOptions): Promise<string> {
    try {
        return (await promisify(execFile)(command, args, { ...options, maxBuffer: 64 << 20 })).stdout;
    } catch (error) {
        const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string };
        throw code === "ENOENT" ? notInstalled(command) : new CommandError((stderr ?? "").trim() || message);
    }
}

function notInstalled(command: string): CommandError {
    return new CommandError(`${command} is not installed. \`npm run up\` installs it, or put it on the PATH yourself.`);
}

/** How an attended child ended. */
export interface Ending {
    /** Its exit code; 128 + the signal's number where a signal ended it, as shells have it. */
    code: number;
    /** Whether the user asked it to stop. */
    interrupted: boolean;
}

/** What asks a command to stop. */
export const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What an attended child's streams lead to, where that isn't this terminal. */
export interface Streams {
    /** An open file that it reads. */
    stdin?: number;
    /** An open file that it writes to. */
    stdout?: number;
    /** Hears what it writes to stdout, which is shown all the same. */
    onStdout?: (text: string) => void;
    /** Hears what it writes to stderr, which is shown all the same. */
    onStderr?: (text: string) => void;
}

/**
 * Runs a command on this terminal. A request to stop reaches it exactly once, and it is waited for: pulumi takes a second
 * one as leave to drop what it is doing.
 */
export async function attend(
    command: string,
    args: string[],
    options: ChildOptions,
    { stdin, stdout, onStdout, onStderr }: Streams = {},
): Promise<Ending> {
    // A terminal sends Ctrl-C to every process in the foreground, so to the child too. Without one the child is placed
    // out of reach of signals to the group, and gets the one that is passed on.
    const terminal = process.stdin.isTTY;
    const child = spawn(command, args, {
        ...options,
        stdio: [stdin ?? "inherit", onStdout ? "pipe" : (stdout ?? "inherit"), onStderr ? "pipe" : "inherit"],
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
    const received = new Set<NodeJS.Signals>();
    const pass = (signal: NodeJS.Signals) => {
        if (!received.has(signal) && !(terminal && signal === "SIGINT")) child.kill(signal);
        received.add(signal);
    };
    for (const signal of signals) process.on(signal, pass);
    try {
        return await new Promise<Ending>((resolve, reject) => {
            child.once("error", (error: NodeJS.ErrnoException) => {
                reject(error.code === "ENOENT" ? notInstalled(command) : error);
            });
            child.once("close", (code, signal) => {
                resolve({ code: code ?? 128 + constants.signals[signal ?? "SIGTERM"], interrupted: received.size > 0 });
            });
        });
    } finally {
        for (const signal of signals) process.off(signal, pass);
    }
}
