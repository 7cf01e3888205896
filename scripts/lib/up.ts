import { formatFinding } from "../../settings/finding";
import { diagnose } from "./diagnosis";
import { gatherFacts } from "./facts";
import { endLeftovers } from "./leftovers";
import { startNodes } from "./nodes";
import { changeStack, createStack, findStack, hasMadeNodes, installPlugins, readOutputs, recoverStack } from "./pulumi";
import { clusterSettings } from "./stackSettings";
import { summarize, tellHowToGoOn } from "./summary";
import { installMissingTools } from "./tools";
import { prepareState, type Workspace } from "./workspace";

/**
 * Brings a stack up, with all that this needs on the machine, and prints what to open.
 *
 * @returns the exit code.
 */
export async function up(workspace: Workspace): Promise<number> {
    const { stack } = workspace;
    await endLeftovers(workspace);
    const facts = await gatherFacts(workspace);
    const findings = diagnose(facts).filter(({ status }) => status !== "PASS");
    for (const finding of findings) console.error(formatFinding(finding, stack));
    if (findings.some(({ status }) => status === "FAIL") || typeof facts.docker === "string") return 1;

    await installMissingTools(workspace);
    prepareState(workspace);

    if ((await findStack(workspace)) === undefined) await createStack(workspace);
    await recoverStack(workspace);

    const { name } = clusterSettings(workspace);
    const nodes = facts.docker.nodes.filter(({ cluster }) => cluster === name);
    const started = (await hasMadeNodes(workspace)) && (await startNodes(nodes, stack));
    if (started) console.error(`Started the stopped nodes of cluster ${name}.`);

    // Where they can't be downloaded, this fails before anything is made.
    const plugins = await installPlugins(workspace);
    if (plugins.code !== 0) {
        console.error(tellHowToGoOn({ ...plugins, unchanged: true }, stack, "up"));
        return plugins.code;
    }

    // A start of the nodes is no change for Pulumi. The endpoints need time to answer again, so their check is repeated.
    const repeated = started ? ["--replace", "**::endpoint-check"] : [];
    const ending = await changeStack(workspace, "up", ...repeated);
    if (ending.code === 0) console.log(summarize(await readOutputs(workspace), stack));
    else console.error(tellHowToGoOn(ending, stack, "up"));
    return ending.code;
}
