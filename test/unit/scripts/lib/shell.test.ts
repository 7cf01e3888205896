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

    it("shellExports: takes away what leads the tools elsewhere, and names the engine of docker's context", () => {
        const root = fs.mkdtempSync(path.join(os.tmpdir(), "shell-"));
        fs.writeFileSync(path.join(root, "Pulumi.yaml"), "name: lab\n");
        const context = JSON.stringify([{ Endpoints: { docker: { Host: "unix:///colima.sock" } }, Storage: {} }]);
        fs.writeFileSync(path.join(root, "docker"), `#!/bin/sh\necho '${context}'\n`, { mode: 0o755 });
        const env = {
            PATH: `${root}:/usr/bin:/bin`,
            KIND_EXPERIMENTAL_DOCKER_NETWORK: "lab",
            DOCKER_CONTEXT: "colima",
            HTTPS_PROXY: "http://proxy:3128",
        };
        const exports = shellExports(openWorkspace("dev", root, {}), env).join("\n");
        const script = `${exports}\nprintf '%s\\n' "\${KIND_EXPERIMENTAL_DOCKER_NETWORK-gone}" "\${DOCKER_CONTEXT-gone}" "$DOCKER_HOST" "$no_proxy"`;
        const printed = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8", env });
        assert.equal(printed, "gone\ngone\nunix:///colima.sock\nlocalhost,127.0.0.1,::1\n");
        fs.rmSync(root, { recursive: true });
    });
});
