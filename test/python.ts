import * as path from "node:path";
import { pythonEnvironment, run } from "./support/pythonEnvironment";

/*
 * What is written in Python is tested in Python: app-django by its own tests. The unit tests find the validator of
 * Kubernetes manifests in the same environment.
 */

const bin = pythonEnvironment();
if (bin === undefined) {
    console.log(
        "SKIPPED: app-django's tests and the manifests' schema need Python 3.10 or newer with venv, and there is none.",
    );
    process.exit(0);
}
run(path.join(bin, "python"), ["manage.py", "test"], {
    cwd: "app-django",
    env: { ...process.env, DJANGO_SETTINGS_MODULE: "config.test_settings", PYTHONDONTWRITEBYTECODE: "1" },
});
