import * as assert from "node:assert/strict";
import * as os from "node:os";
import { isInstalled, runBlocks, shells } from "../../support/shells";

describe("shells", () => {
    for (const shell of shells) {
        describe(shell.name, () => {
            before(function () {
                if (isInstalled(shell)) return;
                console.log(`SKIPPED: there is no ${shell.name} on this machine to run blocks in.`);
                this.skip();
            });
            const run = (...texts: string[]) => runBlocks(shell, texts, { limit: 5, cwd: os.tmpdir() });
            const codes = async (...texts: string[]) => (await run(...texts)).map(({ code }) => code);

            it("runBlocks: a block has the variables and functions of those before, and its own output", async () => {
                const ran = await run('a=1\nf() { echo "f $1"; }', 'f "$a"\nf 2 >&2', "pwd");
                assert.deepEqual(ran, [
                    { code: 0, printed: "" },
                    { code: 0, printed: "f 1\nf 2\n" },
                    { code: 0, printed: `${os.tmpdir()}\n` },
                ]);
            });
            it("runBlocks: a command that fails is told wherever it is, in a function and a variable too", async () => {
                const failing = [
                    "false\ntrue",
                    "f() { sh -c 'exit 7'; }\nf\ntrue",
                    "a=$(exit 3)\necho",
                    "echo | false",
                ];
                assert.deepEqual(await codes(...failing, "true"), [1, 7, 3, 1, 0]);
            });
            it("runBlocks: a failure that the block itself looks at is none", async () => {
                const fine = [
                    "false || echo no",
                    "if false; then echo; fi",
                    "for i in 1 2; do false || true; done",
                    "false | cat",
                ];
                assert.deepEqual(await codes(...fine), [0, 0, 0, 0]);
            });
            it("runBlocks: a block reads nothing, and its background needs not end", async () => {
                const begun = Date.now();
                assert.deepEqual(await run("sleep 30 &", "cat"), [
                    { code: 0, printed: "" },
                    { code: 0, printed: "" },
                ]);
                assert.ok(Date.now() - begun < 10_000);
            });
            it("runBlocks: a block that runs out of time ends the run, and all that it started", async () => {
                const ran = await runBlocks(shell, ["echo 1", "echo 2; sleep 60 | sleep 60", "echo 3"], {
                    limit: 1,
                    cwd: os.tmpdir(),
                });
                assert.deepEqual(ran, [
                    { code: 0, printed: "1\n" },
                    { code: "ran out of time", printed: "2\n" },
                    { code: "was not reached", printed: "" },
                ]);
            });
            it("runBlocks: a pattern that zsh finds no file for is a failure there", async () => {
                const [first] = await codes("echo /nowhere?x=1");
                assert.equal(first !== 0, shell.name === "zsh", String(first));
            });
            it("runBlocks: a block that ends the shell is told", async () => {
                assert.deepEqual(await codes("true", "exit 0", "true"), [0, "ended the shell", "was not reached"]);
            });
        });
    }
});
