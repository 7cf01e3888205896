import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLine } from "../../lib/commandLines";
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

/**
 * Starts one of scripts/.
 *
 * @param options.terminal whether it runs on a terminal, which {@link pressCtrlC} can type on. Default: no.
 */
export function startCommand(
    script: string,
    args: string[],
    { terminal = false, ...options }: { cwd: string; env: NodeJS.ProcessEnv; terminal?: boolean },
): Command {
    const own = [path.join(project, "node_modules/.bin/tsx"), `scripts/${script}.ts`, ...args];
    // Of util-linux. It makes a terminal for its command.
    const [program = "", ...rest] = terminal ? ["script", "-qefc", commandLine(...own), "/dev/null"] : own;
    const child = spawn(program, rest, {
        ...options,
        stdio: [terminal ? "pipe" : "ignore", "pipe", "pipe"],
        // As from a terminal of its own: a Ctrl-C to the tests is not one to it.
        detached: true,
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding("utf8").on("data", (text: string) => (said += text));
    }
    const ended = new Promise<number | string>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code, signal) => resolve(code ?? signal ?? "nothing"));
    });
    return { script, child, begun: Date.now(), said: () => said, ended };
}

/** Runs a program to its end, and measures how long that takes and what memory the largest of its processes has, in MB. */
export async function measure(program: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
    const begun = performance.now();
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    }
    let seconds: number | undefined;
    child.once("close", () => (seconds = (performance.now() - begun) / 1000));
    let megabytes = 0;
    while (seconds === undefined) {
        for (const { pid } of await familyOf(child)) megabytes = Math.max(megabytes, peakMemory(pid));
        await sleep(100);
    }
    return { seconds, megabytes, said };
}

/** The most memory that a process has had, in MB; 0 for one that has ended. */
function peakMemory(pid: number): number {
    try {
        return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1000;
    } catch {
        return 0;
    }
}

/** Types Ctrl-C on a command's terminal, which sends SIGINT to all that is in the foreground. */
export function pressCtrlC({ child }: Command): void {
    child.stdin?.write("\x03");
}

/** Kills the process of a program that a command runs, and neither the command nor what that program started. */
export async function killProgram({ child }: Command, program: string): Promise<void> {
    const [first, ...more] = (await familyOf(child)).filter((member) => member.program === program);
    if (first === undefined || more.length > 0) throw new Error(`not one process of ${program}`);
    process.kill(first.pid, "SIGKILL");
}

/** A process and all that descend from it. */
async function familyOf({ pid }: ChildProcess): Promise<{ pid: number; program: string }[]> {
    const all = (await run("ps", ["-A", "-o", "pid=,ppid=,comm="])).split("\n").map((line) => {
        const [own, parent, program = ""] = line.trim().split(/\s+/);
        return { pid: Number(own), parent: Number(parent), program };
    });
    const family = all.filter((one) => one.pid === pid);
    // Grows while it is gone through, generation by generation.
    for (const member of family) family.push(...all.filter(({ parent }) => parent === member.pid));
    return family;
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
export async function killFamily(child: ChildProcess): Promise<void> {
    const signal = (to: number, what: NodeJS.Signals) => {
        try {
            process.kill(to, what);
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
        }
    };
    const family = new Set<number>();
    for (let before = -1; before < family.size;) {
        before = family.size;
        for (const { pid } of await familyOf(child)) {
            signal(pid, "SIGSTOP");
            family.add(pid);
        }
    }
    for (const member of family) signal(member, "SIGKILL");
    // A process that is killed is not gone at once.
    await eventually("all of them gone", 20, async () => {
        const all = await run("ps", ["-A", "-o", "pid="]);
        return all.split("\n").every((pid) => !family.has(Number(pid)));
    });
}
