import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attend, type Ending, type Streams } from "./processes";
import { readKubeconfig } from "./pulumi";
import { childEnv, startDirectory, type Workspace } from "./workspace";

/**
 * Runs kubectl on this terminal against the stack's cluster. The kubeconfig, which makes whoever reads it the cluster's
 * administrator, is a file only while kubectl runs, and never merged into the user's.
 */
export async function attendKubectl(workspace: Workspace, args: string[], streams?: Streams): Promise<Ending> {
    const kubeconfig = await readKubeconfig(workspace);
    const directory = mkdtempSync(join(tmpdir(), "kubeconfig-"));
    try {
        const path = join(directory, "config");
        writeFileSync(path, kubeconfig, { mode: 0o600 });
        const env = { ...childEnv(workspace), KUBECONFIG: path };
        // Where the user is, not where npm moved to: arguments may name files.
        return await attend("kubectl", args, { cwd: startDirectory(), env }, streams);
    } finally {
        rmSync(directory, { recursive: true, force: true });
    }
}
