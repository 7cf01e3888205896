import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { capture, runInteractive, type Ending, type Given, type Streams } from "./processes";
import { readKubeconfig } from "./pulumi";
import { childOptions, startDirectory, type Workspace } from "./workspace";

/** Runs kubectl on this terminal against the stack's cluster. */
export async function runKubectl(workspace: Workspace, args: string[], streams?: Streams): Promise<Ending> {
    return withKubeconfig(await readKubeconfig(workspace), (third, KUBECONFIG) => {
        const options = childOptions(workspace);
        // Arguments may name files, which lie where the user is. npm has moved to the project's folder.
        const child = { ...options, env: { ...options.env, KUBECONFIG }, cwd: startDirectory() };
        return runInteractive("kubectl", args, child, { ...streams, third });
    });
}

/**
 * Runs kubectl to its end and returns what it printed.
 *
 * @param kubeconfig from {@link readKubeconfig}, which takes seconds: it is read once for many calls.
 * @throws {CommandError} where it fails.
 */
export function captureKubectl(
    workspace: Workspace,
    kubeconfig: string,
    args: string[],
    given: Omit<Given, "third"> = {},
): Promise<string> {
    return withKubeconfig(kubeconfig, (third, KUBECONFIG) => {
        const options = childOptions(workspace);
        return capture("kubectl", args, { ...options, env: { ...options.env, KUBECONFIG } }, { ...given, third });
    });
}

/**
 * Has a kubeconfig as a file while it is used. Whoever can read it is the cluster's administrator: it is never merged into the
 * user's own.
 *
 * Linux opens /dev/fd/3 anew for each reader, so there the file needs no name. Whoever kills this process then leaves no file.
 * Elsewhere it has a name while kubectl runs.
 *
 * @param use gets the open file, which the child has to have as its third, and the path by which the child finds it.
 */
async function withKubeconfig<T>(kubeconfig: string, use: (third: number, path: string) => Promise<T>): Promise<T> {
    const directory = mkdtempSync(join(tmpdir(), "kubeconfig-"));
    const remove = () => rmSync(directory, { recursive: true, force: true });
    const path = join(directory, "config");
    let file: number | undefined;
    try {
        writeFileSync(path, kubeconfig, { mode: 0o600 });
        file = openSync(path, "r");
        const isNameless = process.platform === "linux";
        if (isNameless) remove();
        return await use(file, isNameless ? "/dev/fd/3" : path);
    } finally {
        if (file !== undefined) closeSync(file);
        remove();
    }
}
