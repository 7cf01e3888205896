import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { isStale, readLocks, type Machine } from "../../../../scripts/lib/locks";

describe("lock", () => {
    const machine: Machine = {
        hostname: "here",
        started: Date.parse("2026-11-25T08:00:00Z"),
        isRunning: (pid) => pid === 1,
    };
    const lock = { pid: 1, hostname: "here", timestamp: "2026-11-25T09:00:00.123456789Z" };

    it("isStale: the lock of a running process is not stale", () => assert.equal(isStale(lock, machine), false));
    it("isStale: the lock of a process that has ended is stale", () =>
        assert.equal(isStale({ ...lock, pid: 2 }, machine), true));
    it("isStale: a lock from before the machine started is stale, even if a new process has the same pid", () =>
        assert.equal(isStale({ ...lock, timestamp: "2026-11-25T07:00:00Z" }, machine), true));
    it("isStale: the lock of another machine is not stale", () =>
        assert.equal(isStale({ ...lock, pid: 2, hostname: "there" }, machine), false));
    it("isStale: the lock of this process is not stale", () =>
        assert.equal(
            isStale({ pid: process.pid, hostname: os.hostname(), timestamp: new Date().toISOString() }),
            false,
        ));

    it("readLocks: reads the locks of one stack from the local backend", () => {
        const state = fs.mkdtempSync(path.join(os.tmpdir(), "locks-"));
        assert.deepEqual(readLocks(state, "dev"), []);
        for (const stack of ["dev", "dev2"]) {
            const folder = path.join(state, ".pulumi", "locks", "organization", "load-balancing-lab", stack);
            fs.mkdirSync(folder, { recursive: true });
            fs.writeFileSync(path.join(folder, "id.json"), JSON.stringify(lock));
            fs.writeFileSync(path.join(folder, "id.json.attrs"), "{}");
        }
        assert.deepEqual(readLocks(state, "dev"), [lock]);
        fs.rmSync(state, { recursive: true });
    });
});
