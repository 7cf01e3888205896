import * as assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Registered } from "./program";

/**
 * Runs the programs of `command.local.Command` resources as the plugin of @pulumi/command would, with stubs of docker, kind and
 * kubectl in their place. Each test has stubs of its own.
 */
export function useCommandStubs() {
    let root: string;
    /** A path in the test's own folder. `tmp` is where the programs put temporary files. */
    const file = (name: string) => path.join(root, name);

    beforeEach(() => {
        root = fs.mkdtempSync(path.join(os.tmpdir(), "shell-"));
        for (const folder of ["tmp", "bin"]) fs.mkdirSync(file(folder));
    });
    afterEach(() => {
        // Whatever happens, no temporary file stays; it may be a kubeconfig.
        assert.deepEqual(fs.readdirSync(file("tmp")), []);
        fs.rmSync(root, { recursive: true });
    });

    /** Makes a command whose script knows its arguments as "$*". */
    const stub = (name: string, script: string) => {
        const text = `#!/bin/sh\necho "${name} $*" >>"${file("calls")}"\n${script}\n`;
        fs.writeFileSync(path.join(file("bin"), name), text, { mode: 0o755 });
    };
    /** How the stubs were called, each as one line. */
    const calls = () => (fs.existsSync(file("calls")) ? fs.readFileSync(file("calls"), "utf8").trim().split("\n") : []);
    /** How the plugin starts one operation of a resource. */
    const prepare = (
        { inputs }: Pick<Registered, "inputs">,
        operation: "create" | "update" | "delete",
        env: Record<string, string> = {},
    ) => {
        const { interpreter = ["/bin/sh", "-c"], environment, stdin = "", ...commands } = inputs;
        const program = commands[operation] ?? (operation === "update" ? commands.create : undefined);
        assert.ok(program, `there is a program for ${operation}`);
        const [shell = "", ...args] = [...(interpreter as string[]), program as string];
        const whole = { ...environment, PATH: `${file("bin")}:/usr/bin:/bin`, TMPDIR: file("tmp"), ...env };
        return { shell, args, stdin: stdin as string, env: whole as NodeJS.ProcessEnv };
    };
    /** Runs one operation of a resource. */
    const run = (...operation: Parameters<typeof prepare>) => {
        const { shell, args, stdin, env } = prepare(...operation);
        const { status, stdout, stderr } = spawnSync(shell, args, { input: stdin, encoding: "utf8", env });
        return { status, stdout, stderr };
    };
    /**
     * Starts one operation and, once a stub was called so, kills the shell as the plugin does when the user stops Pulumi: the shell
     * alone, without a warning. Waits as the plugin does, until nobody can write to the shell's streams any more.
     *
     * @returns how long that took, in seconds.
     */
    const kill = async (resource: Pick<Registered, "inputs">, operation: "create" | "delete", call: string) => {
        const { shell, args, stdin, env } = prepare(resource, operation);
        const child = spawn(shell, args, { env });
        const closed = new Promise((resolve) => child.once("close", resolve));
        child.stdout.resume();
        child.stderr.resume();
        child.stdin.end(stdin);
        for (let i = 0; !calls().some((made) => made.startsWith(call)) && i < 200; i++) await setTimeout(50);
        assert.ok(
            calls().some((made) => made.startsWith(call)),
            `${call} was called`,
        );
        const killed = Date.now();
        child.kill("SIGKILL");
        await closed;
        return (Date.now() - killed) / 1000;
    };
    return { file, stub, calls, run, kill };
}
