import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout } from "node:timers/promises";
import { runVariable } from "../../lib/environment";
import { isRunning } from "./locks";
import { capture } from "./processes";
import type { Workspace } from "./workspace";

/*
 * A pulumi that is killed leaves its plugins running, and what these have started. All of them have a mark in their environment,
 * which says whose they are.
 */

/** What a run of pulumi starts, and ends by itself otherwise. A user's own editor or agent may have inherited the mark: it is not ended. */
const programs =
    /^(pulumi-(language|resource|analyzer)-[\w-]+|node|(da|ba)?sh|env|kind|kubectl|docker|docker-buildx|helm)$/;

/** How long a process has to end by itself, in ms. */
const grace = 3000;

/** A process of this user's that has a mark. */
interface Marked {
    pid: number;
    program: string;
    mark: string;
}

function stackMark({ root, stack }: Workspace): string {
    return createHash("sha256").update(`${root}\0${stack}`).digest("hex").slice(0, 20);
}

/** The variable by which the processes of a run are found again: the project, the stack, and the process that began the run. */
export function runMark(workspace: Workspace): Record<string, string> {
    return { [runVariable]: `${stackMark(workspace)}.${process.pid}` };
}

/**
 * Ends the processes that earlier runs of the stack left behind, and says so. Where such a run's pulumi still works, nothing is ended.
 *
 * @returns how many there were.
 */
export async function endLeftovers(workspace: Workspace): Promise<number> {
    const find = async () => selectLeftovers(await markedProcesses(), stackMark(workspace), isRunning);
    const found = await find();
    if (found.length === 0) return 0;
    signal(found, "SIGTERM");
    let left = found;
    for (const deadline = Date.now() + grace; left.length > 0 && Date.now() < deadline; left = await find()) {
        await setTimeout(100);
    }
    signal(left, "SIGKILL");
    console.error("Ended the processes that a run left which was cut off.");
    return found.length;
}

/** Those of a stack whose run is over. */
export function selectLeftovers(marked: Marked[], ofStack: string, isAlive: (pid: number) => boolean): Marked[] {
    const runs = new Map<string, Marked[]>();
    for (const found of marked) {
        if (found.mark.startsWith(`${ofStack}.`)) runs.set(found.mark, [...(runs.get(found.mark) ?? []), found]);
    }
    return [...runs].flatMap(([mark, run]) => {
        const isOver = !isAlive(Number(mark.split(".")[1])) && !run.some(({ program }) => program === "pulumi");
        return isOver ? run.filter(({ program }) => programs.test(program)) : [];
    });
}

function signal(processes: Marked[], name: NodeJS.Signals): void {
    for (const { pid } of processes) {
        try {
            process.kill(pid, name);
        } catch {
            // It has ended meanwhile.
        }
    }
}

/** Linux shows a process's environment as a file, macOS by ps. */
async function markedProcesses(): Promise<Marked[]> {
    if (process.platform === "linux") return readProc();
    const user = String(process.getuid?.());
    const args = ["-U", user, "-E", "-ww", "-o", "pid=", "-o", "command="];
    return parsePs(await capture("ps", args, { cwd: "/", env: process.env }).catch(() => ""));
}

function readProc(): Marked[] {
    return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap((name) => {
            try {
                if (statSync(`/proc/${name}`).uid !== process.getuid?.()) return [];
                const environment = readFileSync(`/proc/${name}/environ`, "utf8").split("\0");
                const entry = environment.find((text) => text.startsWith(`${runVariable}=`));
                if (entry === undefined) return [];
                const [program = ""] = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
                return [{ pid: Number(name), program: basename(program), mark: entry.slice(runVariable.length + 1) }];
            } catch {
                // It has ended meanwhile.
                return [];
            }
        });
}

/** Reads the lines of `ps -E -o pid= -o command=`: a number, the command with its arguments, and its environment. */
export function parsePs(printed: string): Marked[] {
    return printed.split("\n").flatMap((line) => {
        const [, pid, program, mark] = new RegExp(`^\\s*(\\d+) (\\S+).* ${runVariable}=(\\S+)`).exec(line) ?? [];
        return mark === undefined ? [] : [{ pid: Number(pid), program: basename(program ?? ""), mark }];
    });
}
