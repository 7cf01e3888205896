import { readFileSync } from "node:fs";
import { release } from "node:os";
import { npmRun, quote } from "../../lib/commandLines";
import { hasEntry } from "./hostsFile";
import { readOutputs } from "./pulumi";
import type { Workspace } from "./workspace";

/**
 * Prints the command that adds the stack's names to the hosts file, where they are missing.
 *
 * @returns the exit code.
 */
export async function hosts(workspace: Workspace): Promise<number> {
    const { hostsEntry } = await readOutputs(workspace);
    if (hostsEntry === undefined) {
        throw new Error(
            `Stack ${workspace.stack} has no hosts entry yet. To finish it: ${npmRun(workspace.stack, "up")}`,
        );
    }
    if (hasEntry(readFileSync("/etc/hosts", "utf8"), hostsEntry)) {
        console.log(`/etc/hosts already has it: ${hostsEntry}`);
    } else {
        console.log(`echo ${quote(hostsEntry)} | sudo tee -a /etc/hosts`);
    }
    if (/microsoft/i.test(release())) {
        console.log(
            "# For a browser on Windows, add the same line as administrator to C:\\Windows\\System32\\drivers\\etc\\hosts:\n" +
                `# ${hostsEntry}`,
        );
    }
    return 0;
}
