import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { gzipSync } from "node:zlib";
import { backup as name, sidecar as kubectl, useSandbox } from "../../support/sandbox";

const closing = "--\n-- PostgreSQL database dump complete\n--\n\n";
// Rows that don't compress, so that a part of the file is far from its end.
const rows = Array.from({ length: 2000 }, (_, i) => Math.sin(i + 1).toString(36)).join("\n");
const whole = gzipSync(`-- PostgreSQL database dump\n${rows}\n${closing}`);
const cut = whole.subarray(0, whole.length - 3);

const sidecar = "kubectl exec --namespace app db-0 --container backup --";
const migrate =
    "kubectl exec --namespace app deployment/backend --container backend -- python manage.py migrate_when_ready";

const refusedInPod = { FAILS: " backup ", SAYS: "no such backup\ncommand terminated with exit code 1" };
const absent = { FAILS: " backup ", SAYS: 'Error from server (NotFound): pods "db-0" not found' };

describe("backup", function () {
    this.timeout(30_000);

    // Before the sandbox is removed.
    afterEach(() => {
        // However the command ended, the kubeconfig, whose reader is the cluster's administrator, is deleted.
        if (!fs.existsSync(file("mode"))) return;
        assert.equal(fs.readFileSync(file("mode"), "utf8"), "-rw-------\n");
        if (process.platform === "linux") assert.doesNotMatch(fs.readFileSync(file("there"), "utf8"), /kubeconfig/);
        assert.doesNotMatch(fs.readdirSync(file("tmp")).join(), /kubeconfig/);
    });
    const { file, calls, run, interrupt } = useSandbox();
    const asked = () => calls().filter((call) => call.startsWith("kubectl"));
    const backup = (args: string[], env: NodeJS.ProcessEnv = {}) =>
        run("backup", args, { INIT_CWD: file("home"), ...env });
    const atHome = () => fs.readdirSync(file("home"));

    beforeEach(() => {
        fs.mkdirSync(file("home"));
        fs.writeFileSync(file("stack"), "");
        fs.writeFileSync(file("exported"), whole);
        fs.writeFileSync(file("stubs/kubectl"), kubectl);
    });

    for (const args of [["now"], ["list"], ["delete", name]]) {
        it(`backup ${args[0]}: runs the same command in the sidecar`, async () => {
            const { code, stderr } = await backup(args);
            assert.deepEqual([code, stderr], [0, ""]);
            assert.deepEqual(asked(), [`${sidecar} backup ${args.join(" ")}`]);
        });
    }

    it("backup delete: where the sidecar refuses, ends with its reason and exit code", async () => {
        const { code, stderr } = await backup(["delete", name], refusedInPod);
        assert.deepEqual([code, stderr], [3, `${refusedInPod.SAYS}\n`]);
    });

    it("backup list: where the database is missing, prints the commands that show and repair it", async () => {
        const { code, stderr } = await backup(["list", "--stack", "dev"], absent);
        assert.equal(code, 3);
        assert.match(stderr, /^Error from server \(NotFound\)[^\n]*\nThe backups are with the database, in pod db-0/);
        assert.match(stderr, /^ {2}npm run kubectl -- get pods -n app -o wide$/m);
        assert.match(stderr, /^ {2}npm run up$/m);
    });

    it("backup now: where the stack is not up, prints the command that brings it up", async () => {
        fs.rmSync(file("stack"));
        const { code, stderr } = await backup(["now"]);
        assert.equal(code, 1);
        assert.equal(stderr, "Stack dev is not up. Bring it up: npm run up\n");
    });

    for (const args of [[], ["constructor"], ["now", "x"], ["restore"], ["get"], ["delete"], ["get", name, "f", "g"]]) {
        it(`backup: refuses the arguments ${JSON.stringify(args)} and shows its help`, async () => {
            const { code, stderr } = await backup(args);
            assert.equal(code, 1);
            assert.match(stderr, /^Usage: npm run backup -- /m);
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
        it(`backup ${args[0]}: refuses a name that no backup can have, as in ${args.join(" ")}`, async () => {
            const { code, stderr } = await backup(args);
            assert.equal(code, 1);
            assert.match(stderr, /^"[^"]*" is not the name of a backup\. .* for example 2/);
            assert.deepEqual(calls(), []);
        });
    }

    describe("get", () => {
        it("backup get: saves the file where the user is, readable by the user alone", async () => {
            const { code, stdout, stderr } = await backup(["get", name]);
            assert.deepEqual([code, stderr], [0, ""]);
            assert.deepEqual(asked(), [`${sidecar} backup export ${name}`]);
            assert.deepEqual(atHome(), [name]);
            assert.deepEqual(fs.readFileSync(file(`home/${name}`)), whole);
            assert.equal(fs.statSync(file(`home/${name}`)).mode & 0o777, 0o600);
            assert.equal(stdout, `Saved ${name} as ${file(`home/${name}`)}, ${whole.length} bytes.\n`);
        });

        it("backup get: leaves no file where kubectl succeeds with a part of the data", async () => {
            fs.writeFileSync(file("exported"), cut);
            const { code, stderr } = await backup(["get", name, "mine"]);
            assert.equal(code, 1);
            assert.match(stderr, /did not arrive complete: .* No file was written; try again\.$/m);
            assert.deepEqual(atHome(), []);
        });

        it("backup get: leaves no file where the sidecar has no such backup", async () => {
            const { code, stderr } = await backup(["get", name], refusedInPod);
            assert.equal(code, 1);
            assert.match(stderr, /^no such backup\n[^]* could not be read: no file was written\.$/m);
            assert.deepEqual(atHome(), []);
        });

        it("backup get: leaves no file where it is interrupted", async () => {
            fs.writeFileSync(file("exported"), cut);
            const { code, stderr } = await interrupt("backup", ["get", name], {
                INIT_CWD: file("home"),
                WAITS: "export",
            });
            assert.equal(code, 1);
            assert.equal(stderr, "Interrupted by SIGINT: no file was written.\n");
            assert.deepEqual(atHome(), []);
        });

        it("backup get: does not overwrite a file", async () => {
            fs.writeFileSync(file("home/mine"), "dear");
            const { code, stderr } = await backup(["get", name, "mine"]);
            assert.equal(code, 1);
            assert.match(stderr, /home\/mine exists already/);
            assert.equal(fs.readFileSync(file("home/mine"), "utf8"), "dear");
            assert.deepEqual(calls(), []);
        });
    });

    describe("put", () => {
        it("backup put: sends a complete backup under the file's name or another one", async () => {
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

        it("backup put: does not send an incomplete backup to the cluster", async () => {
            fs.writeFileSync(file(`home/${name}`), cut);
            const { code, stderr } = await backup(["put", name]);
            assert.equal(code, 1);
            assert.match(
                stderr,
                /is not a complete backup: .* unexpected end of file\. Nothing was sent to the cluster\.$/m,
            );
            assert.deepEqual(calls(), []);
        });

        it("backup put: refuses a file that does not exist", async () => {
            const { code, stderr } = await backup(["put", name]);
            assert.deepEqual([code, stderr], [1, `There is no file ${file(`home/${name}`)}.\n`]);
        });

        it("backup put: where the sidecar refuses the name, ends with its exit code", async () => {
            fs.writeFileSync(file(`home/${name}`), whole);
            const { code, stdout } = await backup(["put", name], refusedInPod);
            assert.deepEqual([code, stdout], [3, ""]);
        });
    });

    describe("restore", () => {
        it("backup restore: migrates the restored tables with the running backend", async () => {
            const { code, stdout } = await backup(["restore", name]);
            assert.equal(code, 0);
            assert.deepEqual(asked(), [`${sidecar} backup restore ${name}`, migrate]);
            assert.match(stdout, /^Before: .*\nThe guestbook now shows what 2.*-manual\.sql\.gz holds\./);
        });

        it("backup restore: does not migrate where nothing was restored", async () => {
            const { code, stdout } = await backup(["restore", name], refusedInPod);
            assert.deepEqual([code, stdout], [3, ""]);
            assert.deepEqual(asked(), [`${sidecar} backup restore ${name}`]);
        });

        it("backup restore: where it is interrupted, says that the restore may go on in the cluster", async () => {
            const { code, stderr } = await interrupt("backup", ["restore", name], { WAITS: "restore" });
            assert.equal(code, 130);
            assert.match(stderr, /^Interrupted here\. In the cluster the restore may go on/);
            assert.deepEqual(asked(), [`${sidecar} backup restore ${name}`]);
        });

        it("backup restore: where the migration fails, prints the command that repeats it", async () => {
            const { code, stdout, stderr } = await backup(["restore", name], { FAILS: "migrate", SAYS: "no pod" });
            assert.equal(code, 3);
            assert.match(stderr, /^no pod\n.* is restored, but its tables could not be migrated/);
            assert.match(stderr, /^ {2}npm run kubectl -- exec .* migrate_when_ready$/m);
            assert.doesNotMatch(stdout, /now shows/);
        });
    });
});
