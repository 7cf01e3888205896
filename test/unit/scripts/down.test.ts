import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { gzipSync } from "node:zlib";
import { backup, settings, sidecar, useSandbox } from "../../support/sandbox";

const sidecarCall = "kubectl exec --namespace app db-0 --container backup --";
const whole = gzipSync("-- PostgreSQL database dump\n--\n-- PostgreSQL database dump complete\n--\n\n");
const cut = whole.subarray(0, whole.length - 3);

describe("down", function () {
    // Each command is a process of its own, and runs pulumi several times.
    this.timeout(30_000);

    const { file, calls, changes, run, interrupt } = useSandbox();

    it("down: removes all that up made; a second down finds nothing to take away", async () => {
        await run("up");
        fs.rmSync(file("calls"));
        const { code, stdout, stderr } = await run("down");
        assert.equal(code, 0, stderr);
        assert.deepEqual(changes(), [
            "pulumi stack output --stack dev --json",
            "pulumi destroy --yes --stack dev",
            "pulumi stack rm --yes --preserve-config --stack dev",
        ]);
        assert.equal(fs.readFileSync(file("Pulumi.dev.yaml"), "utf8"), settings);
        assert.equal(fs.existsSync(file(".state")), false);
        // Pulumi has just advised to run `pulumi stack rm`.
        assert.match(stdout, /^Stack dev is gone, from the list of stacks too: there is nothing more to run\./m);

        const again = await run("down");
        assert.equal(again.code, 0);
        assert.match(again.stdout, /nothing to take away/);
    });

    it("down: where pulumi fails, says how to go on, and keeps the stack", async () => {
        await run("up");
        const { code, stderr } = await run("down", [], { DESTROY_FAILS: "1" });
        assert.equal(code, 1);
        assert.match(stderr, /\nFailed, for the reason above: what is not deleted yet stays\.\n.*: npm run down\n$/);
        assert.ok(fs.existsSync(file("stack")));
    });

    it("down: where it is interrupted, says how to go on, and keeps the stack", async () => {
        await run("up");
        const { code, stderr } = await interrupt("down", [], { PULUMI_WAITS: "1" });
        assert.equal(code, 3);
        assert.match(
            stderr,
            /\nStopped before the end: what is not deleted yet stays\.\nTo go on from here: npm run down\n$/,
        );
        assert.ok(fs.existsSync(file("stack")));
    });

    it("down: clears what a pulumi that was killed left in the state", async () => {
        await run("up");
        fs.writeFileSync(file("pending"), '{"deployment":{"pending_operations":[{}]}}');
        const { code, stderr } = await run("down");
        assert.equal(code, 0, stderr);
        assert.match(stderr, /^Cleared the notes of a run that was cut off\.$/m);
        assert.ok(calls().includes("pulumi stack import --stack dev"));
    });

    it("down: before any up, finds nothing to take away, even without Docker", async () => {
        const { code, stdout } = await run("down", [], { DOCKER_DOWN: "1" });
        assert.equal(code, 0);
        assert.match(stdout, /There is no stack dev: nothing to take away/);
        assert.deepEqual(changes(), []);
    });

    it("down: a cluster of the stack's name without a stack is left alone, and the command that deletes it is printed", async () => {
        fs.writeFileSync(file("nodes"), "lb-dev\tlb-dev-control-plane\trunning\t\n");
        const { stdout } = await run("down");
        assert.match(stdout, /^ {2}docker rm --force --volumes lb-dev-control-plane$/m);
        assert.deepEqual(changes(), []);
    });

    it("down: without Docker, stops before anything is deleted", async () => {
        await run("up");
        fs.rmSync(file("calls"));
        const { code, stderr } = await run("down", [], { DOCKER_DOWN: "1" });
        assert.equal(code, 1);
        assert.match(stderr, /^Docker does not answer\./);
        assert.deepEqual(changes(), []);
        assert.ok(fs.existsSync(file(".state/passphrase")));
    });

    it("down: keeps the passphrase while the stack's file has encrypted settings", async () => {
        await run("up");
        const secret = "config:\n    a:b:\n        secure: v1:x\nencryptionsalt: v1:new\n";
        fs.writeFileSync(file("Pulumi.dev.yaml"), secret);
        const { stdout } = await run("down");
        assert.match(stdout, /\.state is kept: .* Pulumi\.dev\.yaml/);
        assert.equal(fs.readFileSync(file("Pulumi.dev.yaml"), "utf8"), secret);
        assert.ok(fs.existsSync(file(".state/passphrase")));
    });
});

