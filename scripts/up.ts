import { clusterSettings } from "./lib/clusterSettings";
import { parseStack, run } from "./lib/command";
import { diagnose, format } from "./lib/diagnosis";
import { gatherFacts } from "./lib/facts";
import { startNodes } from "./lib/nodes";
import { attendPulumi, createStack, findStack, readOutputs, releaseStaleLocks } from "./lib/pulumi";
import { summarize } from "./lib/summary";
import { install, missingTools } from "./lib/tools";
import { childEnv, openWorkspace, prepareState } from "./lib/workspace";

run(async () => {
    const workspace = openWorkspace(parseStack());
    const { stack } = workspace;

    const facts = await gatherFacts(workspace);
    const findings = diagnose(facts).filter(({ status }) => status !== "PASS");
    for (const finding of findings) console.error(format(finding));
    if (findings.some(({ status }) => status === "FAIL") || typeof facts.docker === "string") return 1;

    for (const tool of await missingTools({ cwd: workspace.root, env: childEnv(workspace) })) {
        await install(tool, workspace.toolsDirectory);
    }
    prepareState(workspace);

    const { name } = clusterSettings(workspace);
    const started = await startNodes(facts.docker.nodes.filter(({ cluster }) => cluster === name));
    if (started) console.error(`Started the stopped nodes of cluster ${name}.`);

    if ((await findStack(workspace)) === undefined) await createStack(workspace);
    if (await releaseStaleLocks(workspace)) console.error("Released the lock of a run that was cut off.");
    // Does nothing when they are there; where they can't be had, this says so before anything is made.
    const plugins = await attendPulumi(workspace, "plugin", "install");
    if (plugins.code !== 0) return plugins.code;

    // To Pulumi nothing has changed; but what was stopped takes its time to answer again, which is asked once more.
    const again = started ? ["--replace", "**::answers"] : [];
    const { code, interrupted } = await attendPulumi(workspace, "up", "--yes", "--stack", stack, ...again);
    if (code === 0) console.log(summarize(await readOutputs(workspace), stack));
    else if (interrupted) console.error("Stopped half-way: the next `npm run up` goes on from here.");
    return code;
});
