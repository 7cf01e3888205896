import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

describe("check-node", () => {
    let root: string;
    beforeEach(() => {
        root = fs.mkdtempSync(path.join(os.tmpdir(), "check-node-"));
        fs.mkdirSync(path.join(root, "scripts"));
        fs.mkdirSync(path.join(root, "node_modules"));
        fs.copyFileSync(path.resolve("scripts/check-node.cjs"), path.join(root, "scripts/check-node.cjs"));
        fs.copyFileSync(path.resolve("package.json"), path.join(root, "package.json"));
    });
    afterEach(() => fs.rmSync(root, { recursive: true }));

    /** Runs it as if Node.js and the user were others. */
    const check = (version: string, user = process.getuid?.() ?? 0, platform = "linux") => {
        const pretend =
            `Object.defineProperty(process, "versions", { value: { node: "${version}" } });` +
            `Object.defineProperty(process, "platform", { value: "${platform}" }); process.getuid = () => ${user};` +
            'require("./scripts/check-node.cjs")';
        const { status, stderr } = spawnSync(process.execPath, ["--eval", pretend], { cwd: root, encoding: "utf8" });
        return { status, stderr };
    };

    for (const [version, ok] of [
        ["18.20.4", false],
        ["20.3.0", false],
        ["20.11.1", false],
        ["20.18.0", false],
        ["20.18.1", true],
        ["20.20.2", true],
        ["22.0.0", true],
        ["24.1.0", true],
    ] as const) {
        it(`check-node: Node.js ${version} is ${ok ? "accepted" : "refused"}`, () => {
            const { status, stderr } = check(version);
            assert.equal(status, ok ? 0 : 1);
            assert.match(
                stderr,
                ok ? /^$/ : new RegExp(`^Node\\.js ${version} is too old, the lab needs 20\\.18\\.1 or later`),
            );
        });
    }

    it("check-node: packages that another user installed are refused, with the command that gives them back", () => {
        const other = (process.getuid?.() ?? 0) + 1000;
        const { status, stderr } = check("22.0.0", other);
        assert.equal(status, 1);
        assert.match(stderr, /^ {2}sudo chown -R "\$\(id -u\):\$\(id -g\)" node_modules$/m);
        fs.chmodSync(path.join(root, "node_modules"), 0o777);
        assert.equal(check("22.0.0", other).status, 0);
    });

    it("check-node: on Windows itself the lab is refused, with where it runs", () => {
        assert.match(check("22.0.0", 1, "win32").stderr, /inside WSL 2/);
    });
});