describe("down: a last backup", function () {
    this.timeout(30_000);

    const { file, calls, run, answer } = useSandbox();
    const asked = () => calls().filter((call) => call.startsWith("kubectl"));
    const atHome = () => fs.readdirSync(file("home"));
    const whether = "Save a last backup first? [Y/n] ";
    const where = "Save it as [";
    const destroy = "pulumi destroy --yes --stack dev";
    const down = (args: string[] = [], env: NodeJS.ProcessEnv = {}) =>
        run("down", args, { INIT_CWD: file("home"), ...env });
    const node = (state: string) => `lb-dev\tlb-dev-control-plane\t${state}\t\n`;

    /** Skips a test that needs a terminal, where `script` is not the one of util-linux. */
    function needsTerminal(context: Mocha.Context) {
        try {
            if (!/util-linux/.test(execFileSync("script", ["--version"], { encoding: "utf8" }))) context.skip();
        } catch {
            context.skip();
        }
    }

    beforeEach(() => {
        fs.mkdirSync(file("home"));
        fs.writeFileSync(file("stack"), "");
        fs.writeFileSync(file("exported"), whole);
        fs.writeFileSync(file("stubs/kubectl"), sidecar);
        fs.mkdirSync(file(".state"));
        fs.writeFileSync(file("nodes"), node("running"));
    });

    it("down: says that the guestbook and its backups are deleted, and prints the command that saves a last backup", async () => {
        const { code, stdout } = await down();
        assert.equal(code, 0);
        assert.match(
            stdout,
            /^This deletes the cluster lb-dev with all that is in it: the guestbook's entries and every backup of them\.$/m,
        );
        assert.match(stdout, /^To save a last backup first: npm run down -- --backup FILE$/m);
        assert.deepEqual(asked(), []);
        assert.ok(calls().includes(destroy));
    });

    it("down --backup: saves a last backup before it destroys the stack", async () => {
        const { code, stderr } = await down(["--backup", "last.sql.gz"]);
        assert.equal(code, 0, stderr);
        assert.deepEqual(
            calls().filter((call) => call === destroy || call.startsWith("kubectl")),
            [`${sidecarCall} backup now`, `${sidecarCall} backup export ${backup}`, destroy],
        );
        assert.deepEqual(fs.readFileSync(file("home/last.sql.gz")), whole);
        assert.deepEqual(atHome(), ["last.sql.gz"]);
    });

    it("down --backup: starts stopped nodes and waits for the database before the backup", async () => {
        fs.writeFileSync(file("nodes"), node("exited"));
        const { code, stderr } = await down(["--backup", "last.sql.gz"]);
        assert.equal(code, 0, stderr);
        const order = ["docker start lb-dev-control-plane", "/readyz", "pg_isready", "backup now", destroy];
        const found = order.map((part) => calls().findIndex((call) => call.includes(part)));
        assert.deepEqual(
            found,
            [...found].sort((a, b) => a - b),
        );
        assert.ok(!found.includes(-1), calls().join("\n"));
    });

    for (const [what, env, exported] of [
        [
            "can't be taken in the cluster",
            { FAILS: "backup now", SAYS: "disk full\ncommand terminated with exit code 1" },
            whole,
        ],
        ["can't be read from the cluster", { FAILS: "backup export", SAYS: "connection lost" }, whole],
        ["arrives incomplete", {}, cut],
    ] as const) {
        it(`down --backup: deletes nothing where the backup ${what}`, async () => {
            fs.writeFileSync(file("exported"), exported);
            const { code, stderr } = await down(["--backup", "last.sql.gz"], env);
            assert.equal(code, 1);
            assert.match(
                stderr,
                /nothing is deleted\. To delete everything without one, run it without --backup: npm run down/,
            );
            assert.ok(!calls().includes(destroy));
            assert.deepEqual(atHome(), []);
        });
    }

    it("down --backup: deletes nothing where the file exists, its folder does not, or its name is empty", async () => {
        fs.writeFileSync(file("home/last.sql.gz"), "dear");
        for (const taken of ["last.sql.gz", "nowhere/last.sql.gz", ""]) {
            assert.equal((await down(["--backup", taken])).code, 1);
        }
        assert.equal(fs.readFileSync(file("home/last.sql.gz"), "utf8"), "dear");
        assert.deepEqual(asked(), []);
        assert.ok(!calls().includes(destroy));
    });

    for (const [what, change] of [
        ["is gone", () => fs.rmSync(file("nodes"))],
        ["was never made to its end", () => fs.writeFileSync(file("unmade"), "")],
    ] as const) {
        it(`down --backup: fails where the cluster ${what}; without --backup, down succeeds there`, async () => {
            change();
            const refused = await down(["--backup", "last.sql.gz"]);
            assert.equal(refused.code, 1);
            assert.match(
                refused.stderr,
                /^The cluster lb-dev is gone, or was never made to its end\.\n.*nothing is deleted/,
            );
            const { code, stdout } = await down();
            assert.equal(code, 0);
            assert.doesNotMatch(stdout, /This deletes|backup/);
        });
    }

    /** Today's name for a last backup. */
    const proposed = () => `guestbook-dev-${new Date().toISOString().slice(0, 10)}.sql.gz`;

    it("down: on a terminal, saves a last backup to the file that is named", async function () {
        needsTerminal(this);
        const { code, stdout } = await answer("down", [], [whether, "y\n"], [where, "~/last.sql.gz\n"]);
        assert.equal(code, 0, stdout);
        assert.deepEqual(fs.readFileSync(file("last.sql.gz")), whole);
        assert.ok(calls().includes(destroy));
    });

    it("down: on a terminal, Enter saves a last backup under a name that is proposed and free", async function () {
        needsTerminal(this);
        fs.writeFileSync(file(proposed()), "dear");
        const { code, stdout } = await answer("down", [], [whether, "\n"], [where, "\n"]);
        assert.equal(code, 0, stdout);
        assert.equal(fs.readFileSync(file(proposed()), "utf8"), "dear");
        assert.deepEqual(fs.readFileSync(file(proposed().replace(".sql", "-2.sql"))), whole);
        assert.ok(calls().includes(destroy));
    });

    for (const no of ["n", "No"]) {
        it(`down: on a terminal, ${no} deletes everything without a last backup`, async function () {
            needsTerminal(this);
            const { code, stdout } = await answer("down", [], [whether, `${no}\n`]);
            assert.equal(code, 0, stdout);
            assert.deepEqual(asked(), []);
            assert.ok(calls().includes(destroy));
        });
    }

    it("down: on a terminal, asks again where an answer is none, and never takes y or n for a file's name", async function () {
        needsTerminal(this);
        const { code, stdout } = await answer(
            "down",
            [],
            [whether, "perhaps\n"],
            [whether, "yes\n"],
            [where, "y\n"],
            [where, "N\n"],
            [where, "last.sql.gz\n"],
        );
        assert.equal(code, 0, stdout);
        assert.match(stdout, /Answer y or n\./);
        assert.ok(fs.existsSync(file("last.sql.gz")));
        for (const name of ["y", "N", "perhaps", "yes"]) assert.equal(fs.existsSync(file(name)), false);
    });

    for (const [key, typed] of [
        ["Ctrl-C", "\x03"],
        ["Ctrl-D", "\x04"],
    ] as const) {
        for (const [number, before] of [
            ["first", []],
            ["second", [[whether, "\n"]]],
        ] as [string, [string, string][]][]) {
            it(`down: on a terminal, ${key} at the ${number} question deletes nothing`, async function () {
                needsTerminal(this);
                const last = before.length === 0 ? whether : where;
                const { code, stdout } = await answer("down", [], ...before, [last, typed]);
                assert.equal(code, 1, stdout);
                assert.match(stdout, /Stopped: nothing is deleted\./);
                assert.ok(!calls().includes(destroy));
            });
        }
    }
});
