import * as assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { endLeftovers, parsePs, runMark, selectLeftovers } from "../../../../scripts/lib/leftovers";
import type { Workspace } from "../../../../scripts/lib/workspace";

const workspace = (stack: string): Workspace => ({
    root: `/nowhere/${process.pid}`,
    stack,
    stackFile: "",
    toolsDirectory: "",
});

describe("endLeftovers", function () {
    this.timeout(20_000);

    const started: ChildProcess[] = [];
    afterEach(() => {
        for (const child of started.splice(0)) child.kill("SIGKILL");
    });

    /** The pid of a process that has ended. */
    const over = () => spawnSync("true").pid;
    /** Starts a process that a run of pulumi began, under a name. */
    async function start(argv0: string, mark: Record<string, string>, script = "exec sleep 60") {
        // The shell's own name is no other. What it becomes has the name.
        const child = spawn("sh", ["-c", script], { argv0, env: { PATH: process.env.PATH, ...mark }, stdio: "ignore" });
        started.push(child);
        await once(child, "spawn");
        // The environment is there when the program is.
        await setTimeout(300);
        return child;
    }
    const markOf = (stack: string, runner: number) =>
        Object.fromEntries(
            Object.entries(runMark(workspace(stack))).map(([name, mark]) => [
                name,
                mark.replace(/\d+$/, String(runner)),
            ]),
        );
    const isRunning = ({ exitCode, signalCode }: ChildProcess) => exitCode === null && signalCode === null;

    it("endLeftovers: ends the plugins of a run that is over, those that do not listen too, and nothing else", async () => {
        const runner = over();
        const stubborn = 'trap "" TERM; while :; do sleep 0.1; done';
        const plugin = await start("/plugins/pulumi-resource-command", markOf("dev", runner), stubborn);
        const shell = await start("sh", markOf("dev", runner), "while :; do sleep 0.1; done");
        const others = [
            await start("/plugins/pulumi-resource-command", {}, stubborn),
            await start("/plugins/pulumi-resource-command", markOf("s07", runner), stubborn),
            await start("/plugins/pulumi-resource-command", runMark(workspace("dev")), stubborn),
            await start("ssh-agent", markOf("dev", runner), stubborn),
        ];
        const ended = Promise.all([once(plugin, "exit"), once(shell, "exit")]);
        assert.ok((await endLeftovers(workspace("dev"))) >= 2);
        assert.deepEqual(await ended, [
            [null, "SIGKILL"],
            [null, "SIGTERM"],
        ]);
        assert.deepEqual(others.map(isRunning), [true, true, true, true]);
        assert.equal(await endLeftovers(workspace("dev")), 0);
    });

    it("selectLeftovers: leaves a run whose pulumi still works, though the command that began it is gone", () => {
        const plugin = { pid: 2, program: "pulumi-resource-docker", mark: "abc.1" };
        const never = () => false;
        assert.deepEqual(selectLeftovers([plugin], "abc", never), [plugin]);
        assert.deepEqual(selectLeftovers([plugin, { pid: 3, program: "pulumi", mark: "abc.1" }], "abc", never), []);
        assert.deepEqual(
            selectLeftovers([plugin], "abc", (pid) => pid === 1),
            [],
        );
        assert.deepEqual(selectLeftovers([plugin], "ab", never), []);
    });

    it("parsePs: reads macOS's list of processes", () => {
        const printed =
            "  501 /usr/libexec/x PATH=/bin\n" +
            " 7123 /Users/kim/.pulumi/plugins/resource-command-v1.2.1/pulumi-resource-command 127.0.0.1:5 HOME=/Users/kim LOAD_BALANCING_LAB_RUN=abc.12 A=b\n";
        assert.deepEqual(parsePs(printed), [{ pid: 7123, program: "pulumi-resource-command", mark: "abc.12" }]);
    });
});
