import { npmRun } from "../../lib/commandLines";
import { formatFinding } from "../../settings/finding";
import { diagnose } from "./diagnosis";
import { gatherFacts } from "./facts";
import { startNodes } from "./nodes";
import { createStack, findStack, readOutputs, releaseStaleLocks, runPulumi } from "./pulumi";
import { clusterSettings } from "./stackSettings";
import { summarize } from "./summary";
import { install, missingTools } from "./tools";
import { childOptions, prepareState, type Workspace } from "./workspace";

/**
 * Brings a stack up, with all that this needs on the machine, and prints what to open.
 *
 * @returns the exit code.
 */
export async function up(workspace: Workspace): Promise<number> {
    const { stack } = workspace;
    const facts = await gatherFacts(workspace);
    const findings = diagnose(facts).filter(({ status }) => status !== "PASS");
    for (const finding of findings) console.error(formatFinding(finding, stack));
    if (findings.some(({ status }) => status === "FAIL") || typeof facts.docker === "string") return 1;

    for (const tool of await missingTools(childOptions(workspace))) await install(tool, workspace.toolsDirectory);
    prepareState(workspace);

    const { name } = clusterSettings(workspace);
    const nodes = facts.docker.nodes.filter(({ cluster }) => cluster === name);
    const started = await startNodes(nodes, stack);
    if (started) console.error(`Started the stopped nodes of cluster ${name}.`);

    if ((await findStack(workspace)) === undefined) await createStack(workspace);
    if (await releaseStaleLocks(workspace)) console.error("Released the lock of a run that was cut off.");
    // Where the plugins are installed, this does nothing. Where they can't be downloaded, it fails before anything is made.
    const plugins = await runPulumi(workspace, "plugin", "install");
    if (plugins.code !== 0) return plugins.code;

    // A start of the nodes is no change for Pulumi. The endpoints need time to answer again, so their check is repeated.
    const repeated = started ? ["--replace", "**::endpoint-check"] : [];
    const { code, interrupted } = await runPulumi(workspace, "up", "--yes", "--stack", stack, ...repeated);
    if (code === 0) console.log(summarize(await readOutputs(workspace), stack));
    else if (interrupted) console.error(`Stopped before the end. To go on from here: ${npmRun(stack, "up")}`);
    return code;
}
