import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { pythonEnvironment, run } from "./support/pythonEnvironment";

/* Lints every shell script of the project: a file that is named *.sh, or whose first line calls sh or bash. */

function isShellScript(file: string): boolean {
    // What is deleted and not yet committed is still listed.
    if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return false;
    return file.endsWith(".sh") || /^#!.*\b(ba)?sh\b/.test(fs.readFileSync(file, "latin1"));
}

function findShellcheck(): string | undefined {
    const bin = pythonEnvironment();
    if (bin !== undefined) return path.join(bin, "shellcheck");
    return spawnSync("shellcheck", ["--version"]).status === 0 ? "shellcheck" : undefined;
}

const shellcheck = findShellcheck();
if (shellcheck === undefined) {
    console.log(
        "SKIPPED: the shell scripts' lint needs shellcheck, or Python 3.10 or newer with venv to install it, and there is neither.",
    );
    process.exit(0);
}
const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    encoding: "utf8",
});
run(shellcheck, files.split("\0").filter(isShellScript));
