import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { spawnSync } from "node:child_process";
import { readText } from "../../../lib/textFile";

describe("textFile", () => {
    it("readText: Windows' line ends become Linux's, and nothing else changes", () => {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "text-"));
        const file = path.join(folder, "program.sh");
        fs.writeFileSync(file, "#!/bin/sh\r\necho 'a\rb'\n\r\n");
        assert.equal(readText(file), "#!/bin/sh\necho 'a\rb'\n\n");
        fs.rmSync(folder, { recursive: true });
    });

    it("a checkout with core.autocrlf has Linux's line ends all the same", function () {
        const git = (...args: string[]) => spawnSync("git", args, { encoding: "utf8" });
        const files = ["app-database/backup", "components/cluster/kubectlWait.sh", "index.ts", "app-django/manage.py"];
        const { status, stdout } = git("check-attr", "text", "eol", "--", ...files);
        // A copy without git has no checkout.
        if (status !== 0) this.skip();
        for (const file of files) {
            assert.match(stdout, new RegExp(`^${file}: text: auto$`, "m"));
            assert.match(stdout, new RegExp(`^${file}: eol: lf$`, "m"));
        }
    });

    it("what goes to Linux is read by readText, in every component", () => {
        const sources = fs.readdirSync("components", { recursive: true, encoding: "utf8" });
        for (const name of sources.filter((source) => source.endsWith(".ts"))) {
            const text = fs.readFileSync(path.join("components", name), "utf8");
            assert.doesNotMatch(text, /readFileSync\([^;]*"utf8"\)/, name);
        }
    });
});
