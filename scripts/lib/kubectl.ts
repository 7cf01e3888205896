import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInteractive, type Ending, type Streams } from "./processes";
import { readKubeconfig } from "./pulumi";
import { childOptions, startDirectory, type Workspace } from "./workspace";

/**
 * Runs kubectl on this terminal against the stack's cluster. Whoever can read the kubeconfig is the cluster's administrator: it is
 * never merged into the user's own.
 *
 * Linux opens /dev/fd/3 anew for each reader, so there the file needs no name. Whoever kills this process then leaves no file.
 * Elsewhere it has a name while kubectl runs.
 */
export async function runKubectl(workspace: Workspace, args: string[], streams?: Streams): Promise<Ending> {
    const kubeconfig = await readKubeconfig(workspace);
    const directory = mkdtempSync(join(tmpdir(), "kubeconfig-"));
    const remove = () => rmSync(directory, { recursive: true, force: true });
    const path = join(directory, "config");
    let file: number | undefined;
    try {
        writeFileSync(path, kubeconfig, { mode: 0o600 });
        file = openSync(path, "r");
        const isNameless = process.platform === "linux";
        if (isNameless) remove();
        const options = childOptions(workspace);
        const env = { ...options.env, KUBECONFIG: isNameless ? "/dev/fd/3" : path };
        // Arguments may name files, which lie where the user is. npm has moved to the project's folder.
        const child = { ...options, env, cwd: startDirectory() };
        return await runInteractive("kubectl", args, child, { ...streams, third: file });
    } finally {
        if (file !== undefined) closeSync(file);
        remove();
    }
}
