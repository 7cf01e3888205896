import { readFileSync } from "node:fs";
import { release } from "node:os";
import { parseStack, run } from "./lib/command";
import { hasEntry } from "./lib/hostsFile";
import { readOutputs } from "./lib/pulumi";
import { quote } from "./lib/shell";
import { openWorkspace } from "./lib/workspace";

run(async () => {
    const { hostsEntry } = await readOutputs(openWorkspace(parseStack()));
    if (hostsEntry === undefined) throw new Error("The stack has no hosts entry yet: npm run up finishes it.");
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
});
