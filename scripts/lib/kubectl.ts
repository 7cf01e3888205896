import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInteractive, type Ending, type Streams } from "./processes";
import { readKubeconfig } from "./pulumi";
import { childOptions, startDirectory, type Workspace } from "./workspace";

/**
 * Runs kubectl on this terminal against the stack's cluster. Whoever can read the kubeconfig is the cluster's administrator:
 * it is a file only while kubectl runs, and is never merged into the user's own.
 */
export async function runKubectl(workspace: Workspace, args: string[], streams?: Streams): Promise<Ending> {
    const kubeconfig = await readKubeconfig(workspace);
    const directory = mkdtempSync(join(tmpdir(), "kubeconfig-"));
    try {
        const path = join(directory, "config");
        writeFileSync(path, kubeconfig, { mode: 0o600 });
        const options = childOptions(workspace);
        const env = { ...options.env, KUBECONFIG: path };
        // Arguments may name files, which lie where the user is. npm has moved to the project's folder.
        return await runInteractive("kubectl", args, { ...options, env, cwd: startDirectory() }, streams);
    } finally {
        rmSync(directory, { recursive: true, force: true });
    }
}
