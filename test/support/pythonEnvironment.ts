import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

const environment = path.resolve("node_modules/.cache/python");
const requirements = ["test/requirements.txt", "app-django/requirements.txt"];

/** Runs a command to its end. If it fails, this process ends as it did. */
export function run(command: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
    const { status, error } = spawnSync(command, args, { stdio: "inherit", ...options });
    if (error) console.error(error.message);
    if (status !== 0) process.exit(status ?? 1);
}

function findPython(): string | undefined {
    const wanted = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    return ["python3", "python"].find((name) => spawnSync(name, ["-c", wanted], { stdio: "ignore" }).status === 0);
}

/**
 * The folder with `python` and the programs that test/requirements.txt lists. They are installed when first needed, beside
 * node_modules' other caches, and anew after a change of that list. Where there is no Python 3.10 or newer, it is undefined.
 */
export function pythonEnvironment(): string | undefined {
    const bin = path.join(environment, "bin");
    const wanted = requirements.map((file) => fs.readFileSync(file, "utf8")).join("");
    const installed = path.join(environment, "installed.txt");
    if (fs.existsSync(installed) && fs.readFileSync(installed, "utf8") === wanted) return bin;

    const found = findPython();
    if (found === undefined) return undefined;
    fs.rmSync(environment, { recursive: true, force: true });
    run(found, ["-m", "venv", environment]);
    const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    run(path.join(bin, "python"), [...install, "test/requirements.txt"]);
    fs.writeFileSync(installed, wanted);
    return bin;
}
