import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { gzipSync } from "node:zlib";
import { useSandbox } from "../../support/sandbox";

const name = "20261125T010000Z-manual.sql.gz";
const closing = "--\n-- PostgreSQL database dump complete\n--\n\n";
// Rows that don't compress, so that a part of the file is far from its end.
const rows = Array.from({ length: 2000 }, (_, i) => Math.sin(i + 1).toString(36)).join("\n");
const whole = gzipSync(`-- PostgreSQL database dump\n${rows}\n${closing}`);
const cut = whole.subarray(0, whole.length - 3);
const unended = gzipSync(`-- PostgreSQL database dump\n${rows}\n`);

const sidecar = "kubectl exec --namespace app db-0 --container backup --";
const migrate =
    "kubectl exec --namespace app deployment/backend --container backend -- python manage.py migrate_when_ready";

/** Answers as the sidecar does; FAILS is a part of the call that fails, WAITS of one that ends only when interrupted. */
const kubectl = `
case "$1" in version) echo '{"clientVersion":{"gitVersion":"v1.35.8"}}'; exit ;; esac
echo "kubectl $*" >>"$HOME/calls"
echo "$KUBECONFIG" >"$HOME/kubeconfig"
ls -l "$KUBECONFIG" | cut -c1-10 >"$HOME/mode"
if [ -n "$FAILS" ]; then case "$*" in *"$FAILS"*) echo "$SAYS" >&2; exit 3 ;; esac; fi
case "$*" in
*" backup now") echo "Took ${name}." ;;
*" backup list") echo NAME ;;
*" backup export "*)
    cat "$HOME/exported" ;;
*" backup import "*) cat >"$HOME/imported"; echo "Stored." ;;
*" backup restore "*) echo "Before: ${name.replace("manual", "before-restore")}" ;;
esac
if [ -n "$WAITS" ]; then case "$*" in *"$WAITS"*)
    trap 'exit 130' INT; echo waiting >>"$HOME/calls"; while :; do sleep 0.05; done ;; esac; fi
exit 0`;

const refusedInPod = { FAILS: " backup ", SAYS: "no such backup\ncommand terminated with exit code 1" };
const absent = { FAILS: " backup ", SAYS: 'Error from server (NotFound): pods "db-0" not found' };

