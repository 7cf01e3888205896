import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const project = path.resolve(__dirname, "../../..");
const { scripts } = JSON.parse(fs.readFileSync(path.join(project, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
};

describe("start", () => {
    let root: string;
    beforeEach(() => {
        root = fs.mkdtempSync(path.join(os.tmpdir(), "clone-"));
        for (const file of ["package.json", "scripts", "lib", "settings"]) {
            fs.cpSync(path.join(project, file), path.join(root, file), { recursive: true });
        }
    });
    afterEach(() => fs.rmSync(root, { recursive: true }));

    /** Runs a script of package.json as npm does. */
    const npmRun = (script: string, args = "") => {
        const bin = path.join(root, "node_modules/.bin");
        const { status, stdout, stderr } = spawnSync("sh", ["-c", `${scripts[script]} ${args}`], {
            cwd: root,
            encoding: "utf8",
            env: { ...process.env, PATH: `${bin}:${path.dirname(process.execPath)}:/usr/bin:/bin` },
        });
        return { status, stdout, stderr };
    };

    // The others run `npm run setup` or another script first.
    const direct = Object.keys(scripts).filter((name) => name !== "setup" && !/^npm run/.test(scripts[name] ?? ""));
    for (const script of direct) {
        it(`start: in a fresh clone, npm run ${script} says how to install the packages`, () => {
            const { status, stdout, stderr } = npmRun(script);
            assert.equal(status, 1);
            assert.equal(stdout, "");
            assert.match(stderr, /^The npm packages are not installed.*\n.*\n {2}npm run up\n.*\n {2}npm run setup\n$/);
        });

        it(`start: on a Node.js that is too old, npm run ${script} says so`, () => {
            fs.writeFileSync(path.join(root, "package.json"), '{"engines":{"node":">=99"}}');
            const { status, stderr } = npmRun(script);
            assert.equal(status, 1);
            assert.match(stderr, /^Node\.js [\d.]+ is too old, the lab needs 99 or later/);
        });
    }

    it("start: all other scripts begin with one that checks", () => {
        for (const [name, script] of Object.entries(scripts)) {
            if (!direct.includes(name)) {
                assert.match(script, /^(npm run -s (setup|lint)|node scripts\/check-node\.cjs) && /);
            }
        }
    });

    it("start: where an installation was cut off, says how to install the packages", () => {
        fs.mkdirSync(path.join(root, "node_modules"));
        fs.symlinkSync(path.join(project, "node_modules/tsx"), path.join(root, "node_modules/tsx"));
        const { status, stderr } = npmRun("hosts");
        assert.equal(status, 1);
        assert.match(stderr, /^The npm packages are not installed, or not all of them\./);
    });

    it("start: in a fresh clone, the advice is about the stack that the command line names", () => {
        for (const option of ["--stack s07", "--stack=s07"]) {
            assert.match(npmRun("hosts", option).stderr, /\n {2}npm run up -- --stack s07\n/);
        }
    });

    it("start: hands the command its own arguments, and its exit code back", () => {
        fs.symlinkSync(path.join(project, "node_modules"), path.join(root, "node_modules"));
        const help = npmRun("forward", "--help");
        assert.equal(help.status, 0, help.stderr);
        assert.match(help.stdout, /^Usage: npm run forward -- \[options\] <tier>/);
        assert.equal(npmRun("forward", "cache").status, 1);
    });
});
