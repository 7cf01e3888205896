import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { shellExports } from "../../../../scripts/lib/shell";
import { openWorkspace, prepareState } from "../../../../scripts/lib/workspace";

describe("shell", () => {
    it("shellExports: a shell reads paths with spaces and quotes as they are", () => {
        const root = fs.mkdtempSync(path.join(os.tmpdir(), "shell o'"));
        fs.writeFileSync(path.join(root, "Pulumi.yaml"), "name: lab\nbackend:\n    url: file://./.state\n");
        const workspace = openWorkspace("dev", root, {});
        prepareState(workspace, {});
        const script = `${shellExports(workspace, {}).join("\n")}\nprintf '%s\\n' "$PATH" "$PULUMI_STACK" "$PULUMI_CONFIG_PASSPHRASE_FILE"`;
        const printed = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8", env: { PATH: "/usr/bin:/bin" } });
        assert.equal(printed, `${root}/.tools/bin:/usr/bin:/bin\ndev\n${root}/.state/passphrase\n`);
        assert.equal(shellExports(workspace, { PULUMI_CONFIG_PASSPHRASE: "mine" }).length, 2);
        fs.rmSync(root, { recursive: true });
    });
});
