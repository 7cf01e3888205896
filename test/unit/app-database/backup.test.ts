import * as assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

const complete = "-- PostgreSQL database dump complete";

/*
 * The program of the database's sidecar, run for real, with stubs of psql and pg_dump in their place. It is written for the
 * image's Linux, and so is skipped where the machine's tools are others.
 */
describe("app-database/backup", () => {
    let root: string;
    const at = (name: string) => path.join(root, name);
    const backups = () => fs.readdirSync(at("backups")).sort();
    const sql = () => (fs.existsSync(at("psql.in")) ? fs.readFileSync(at("psql.in"), "utf8") : "");
    const failure = () =>
        fs.existsSync(at("backup-failure")) ? fs.readFileSync(at("backup-failure"), "utf8").trim() : undefined;

    before(function () {
        if (spawnSync("flock", ["--version"]).status === 0 && os.platform() === "linux") return;
        console.log("      SKIPPED: the backup program's tests, which need Linux with flock");
        this.skip();
    });
    beforeEach(() => {
        root = fs.mkdtempSync(path.join(os.tmpdir(), "backup-"));
        fs.mkdirSync(at("backups"));
        // Its places are the container's, so that each test has its own here.
        const program = fs
            .readFileSync("app-database/backup", "utf8")
            .replaceAll("/tmp/", `${root}/`)
            .replaceAll("=/backups", `=${at("backups")}`)
            .replaceAll("/proc/1/fd/1", at("container.log"));
        fs.writeFileSync(at("backup"), program, { mode: 0o755 });
        stub("psql", `case $1 in -tAc) echo t ;; *) cat >>${at("psql.in")} ;; esac`);
        stub("pg_dump", `echo 'the dump'; echo '${complete}'`);
    });
    afterEach(() => fs.rmSync(root, { recursive: true }));

    const stub = (name: string, script: string) =>
        fs.writeFileSync(at(name), `#!/bin/sh\necho "${name} $*" >>${at("calls")}\n${script}\n`, { mode: 0o755 });
    const env = (more = {}) => ({
        PATH: `${root}:/usr/bin:/bin`,
        BACKUP_INTERVAL_SECONDS: "3600",
        BACKUPS_KEPT: "2",
        ...more,
    });
    const backup = (args: string[], input?: Buffer) => {
        const { status, stdout, stderr } = spawnSync(at("backup"), args, { input, env: env() });
        return { status, stdout, said: stdout.toString() + stderr.toString() };
    };
    const lay = (name: string, text: string | Buffer, age = 0) => {
        fs.writeFileSync(at(`backups/${name}`), typeof text === "string" ? gzipSync(text) : text);
        const time = Date.now() / 1000 - age;
        fs.utimesSync(at(`backups/${name}`), time, time);
    };
    const dump = `CREATE TABLE t ();\n${complete}\n`;

    it("makes one that is whole, tells the log and the database, and takes back the failure before", () => {
        fs.writeFileSync(at("backup-failure"), "disk full");
        const { status, said } = backup(["now"]);
        assert.equal(status, 0, said);
        const [name = "", ...others] = backups();
        assert.deepEqual(others, []);
        assert.match(name, /^\d{8}T\d{6}Z-manual\.sql\.gz$/);
        assert.match(gunzipSync(fs.readFileSync(at(`backups/${name}`))).toString(), /the dump\n-- PostgreSQL database/);
        assert.equal(fs.statSync(at(`backups/${name}`)).mode & 0o777, 0o600);
        assert.equal(fs.readFileSync(at("container.log"), "utf8"), said);
        assert.equal(failure(), undefined);
        assert.match(sql(), new RegExp(`^${name}\\t\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ\\t\\d+$`, "m"));
    });

    it("makes none where pg_dump fails half-way, and says so everywhere", () => {
        stub("pg_dump", "echo 'half a dump'; echo 'permission denied for table t' >&2; exit 1");
        const { status, said } = backup(["now"]);
        assert.equal(status, 1);
        assert.match(said, /^backup \S+ failed: permission denied for table t$/m);
        assert.deepEqual(backups(), []);
        assert.match(failure() ?? "", /permission denied for table t/);
        assert.match(fs.readFileSync(at("container.log"), "utf8"), /permission denied for table t/);
        assert.match(fs.readFileSync(at("calls"), "utf8"), /psql .*--set error=permission denied for table t/);
    });

    it("removes what a backup that was cut off left", () => {
        fs.writeFileSync(at("backups/20261125T010000Z.sql.gz.partial"), "half");
        backup(["now"]);
        assert.deepEqual(
            backups().filter((name) => name.endsWith(".partial")),
            [],
        );
    });

    it("restores in one transaction, after a backup of what is there", () => {
        lay("old.sql.gz", dump);
        const { status, said } = backup(["restore", "old.sql.gz"]);
        assert.equal(status, 0, said);
        const script = sql().slice(sql().lastIndexOf("BEGIN;\nSET client_min_messages"));
        assert.match(script, /DROP SCHEMA[^]*CREATE SCHEMA public[^]*CREATE TABLE t \(\);\n[^]*\nCOMMIT;\n/);
        assert.deepEqual(backups().filter((name) => name.endsWith("-before-restore.sql.gz")).length, 1);
    });

    const whole = gzipSync(Buffer.from(`${"x".repeat(3000)}\n${dump}`), { level: 0 });
    const flipped = Buffer.from(whole);
    flipped[1500] = 0;
    const damaged = {
        "cut off": whole.subarray(0, -20),
        "changed in one byte": flipped,
        "no gzip": Buffer.from(dump),
        "no dump": gzipSync("hello\n"),
        "the dump of a pg_dump that failed": gzipSync("CREATE TABLE t ();\n"),
        empty: Buffer.alloc(0),
    };
    for (const [what, content] of Object.entries(damaged)) {
        it(`refuses a file that is ${what}, and touches nothing`, () => {
            lay("bad.sql.gz", content);
            const { status, said } = backup(["restore", "bad.sql.gz"]);
            assert.equal(status, 1);
            assert.match(said, /The backup bad.sql.gz is damaged. Nothing was changed/);
            assert.equal(sql(), "");
            assert.deepEqual(backups(), ["bad.sql.gz"]);

            const imported = backup(["import", "new.sql.gz"], content);
            assert.equal(imported.status, 1);
            assert.match(imported.said, /What came in is damaged, or no backup. Nothing was stored/);
            assert.deepEqual(backups(), ["bad.sql.gz"]);
        });
    }

    it("restores nothing where what is there can't be backed up first", () => {
        lay("old.sql.gz", dump);
        stub("pg_dump", "exit 1");
        const { status, said } = backup(["restore", "old.sql.gz"]);
        assert.equal(status, 1);
        assert.match(said, /could not be backed up first, so nothing was restored/);
        assert.doesNotMatch(sql(), /DROP SCHEMA/);
    });

    it("says that nothing was changed where the database refuses", () => {
        lay("old.sql.gz", dump);
        stub("psql", 'cat >/dev/null; case "$*" in *output*) exit 3 ;; esac');
        const { status, said } = backup(["restore", "old.sql.gz"]);
        assert.equal(status, 1);
        assert.match(said, /Restoring old.sql.gz failed. Nothing was changed/);
    });

    it("gives one out and takes it in again, as old as its name says, but never over another", () => {
        lay("20260102T030405Z.sql.gz", whole);
        const { stdout } = backup(["export", "20260102T030405Z.sql.gz"]);
        assert.ok(stdout.equals(whole));
        assert.match(backup(["import", "20260102T030405Z.sql.gz"], stdout).said, /There is a backup .* already/);
        assert.equal(backup(["delete", "20260102T030405Z.sql.gz"]).status, 0);
        assert.deepEqual(backups(), []);
        assert.equal(backup(["import", "20260102T030405Z.sql.gz"], stdout).status, 0);
        assert.match(backup(["list"]).said, /20260102T030405Z\.sql\.gz +2026-01-02T03:04:05Z +\d+/);
    });

    it("refuses names that can't be, or that are not there, and tells those that are", () => {
        lay("old.sql.gz", dump);
        for (const name of ["../etc/passwd", "a/b.sql.gz", "-x.sql.gz", "x.dump"]) {
            assert.match(backup(["export", name]).said, /can't be a backup's name/, name);
        }
        assert.match(
            backup(["restore", "none.sql.gz"]).said,
            /no backup none.sql.gz. Those that there are: old.sql.gz/,
        );
        assert.match(backup(["restore"]).said, /Usage: backup restore NAME/);
        assert.match(backup([]).said, /Usage: backup run \| now/);
    });

    describe("by schedule", () => {
        /** Runs until the log has as many lines, or some seconds have passed. */
        const scheduled = async (lines: number, more = {}) => {
            const child = spawn(at("backup"), ["run"], { env: env(more) });
            let said = "";
            for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
            const deadline = Date.now() + 5000;
            while (Date.now() < deadline && said.split("\n").length <= lines) {
                await new Promise((resolve) => setTimeout(resolve, 20));
            }
            const ended = once(child, "close");
            child.kill("SIGTERM");
            const [code] = (await ended) as [number];
            assert.equal(code, 0);
            return said;
        };

        it("backs up at once where none is there, and keeps as many as it should, of its own alone", async () => {
            lay("20260101T000000Z.sql.gz", dump, 9000);
            lay("20260102T000000Z.sql.gz", dump, 8000);
            lay("20260101T000000Z-manual.sql.gz", dump, 9500);
            const said = await scheduled(2);
            assert.match(said, /^backup \d{8}T\d{6}Z\.sql\.gz: \d+ bytes\ndeleted 20260101T000000Z\.sql\.gz/);
            assert.equal(backups().length, 3);
            assert.ok(backups().includes("20260101T000000Z-manual.sql.gz"));
            assert.ok(backups().includes("20260102T000000Z.sql.gz"));
        });

        it("keeps what a user brought back, even under a name as the schedule gives, and until it is deleted", async () => {
            const name = "20250101T000000Z.sql.gz";
            lay("20260101T000000Z.sql.gz", dump, 9000);
            lay("20260102T000000Z.sql.gz", dump, 8000);
            assert.match(
                backup(["import", name], whole).said,
                /imported 20250101T000000Z\.sql\.gz; it stays until somebody/,
            );
            assert.match(await scheduled(2), /^backup \S+: \d+ bytes\ndeleted 20260101T000000Z\.sql\.gz/);
            const kept = backups().filter((file) => !file.startsWith("."));
            assert.equal(kept.length, 3);
            assert.ok(kept.includes(name));
            assert.doesNotMatch(backup(["list"]).said, /kept/);

            assert.equal(backup(["delete", name]).status, 0);
            assert.deepEqual(
                backups().filter((file) => file.includes("20250101")),
                [],
            );
        });

        it("a backup that a user brought back does not put off the schedule's next one", async () => {
            const now = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
            assert.equal(backup(["import", `${now}.sql.gz`], whole).status, 0);
            assert.match(await scheduled(1), /^backup \d{8}T\d{6}Z\.sql\.gz: \d+ bytes\n/);
        });

        it("waits until one is due, however often the pod is made again", async () => {
            lay("20260102T000000Z.sql.gz", dump, 3598);
            const started = Date.now();
            await scheduled(1);
            assert.ok(Date.now() - started > 1000);
            assert.equal(backups().length, 2);
        });

        it("ends at once while it waits, and leaves no process behind", async () => {
            lay("20260102T000000Z.sql.gz", dump, 0);
            const child = spawn(at("backup"), ["run"], { env: env() });
            await new Promise((resolve) => setTimeout(resolve, 1000));
            // Closed when no process has its streams any more.
            const closed = once(child, "close");
            child.kill("SIGTERM");
            assert.deepEqual(await closed, [0, null]);
        });

        it("goes on after a failure", async () => {
            stub("pg_dump", `[ -e ${at("once")} ] || { touch ${at("once")}; exit 1; }; echo '${complete}'`);
            fs.writeFileSync(
                at("backup"),
                fs.readFileSync(at("backup"), "utf8").replace("retry_seconds=60", "retry_seconds=1"),
            );
            assert.match(await scheduled(2), /^backup \S+ failed: interrupted\nbackup \S+: \d+ bytes\n/);
            assert.equal(failure(), undefined);
        });
    });
});
