import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { quote } from "../../lib/commandLines";
import { killFamily } from "./commands";

/** A shell that the documentation's blocks are for. */
export interface Shell {
    name: "bash" | "zsh";
    /** It reads none of the user's own settings. */
    command: string[];
    /** Has a function called for each command that fails, those in `if`, and before `||` and `&&` apart. */
    onFailure: (command: string) => string;
}

export const shells: Shell[] = [
    {
        name: "bash",
        command: ["bash", "--norc", "--noprofile"],
        onFailure: (command) => `set -E; trap ${quote(command)} ERR`,
    },
    { name: "zsh", command: ["zsh", "-f"], onFailure: (command) => `trap ${quote(command)} ZERR` },
];

/** Whether this machine has it. */
export function isInstalled({ command: [program = ""] }: Shell): boolean {
    return spawnSync(program, ["-c", "true"]).status === 0;
}

/** How a block ended. */
export interface Ran {
    /**
     * The exit code of the last command that failed, as if each line had been pasted by itself; 0 where none did. Or why there is
     * none.
     */
    code: number | "ran out of time" | "ended the shell" | "was not reached";
    /** What it printed, to both streams. */
    printed: string;
}

/**
 * Runs blocks one after the other in one shell, so that a block has the variables and functions of those before. A block that
 * fails keeps none of the others from being run, only one that runs out of time or ends the shell does.
 *
 * @param limit for each block, s.
 */
export async function runBlocks(
    shell: Shell,
    texts: string[],
    { limit, ...options }: { limit: number; cwd: string; env?: NodeJS.ProcessEnv },
): Promise<Ran[]> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "blocks-"));
    const file = (index: number, what: string) => path.join(folder, `${index}.${what}`);
    try {
        for (const [index, text] of texts.entries()) fs.writeFileSync(file(index, "sh"), `${text}\n`);
        const driver = texts.map(
            (_, index) =>
                `blocks_failed=0; . ${quote(file(index, "sh"))} </dev/null >${quote(file(index, "out"))} 2>&1 3>&-; ` +
                `echo "$? $blocks_failed" >&3`,
        );
        const codes = await drive(shell, [shell.onFailure("blocks_failed=$?"), ...driver].join("\n"), limit, options);
        return texts.map((_, index) => {
            const printed = fs.existsSync(file(index, "out")) ? fs.readFileSync(file(index, "out"), "utf8") : "";
            return { code: codes[index] ?? "was not reached", printed };
        });
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
}

/** @returns how each block ended, up to the last that was begun. */
function drive(
    { command: [program = "", ...args] }: Shell,
    script: string,
    limit: number,
    options: { cwd: string; env?: NodeJS.ProcessEnv },
): Promise<Ran["code"][]> {
    const blocks = script.split("\n").length - 1;
    // A process group of its own: all that a block started can be ended.
    const child = spawn(program, [...args, "-c", script], {
        ...options,
        stdio: ["ignore", "inherit", "inherit", "pipe"],
        detached: true,
    });
    const codes: Ran["code"][] = [];
    return new Promise((resolve, reject) => {
        let timer: NodeJS.Timeout | undefined;
        const finish = (last?: Ran["code"]) => {
            clearTimeout(timer);
            if (last !== undefined) codes.push(last);
            resolve(codes);
        };
        const giveUp = () => {
            child.removeAllListeners("exit");
            void killFamily(child).then(() => finish("ran out of time"), reject);
        };
        const startTimer = () => {
            clearTimeout(timer);
            timer = setTimeout(giveUp, limit * 1000);
        };
        startTimer();
        let said = "";
        child.stdio[3]?.on("data", (chunk: Buffer) => {
            said += chunk.toString();
            const lines = said.split("\n");
            said = lines.pop() ?? "";
            for (const line of lines) {
                const [last = 0, failed = 0] = line.split(" ").map(Number);
                codes.push(failed || last);
            }
            startTimer();
        });
        child.once("error", reject);
        // Not "close": what a block left in the background may hold on to the streams. It goes with the shell's terminal otherwise.
        child.once("exit", () => {
            killGroup(child.pid);
            setTimeout(() => finish(codes.length < blocks ? "ended the shell" : undefined), 100);
        });
    });
}

function killGroup(leader = 0): void {
    try {
        process.kill(-leader, "SIGKILL");
    } catch {
        // Nothing is left of it.
    }
}
