import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { commandLine, npmRun, npmRunSilent, quote, withTools } from "../../../lib/commandLines";

/** The shells of this machine into which a user may paste a line. */
const shells = ["sh", "bash", "zsh"].flatMap((name) => {
    const found = ["/bin", "/usr/bin"]
        .map((directory) => path.join(directory, name))
        .find((file) => fs.existsSync(file));
    return found === undefined ? [] : [found];
});

// Prints its words. `npm run env` prints what puts pulumi on the PATH.
const npm = `#!/bin/sh
case "$*" in "run -s env"*) echo "export PATH='TOOLS'; export PULUMI_STACK=\${6:-dev}" ;; esac
for word; do printf '<%s>' "$word"; done >>"$OUT"; echo >>"$OUT"
`;
const pulumi = '#!/bin/sh\n{ printf "pulumi of $PULUMI_STACK:"; printf "<%s>" "$@"; echo; } >>"$OUT"\n';

describe("command lines", () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "lines-"));
    const tools = path.join(directory, "tools");
    const previousStack = process.env.PULUMI_STACK;
    before(() => {
        delete process.env.PULUMI_STACK;
        fs.mkdirSync(tools);
        fs.writeFileSync(path.join(directory, "npm"), npm.replace("TOOLS", tools), { mode: 0o755 });
        fs.writeFileSync(path.join(tools, "pulumi"), pulumi, { mode: 0o755 });
    });
    afterEach(() => {
        delete process.env.PULUMI_STACK;
    });
    after(() => {
        if (previousStack !== undefined) process.env.PULUMI_STACK = previousStack;
        fs.rmSync(directory, { recursive: true });
    });

    /** What the stubs got from lines that were pasted into a shell. */
    const paste = (shell: string, lines: string[]) => {
        const input = `${lines.map((line) => `(${line})`).join("\n")}\n`;
        const OUT = path.join(directory, "out");
        fs.writeFileSync(OUT, "");
        execFileSync(shell, ["-n"], { input });
        execFileSync(shell, [], { input, env: { PATH: directory, OUT } });
        return fs.readFileSync(OUT, "utf8").trimEnd().split("\n");
    };

    it("npmRun: the stack is named unless it is dev, and -- only where something follows", () => {
        assert.equal(npmRun("dev", "up"), "npm run up");
        assert.equal(npmRun("s07", "up"), "npm run up -- --stack s07");
        assert.equal(npmRun("dev", "kubectl", "get", "pods", "-A"), "npm run kubectl -- get pods -A");
        assert.equal(npmRun("s07", "kubectl", "get", "pods"), "npm run kubectl -- --stack s07 get pods");
        assert.equal(npmRunSilent("s07", "env"), "npm run -s env -- --stack s07");
    });

    it("npmRun: dev is named where PULUMI_STACK of this shell names another stack", () => {
        process.env.PULUMI_STACK = "s07";
        assert.equal(npmRun("dev", "down"), "npm run down -- --stack dev");
    });

    it("withTools: a tool's own command runs after the project's tools and stack are in the environment", () => {
        const expected = 'eval "$(npm run -s env -- --stack s07)" && pulumi cancel --yes';
        assert.equal(withTools("s07", "pulumi", "cancel", "--yes"), expected);
    });

    it("quote: quotes a word only where a shell needs it", () => {
        assert.deepEqual(["/a/b-c_1.2", "a b", "it's", "$HOME", "", "a=b", "=ls"].map(quote), [
            "/a/b-c_1.2",
            "'a b'",
            "'it'\\''s'",
            "'$HOME'",
            "''",
            "a=b",
            "'=ls'",
        ]);
    });

    for (const shell of shells) {
        it(`${path.basename(shell)}: lines arrive with the right words, without the tools on the PATH`, () => {
            const odd = ["a b", "it's", "$HOME", '"', "`x`", "=ls", "~", "!!", "*", "", "x;y", "[x", "{a,b}", "#"];
            const lines = [
                npmRun("dev", "up"),
                npmRun("s07", "kubectl", "exec", "-n", "app", "deploy/backend", "--", "printenv"),
                npmRun("s07", "set", ...odd),
                withTools("s07", "pulumi", "cancel", "--yes"),
                withTools("dev", "pulumi", "up"),
            ];
            assert.deepEqual(paste(shell, lines), [
                "<run><up>",
                "<run><kubectl><--><--stack><s07><exec><-n><app><deploy/backend><--><printenv>",
                `<run><set><--><--stack><s07>${odd.map((word) => `<${word}>`).join("")}`,
                "<run><-s><env><--><--stack><s07>",
                "pulumi of s07:<cancel><--yes>",
                "<run><-s><env>",
                "pulumi of dev:<up>",
            ]);
        });

        it(`${path.basename(shell)}: any words arrive as they are`, () => {
            const word = fc.string().filter((text) => !/[\0\n\r]/.test(text));
            fc.assert(
                fc.property(fc.array(word, { minLength: 1 }), (words) => {
                    assert.deepEqual(paste(shell, [commandLine("npm", ...words)]), [
                        words.map((text) => `<${text}>`).join(""),
                    ]);
                }),
                { numRuns: 5 },
            );
        });
    }
});
