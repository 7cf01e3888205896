import { run, stackName } from "./command";
import { attendKubectl } from "./kubeconfig";
import { openWorkspace } from "./workspace";

run(async () => {
    // Only a leading --stack is ours: everything else is kubectl's business.
    const [first = "", ...rest] = process.argv.slice(2);
    const [, stack] = /^--stack=(.*)$/.exec(first) ?? [];
    if (stack !== undefined) return attendKubectl(openWorkspace(stackName(stack)), ...rest);
    if (first === "--stack") return attendKubectl(openWorkspace(stackName(rest[0] ?? "")), ...rest.slice(1));
    return attendKubectl(openWorkspace(stackName(undefined)), ...process.argv.slice(2));
});
