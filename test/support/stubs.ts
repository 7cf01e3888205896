import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** Commands of a test's own, found before the machine's. Each test has its own. */
export function useStubs() {
    let bin: string;
    let before: NodeJS.ProcessEnv;
    beforeEach(() => {
        bin = fs.mkdtempSync(path.join(os.tmpdir(), "stubs-"));
        before = { ...process.env };
        process.env.PATH = `${bin}:/usr/bin:/bin`;
    });
    afterEach(() => {
        for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
        Object.assign(process.env, before);
        fs.rmSync(bin, { recursive: true });
    });
    return {
        /** Makes a command whose script knows its arguments as "$*". */
        stub: (name: string, script: string) =>
            fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 }),
        /** Leaves no other commands. */
        isolate: () => (process.env.PATH = bin),
    };
}

/** What a stub of docker answers for a machine with Docker's own engine. */
export const dockerEngine = `
    --version) echo "Docker version 29.1.3, build 1" ;;
    "version --format {{json .Server}}") echo '{"Components":[{"Name":"Engine","Version":"29.1.3"}]}' ;;`;
