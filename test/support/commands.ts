import { type ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, project, run } from "./stacks";

/** A command of the project that runs. */
export interface Command {
    script: string;
    child: ChildProcess;
    begun: number;
    /** What it printed until now. */
    said: () => string;
    /** Its exit code, or the signal that ended it. */
    ended: Promise<number | string>;
}

/** Starts one of scripts/. */
export function startCommand(
    script: string,
    args: string[],
    options: { cwd: string; env: NodeJS.ProcessEnv },
): Command {
    const child = spawn(path.join(project, "node_modules/.bin/tsx"), [`scripts/${script}.ts`, ...args], {
        ...options,
        stdio: ["ignore", "pipe", "pipe"],
        // As from a terminal of its own: a Ctrl-C to the tests is not one to it.
        detached: true,
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    }
    const ended = new Promise<number | string>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code, signal) => resolve(code ?? signal ?? "nothing"));
    });
    return { script, child, begun: Date.now(), said: () => said, ended };
}

/** How a command ended; one that takes too long is killed. */
export async function atMost(limit: number, { script, child, said, ended }: Command): Promise<number | string> {
    const code = await Promise.race([ended, sleep(limit * 1000, "late" as const, { ref: false })]);
    if (code !== "late") return code;
    await killFamily(child);
    throw new Error(`\`${script}\` did not end within ${limit} s:\n${said().slice(-3000)}`);
}

/** Waits for a command to succeed. */
export async function finish(command: Command, limit: number): Promise<void> {
    const code = await atMost(limit, command);
    if (code !== 0) throw new Error(`\`${command.script}\` ended with ${code}:\n${command.said().slice(-3000)}`);
}

/** Waits for something that happens while a command runs; fails at once where the command ends before. */
export function during<T>({ script, said, ended }: Command, something: Promise<T>): Promise<T> {
    return Promise.race([
        something,
        ended.then((code): never => {
            throw new Error(`\`${script}\` ended with ${code}, too early:\n${said().slice(-3000)}`);
        }),
    ]);
}

/**
 * Kills a process and all that descend from it, as if the machine were switched off. The group is not enough: commands put what
 * they start into groups of its own. All are stopped first, so that none can start another while the list is made.
 */
export async function killFamily({ pid }: ChildProcess): Promise<void> {
    const signal = (to: number, what: NodeJS.Signals) => {
        try {
            process.kill(to, what);
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
        }
    };
    const family = pid === undefined ? [] : [pid];
    for (let stopped = 0; stopped < family.length;) {
        for (const member of family.slice(stopped)) signal(member, "SIGSTOP");
        stopped = family.length;
        const all = (await run("ps", ["-A", "-o", "pid=,ppid="]))
            .split("\n")
            .map((line) => line.trim().split(/\s+/).map(Number) as [number, number]);
        // Grows while it is gone through, generation by generation.
        for (const member of family) {
            family.push(
                ...all.flatMap(([child, parent]) => (parent === member && !family.includes(child) ? child : [])),
            );
        }
    }
    for (const member of family) signal(member, "SIGKILL");
    // A process that is killed is not gone at once.
    await eventually("all of them gone", 20, async () => {
        const all = await run("ps", ["-A", "-o", "pid="]);
        return all.split("\n").every((pid) => !family.includes(Number(pid)));
    });
}