describe("backup", function () {
    this.timeout(30_000);

    // Before the sandbox is removed.
    afterEach(() => {
        // Whatever became of the command, what makes its reader the cluster's administrator is gone.
        if (!fs.existsSync(file("kubeconfig"))) return;
        assert.equal(fs.readFileSync(file("mode"), "utf8"), "-rw-------\n");
        assert.equal(fs.existsSync(fs.readFileSync(file("kubeconfig"), "utf8").trim()), false);
    });
    const { file, calls, run, interrupt, answer } = useSandbox();
    const asked = () => calls().filter((call) => call.startsWith("kubectl"));
    const backup = (args: string[], env: NodeJS.ProcessEnv = {}) =>
        run("backup", args, { INIT_CWD: file("home"), ...env });
    const atHome = () => fs.readdirSync(file("home"));

    beforeEach(() => {
        fs.mkdirSync(file("home"));
        fs.writeFileSync(file("stack"), "");
        fs.writeFileSync(file("exported"), whole);
        fs.writeFileSync(file("stubs/kubectl"), `#!/bin/sh${kubectl}\n`);
    });

    for (const args of [["now"], ["list"], ["delete", name]]) {
        it(`${args.join(" ")} is the sidecar's affair`, async () => {
            const { code, stderr } = await backup(args);
            assert.deepEqual([code, stderr], [0, ""]);
            assert.deepEqual(asked(), [`${sidecar} backup ${args.join(" ")}`]);
        });
    }

    it("passes on what the sidecar refuses, and why", async () => {
        const { code, stderr } = await backup(["delete", name], refusedInPod);
        assert.deepEqual([code, stderr], [3, `${refusedInPod.SAYS}\n`]);
    });

    it("says where to look when the database isn't there", async () => {
        const { code, stderr } = await backup(["list", "--stack", "dev"], absent);
        assert.equal(code, 3);
        assert.match(stderr, /^Error from server \(NotFound\)[^\n]*\nThe backups are with the database, in pod db-0/);
        assert.match(stderr, /npm run kubectl -- --stack dev get pods -n app/);
    });

    it("says so where the stack is not up", async () => {
        fs.rmSync(file("stack"));
        const { code, stderr } = await backup(["now"]);
        assert.equal(code, 1);
        assert.equal(stderr, "Stack dev is not up. Bring it up: npm run up -- --stack dev\n");
    });

    for (const args of [[], ["constructor"], ["now", "x"], ["restore"], ["get"], ["delete"], ["get", name, "f", "g"]]) {
        it(`explains itself when asked for ${JSON.stringify(args)}`, async () => {
            const { code, stderr } = await backup(args);
            assert.equal(code, 1);
            assert.match(
                stderr,
                /^Usage: npm run backup -- now \| list \| .*\nFor example: npm run backup -- restore 2/,
            );
            assert.deepEqual(calls(), []);
        });
    }

    for (const args of [
        ["restore", "x.sql"],
        ["delete", "../x.sql.gz"],
        ["get", ".x.sql.gz"],
        ["put", "x.sql.gz", "a b.sql.gz"],
        ["put", "my.dump"],
    ]) {
        it(`refuses a name that is none: ${args.join(" ")}`, async () => {
            const { code, stderr } = await backup(args);
            assert.equal(code, 1);
            assert.match(stderr, /^"[^"]*" is no name of a backup\. One is like 2/);
            assert.deepEqual(calls(), []);
        });
    }

    describe("get", () => {
        it("saves it where the user is, for the user's eyes only", async () => {
            const { code, stdout, stderr } = await backup(["get", name]);
            assert.deepEqual([code, stderr], [0, ""]);
            assert.deepEqual(asked(), [`${sidecar} backup export ${name}`]);
            assert.deepEqual(atHome(), [name]);
            assert.deepEqual(fs.readFileSync(file(`home/${name}`)), whole);
            assert.equal(fs.statSync(file(`home/${name}`)).mode & 0o777, 0o600);
            assert.equal(stdout, `Saved ${name} as ${file(`home/${name}`)}, ${whole.length} bytes.\n`);
        });

        it("takes a dump that ends with psql's restricted mode", async () => {
            fs.writeFileSync(file("exported"), gzipSync(`${closing}\\unrestrict ${"a".repeat(63)}\n\n`));
            assert.equal((await backup(["get", name, "mine"])).code, 0);
            assert.deepEqual(atHome(), ["mine"]);
        });

        for (const [what, arrived] of [
            ["nothing", Buffer.alloc(0)],
            ["a part", cut],
            [
                "one wrong byte",
                Buffer.concat([whole.subarray(0, -6), Buffer.from([(whole.at(-6) ?? 0) ^ 1]), whole.subarray(-5)]),
            ],
            ["half a dump", unended],
            ["words before it", Buffer.concat([Buffer.from("Defaulted container\n"), whole])],
        ] as const) {
            it(`leaves no file where ${what} arrived, though kubectl ended well`, async () => {
                fs.writeFileSync(file("exported"), arrived);
                const { code, stderr } = await backup(["get", name]);
                assert.equal(code, 1);
                assert.match(stderr, /is not whole: .* No file was written; try again\.$/m);
                assert.deepEqual(atHome(), []);
            });
        }

        it("leaves no file where the sidecar has none to give", async () => {
            const { code, stderr } = await backup(["get", name], refusedInPod);
            assert.equal(code, 1);
            assert.match(stderr, /^no such backup\n[^]* could not be read: no file was written\.$/m);
            assert.deepEqual(atHome(), []);
        });

        it("leaves no file when it is interrupted", async () => {
            fs.writeFileSync(file("exported"), cut);
            const { code, stderr } = await interrupt("backup", ["get", name], {
                INIT_CWD: file("home"),
                WAITS: "export",
            });
            assert.equal(code, 1);
            assert.equal(stderr, "Interrupted by SIGINT: no file was written.\n");
            assert.deepEqual(atHome(), []);
        });

        it("overwrites nothing", async () => {
            fs.writeFileSync(file("home/mine"), "dear");
            const { code, stderr } = await backup(["get", name, "mine"]);
            assert.equal(code, 1);
            assert.match(stderr, /home\/mine exists already/);
            assert.equal(fs.readFileSync(file("home/mine"), "utf8"), "dear");
            assert.deepEqual(calls(), []);
        });
    });

    describe("put", () => {
        it("sends a whole backup under its own name or another", async () => {
            fs.writeFileSync(file(`home/${name}`), whole);
            for (const args of [[name], [file(`home/${name}`), "mine.sql.gz"]]) {
                const { code, stdout, stderr } = await backup(["put", ...args]);
                assert.deepEqual([code, stderr], [0, ""]);
                assert.match(stdout, /^Stored\.\n.* restore \S+\.sql\.gz$/m);
                assert.deepEqual(fs.readFileSync(file("imported")), whole);
            }
            const stdin = sidecar.replace("exec", "exec --stdin");
            assert.deepEqual(asked(), [`${stdin} backup import ${name}`, `${stdin} backup import mine.sql.gz`]);
        });

        for (const [what, content, reason] of [
            ["a part of a backup", cut, /doesn't unpack to its end as gzip: unexpected end of file/],
            ["plain SQL", Buffer.from(closing), /doesn't unpack to its end as gzip: incorrect header check/],
            ["another thing that is compressed", gzipSync("hello\n"), /closing line is missing/],
            ["half a dump", unended, /closing line is missing/],
            ["a dump that goes on after its end", gzipSync(`${closing}more\n`), /closing line is missing/],
        ] as const) {
            it(`keeps ${what} from the cluster`, async () => {
                fs.writeFileSync(file(`home/${name}`), content);
                const { code, stderr } = await backup(["put", name]);
                assert.equal(code, 1);
                assert.match(stderr, reason);
                assert.match(stderr, /Nothing was sent to the cluster\.$/m);
                assert.deepEqual(calls(), []);
            });
        }

        it("says where there is no file", async () => {
            const { code, stderr } = await backup(["put", name]);
            assert.deepEqual([code, stderr], [1, `There is no file ${file(`home/${name}`)}.\n`]);
        });

        it("passes on that the name is taken", async () => {
            fs.writeFileSync(file(`home/${name}`), whole);
            const { code, stdout } = await backup(["put", name], refusedInPod);
            assert.deepEqual([code, stdout], [3, ""]);
        });
    });

    describe("restore", () => {
        it("brings the tables to what the running app expects", async () => {
            const { code, stdout } = await backup(["restore", name]);
            assert.equal(code, 0);
            assert.deepEqual(asked(), [`${sidecar} backup restore ${name}`, migrate]);
            assert.match(stdout, /^Before: .*\nThe guestbook now shows what 2.*-manual\.sql\.gz holds\./);
        });

        it("stops where nothing was restored", async () => {
            const { code, stdout } = await backup(["restore", name], refusedInPod);
            assert.deepEqual([code, stdout], [3, ""]);
            assert.deepEqual(asked(), [`${sidecar} backup restore ${name}`]);
        });

        it("tells that an interruption may not have reached the cluster", async () => {
            const { code, stderr } = await interrupt("backup", ["restore", name], { WAITS: "restore" });
            assert.equal(code, 130);
            assert.match(stderr, /^Interrupted here, which may not have stopped it in the cluster/);
            assert.deepEqual(asked(), [`${sidecar} backup restore ${name}`]);
        });

        it("says what to do where the tables stay as they were", async () => {
            const { code, stdout, stderr } = await backup(["restore", name], { FAILS: "migrate", SAYS: "no pod" });
            assert.equal(code, 3);
            assert.match(stderr, /^no pod\n.* is restored, but its tables could not be brought/);
            assert.match(stderr, /^ {2}npm run kubectl -- --stack dev exec .* migrate_when_ready$/m);
            assert.doesNotMatch(stdout, /now shows/);
        });
    });

    describe("before down", () => {
        const question = "Save a last backup first? File name, or Enter to delete everything without one: ";
        const destroy = "pulumi destroy --yes --stack dev";
        const down = (args: string[] = [], env: NodeJS.ProcessEnv = {}) =>
            run("down", args, { INIT_CWD: file("home"), ...env });
        const node = (state: string) => `lb-dev\tlb-dev-control-plane\t${state}\t\n`;

        /** For tests of what happens on a terminal; the one of other systems' `script` takes other arguments. */
        function needsTerminal(context: Mocha.Context) {
            try {
                if (!/util-linux/.test(execFileSync("script", ["--version"], { encoding: "utf8" }))) context.skip();
            } catch {
                context.skip();
            }
        }

        beforeEach(() => {
            fs.mkdirSync(file(".state"));
            fs.writeFileSync(file("nodes"), node("running"));
        });

        it("says what is lost, and how not to lose it", async () => {
            const { code, stdout } = await down();
            assert.equal(code, 0);
            assert.match(
                stdout,
                /^This deletes the cluster lb-dev with all that is in it: the guestbook's entries and every backup of them\.$/m,
            );
            assert.match(stdout, /^To save a last backup first: npm run down -- --stack dev --backup FILE$/m);
            assert.deepEqual(asked(), []);
            assert.ok(calls().includes(destroy));
        });

        it("saves a last one, and only then destroys", async () => {
            const { code, stderr } = await down(["--backup", "last.sql.gz"]);
            assert.equal(code, 0, stderr);
            assert.deepEqual(
                calls().filter((call) => call === destroy || call.startsWith("kubectl")),
                [`${sidecar} backup now`, `${sidecar} backup export ${name}`, destroy],
            );
            assert.deepEqual(fs.readFileSync(file("home/last.sql.gz")), whole);
            assert.deepEqual(atHome(), ["last.sql.gz"]);
        });

        it("starts the nodes for it where they are stopped", async () => {
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
            ["can't be taken", { FAILS: "backup now", SAYS: "disk full\ncommand terminated with exit code 1" }, whole],
            ["can't be read", { FAILS: "backup export", SAYS: "connection lost" }, whole],
            ["arrives in part", {}, cut],
        ] as const) {
            it(`deletes nothing where it ${what}`, async () => {
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

        it("deletes nothing where the file is there already, or has no name", async () => {
            fs.writeFileSync(file("home/last.sql.gz"), "dear");
            for (const taken of ["last.sql.gz", "nowhere/last.sql.gz", ""]) {
                assert.equal((await down(["--backup", taken])).code, 1);
            }
            assert.equal(fs.readFileSync(file("home/last.sql.gz"), "utf8"), "dear");
            assert.deepEqual(asked(), []);
            assert.ok(!calls().includes(destroy));
        });

        it("has nothing to save where the cluster is gone, and says so if it was to", async () => {
            fs.rmSync(file("nodes"));
            const refused = await down(["--backup", "last.sql.gz"]);
            assert.equal(refused.code, 1);
            assert.match(refused.stderr, /^The cluster lb-dev isn't there any more\.\n.*nothing is deleted/);
            const { code, stdout } = await down();
            assert.equal(code, 0);
            assert.doesNotMatch(stdout, /This deletes|backup/);
        });

        it("asks on a terminal, and saves what is named there", async function () {
            needsTerminal(this);
            const { code, stdout } = await answer("down", [], question, "~/last.sql.gz\n");
            assert.equal(code, 0, stdout);
            assert.deepEqual(fs.readFileSync(file("last.sql.gz")), whole);
            assert.ok(calls().includes(destroy));
        });

        it("saves none where the answer is Enter", async function () {
            needsTerminal(this);
            const { code, stdout } = await answer("down", [], question, "\n");
            assert.equal(code, 0, stdout);
            assert.deepEqual(asked(), []);
            assert.ok(calls().includes(destroy));
        });

        for (const [key, typed] of [
            ["Ctrl-C", "\x03"],
            ["Ctrl-D", "\x04"],
        ] as const) {
            it(`deletes nothing where the answer is ${key}`, async function () {
                needsTerminal(this);
                const { code, stdout } = await answer("down", [], question, typed);
                assert.equal(code, 1, stdout);
                assert.match(stdout, /Stopped: nothing is deleted\./);
                assert.ok(!calls().includes(destroy));
            });
        }
    });
});
