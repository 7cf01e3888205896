import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { openEventLog, readEventLog, readEvents } from "../../../../scripts/lib/eventLog";

const line = (event: object) => `${JSON.stringify({ sequence: 1, ...event })}\n`;
const error = (message: string) => line({ diagnosticEvent: { severity: "error", message } });

describe("event log", () => {
    it("readEvents: tells errors and notices without colours, and nothing else", () => {
        const debug = line({ diagnosticEvent: { severity: "debug", message: "resp: a password" } });
        const state = line({ resOutputsEvent: { metadata: { new: { outputs: { text: "a password" } } } } });
        const { said, interrupted } = readEvents(debug + state + error("<{%fg 1%}>no space left<{%reset%}>\n"));
        assert.equal(said, "no space left\n");
        assert.equal(interrupted, false);
    });

    it("readEvents: tells that the user has stopped pulumi", () => {
        const message = "^C received; cancelling. If you would like to terminate immediately, press ^C again.\n";
        assert.equal(readEvents(line({ stdoutEvent: { message } })).interrupted, true);
        // A program may say so too.
        assert.equal(readEvents(error(message)).interrupted, false);
    });

    it("readEvents: tells that pulumi ended with the preview", () => {
        const summary = (isPreview: boolean) => line({ summaryEvent: { isPreview } });
        assert.equal(readEvents(summary(true)).unchanged, true);
        assert.equal(readEvents(summary(true) + summary(false)).unchanged, false);
        assert.equal(readEvents("").unchanged, false);
    });

    it("readEvents: takes a log that is cut, and one that begins with what was there before", () => {
        assert.equal(readEvents(`\0\0\0${error("a\n")}${error("b").slice(0, -5)}`).said, "a\n");
    });

    it("openEventLog: the child writes to a file that has no name", () => {
        const log = openEventLog();
        execFileSync("sh", ["-c", `echo old >/dev/fd/3; echo '${error("a").trim()}' >/dev/fd/3`], {
            stdio: ["ignore", "ignore", "ignore", log],
        });
        assert.equal(readEventLog(log).said, "a");
        assert.equal(fs.fstatSync(log).nlink, 0);
        assert.equal(fs.fstatSync(log).mode & 0o777, 0o600);
        fs.closeSync(log);
    });
});
