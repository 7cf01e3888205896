import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/*
 * What is written in Python is tested in Python: app-django by its own tests. The environment for it is kept beside
 * node_modules' other caches, and the unit tests find in it the validator of Kubernetes manifests.
 */

const environment = path.resolve("node_modules/.cache/python");
const python = path.join(environment, "bin/python");
const requirements = "test/requirements.txt";

function run(command: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
    const { status } = spawnSync(command, args, { stdio: "inherit", ...options });
    if (status !== 0) process.exit(status ?? 1);
}

function findPython(): string | undefined {
    const wanted = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    return ["python3", "python"].find((name) => spawnSync(name, ["-c", wanted], { stdio: "ignore" }).status === 0);
}

const wanted = fs.readFileSync(requirements, "utf8") + fs.readFileSync("app-django/requirements.txt", "utf8");
const installed = path.join(environment, "installed.txt");
if (!fs.existsSync(installed) || fs.readFileSync(installed, "utf8") !== wanted) {
    const found = findPython();
    if (found === undefined) {
        console.log(
            "SKIPPED: app-django's tests and the manifests' schema need Python 3.10 or newer with venv, and there is none.",
        );
        process.exit(0);
    }
    fs.rmSync(environment, { recursive: true, force: true });
    run(found, ["-m", "venv", environment]);
    run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements]);
    fs.writeFileSync(installed, wanted);
}
run(python, ["manage.py", "test"], {
    cwd: "app-django",
    env: { ...process.env, DJANGO_SETTINGS_MODULE: "config.test_settings", PYTHONDONTWRITEBYTECODE: "1" },
});
