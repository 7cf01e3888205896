import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout } from "node:timers/promises";
import { capture, runInteractive } from "../../../../scripts/lib/processes";

const options = { cwd: os.tmpdir(), env: process.env };

describe("processes", () => {
    it("capture: hands the command its input; a command that does not read it succeeds all the same", async () => {
        assert.equal(await capture("cat", [], options, "text"), "text");
        assert.equal(await capture("cat", [], options), "");
        assert.equal(await capture("true", [], options, "x".repeat(1 << 20)), "");
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
