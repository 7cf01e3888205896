import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout } from "node:timers/promises";
import { capture, runInteractive } from "../../../../scripts/lib/processes";

const options = { cwd: os.tmpdir(), env: process.env };

describe("processes", () => {
    it("capture: hands the command its input; a command that does not read it succeeds all the same", async () => {
        assert.equal(await capture("cat", [], options, { input: "text" }), "text");
        assert.equal(await capture("cat", [], options), "");
        assert.equal(await capture("true", [], options, { input: "x".repeat(1 << 20) }), "");
    });

    it("capture: a command that fails, is missing or is stopped says so", async () => {
        await assert.rejects(capture("sh", ["-c", "echo because >&2; exit 3"], options), /^Error: because$/);
        await assert.rejects(
            capture("sh", ["-c", "exit 3"], options),
            /^Error: Command failed, exit code 3: sh -c exit 3$/,
        );
        await assert.rejects(
            capture("no-such-command", [], { ...options, installation: "Install it." }),
            /^Error: no-such-command is not installed\. Install it\.$/,
        );
        const stop = new AbortController();
        const running = capture("sleep", ["60"], options, { signal: stop.signal });
        stop.abort(new Error("stopped"));
        await assert.rejects(running, /^Error: stopped$/);
    });

    it("runInteractive: a signal that comes twice at once is passed on once; a later one is passed on too", async () => {
        const root = fs.mkdtempSync(path.join(os.tmpdir(), "signals-"));
        const file = path.join(root, "got");
        // A signal between two of its steps is not lost on the shell.
        const script = `trap 'echo got >>"${file}"' HUP; : >"${file}"; while [ "$(wc -l <"${file}")" -lt 2 ]; do sleep 0.1; done; exit 5`;
        let stops = 0;
        const running = runInteractive("sh", ["-c", script], options, { onStop: () => stops++ });
        while (!fs.existsSync(file)) await setTimeout(50);
        for (const wait of [50, 1500, 0]) {
            process.emit("SIGHUP", "SIGHUP");
            await setTimeout(wait);
            if (wait === 1500) assert.equal(fs.readFileSync(file, "utf8"), "got\n");
        }
        assert.deepEqual(await running, { code: 5, interrupted: true });
        assert.equal(stops, 1);
        fs.rmSync(root, { recursive: true });
    });
});
