import { run, stackName } from "./lib/command";
import { runKubectl } from "./lib/kubectl";
import { openWorkspace } from "./lib/workspace";

/** @returns kubectl's exit code. */
async function kubectl(stack: string | undefined, args: string[]): Promise<number> {
    return (await runKubectl(openWorkspace(stackName(stack)), args)).code;
}

void run(() => {
    // Only a leading --stack is read here. All other arguments are kubectl's, --help included.
    const [first = "", ...rest] = process.argv.slice(2);
    const [, stack] = /^--stack=(.*)$/.exec(first) ?? [];
    if (stack !== undefined) return kubectl(stack, rest);
    if (first === "--stack") return kubectl(rest[0] ?? "", rest.slice(1));
    return kubectl(undefined, process.argv.slice(2));
});
