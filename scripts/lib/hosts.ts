import { readFileSync } from "node:fs";
import { release } from "node:os";
import { npmRun } from "../../lib/commandLines";
import { readIfExists } from "../../lib/textFile";
import { planHosts } from "./hostsFile";
import { readOutputs } from "./pulumi";
import { readStackSettings } from "./stackSettings";
import type { Workspace } from "./workspace";

/** What the advice depends on. */
export interface HostsFacts {
    stack: string;
    /** The line by which the stack's names lead to it from this machine. */
    entry: string;
    /** The hosts file of this machine. */
    file: string;
    /** In WSL, what /etc/wsl.conf says, which may be nothing; elsewhere absent. */
    wslConf?: string;
    /** In WSL, the port of 127.0.0.1 that leads to the ingress, where one is set. */
    httpsPort?: number;
}

/**
 * Prints the command that has the stack's names in the hosts file, where they are missing or lead elsewhere.
 *
 * @returns the exit code.
 */
export async function hosts(workspace: Workspace): Promise<number> {
    const { stack } = workspace;
    const { hostsEntry } = await readOutputs(workspace);
    if (hostsEntry === undefined) {
        throw new Error(`Stack ${stack} has no hosts entry yet. To finish it: ${npmRun(stack, "up")}`);
    }
    const isWsl = /microsoft/i.test(release());
    const advice = adviseHosts({
        stack,
        entry: hostsEntry,
        file: readFileSync("/etc/hosts", "utf8"),
        ...(isWsl && {
            wslConf: readIfExists("/etc/wsl.conf"),
            httpsPort: readStackSettings(workspace).cluster.hostPorts?.https,
        }),
    });
    console.log(advice.join("\n"));
    return 0;
}

/** The lines to print. All but the command are comments, so that a shell can be given everything. */
export function adviseHosts(facts: HostsFacts): string[] {
    const { entry, file, wslConf } = facts;
    const { stale, command } = planHosts(file, entry);
    return [
        ...(stale.length === 0
            ? []
            : [
                  "# By these lines of /etc/hosts the stack's names lead elsewhere:",
                  ...stale.map((line) => `#   ${line}`),
              ]),
        ...(command === undefined
            ? [`# /etc/hosts already has it: ${entry}`]
            : ["# Run this command. It asks for your password, since the file is the system's:", command]),
        ...(wslConf === undefined ? [] : adviseWsl(facts, wslConf)),
    ];
}

function adviseWsl({ stack, entry, httpsPort }: HostsFacts, wslConf: string): string[] {
    const [address = "", ...names] = entry.split(" ");
    const windows = [
        "# For a browser on Windows, add this line as administrator to C:\\Windows\\System32\\drivers\\etc\\hosts:",
        `#   ${["127.0.0.1", ...names].join(" ")}`,
    ];
    const regenerates = /^\s*generateHosts\s*=\s*false\s*$/im.test(wslConf)
        ? []
        : [
              "# WSL writes /etc/hosts anew at each start. To keep the line, have this in /etc/wsl.conf:",
              "#   [network]",
              "#   generateHosts = false",
          ];
    // The names lead to localhost on Linux already, with the ports in the URLs that `up` printed.
    if (address.startsWith("127.")) return [...regenerates, ...windows];
    if (httpsPort !== undefined) {
        return [...regenerates, ...windows, `# and open https://${names[0]}:${httpsPort}/ there.`];
    }
    return [
        ...regenerates,
        `# A browser on Windows can't reach ${address}, but it reaches ports of WSL's localhost. To have them (it makes a new cluster):`,
        `#   ${npmRun(stack, "set", "cluster.hostPorts.https", "8443")}`,
        `#   ${npmRun(stack, "up")}`,
    ];
}
