import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { docker } from "../components/docker";
import { clusterSettings } from "./clusterSettings";
import { parseStack, run } from "./command";
import { attendPulumi, findStack, listStacks, pulumi, releaseStaleLocks } from "./pulumi";
import { hasSecrets, readStackFile, withoutSalt, writeStackFile } from "./stackFile";
import { install, missingTools } from "./tools";
import { childEnv, openWorkspace, type Workspace } from "./workspace";

run(async () => {
    const workspace = openWorkspace(parseStack());
    const { stack, stateDirectory } = workspace;
    if (stateDirectory !== undefined && !existsSync(stateDirectory)) return nothingToTakeAway(workspace);

    for (const tool of await missingTools({ cwd: workspace.root, env: childEnv(workspace) })) {
        await install(tool, workspace.toolsDirectory);
    }
    const found = await findStack(workspace);
    if (found === undefined) {
        await removeStateOfNobody(workspace);
        return nothingToTakeAway(workspace);
    }

    if ((found.resourceCount ?? 0) > 0) {
        // Destroying without Docker fails half-way, and with a message about something else.
        await docker("version", "--format", "{{.Server.Version}}");
        if (await releaseStaleLocks(workspace)) console.error("Released the lock of a run that was cut off.");
        const { code, interrupted } = await attendPulumi(workspace, "destroy", "--yes", "--stack", stack);
        if (code !== 0) {
            if (interrupted) console.error("Stopped half-way: the next `npm run down` goes on from here.");
            return code;
        }
    }
    await pulumi(workspace, "stack", "rm", "--yes", "--preserve-config", "--stack", stack);
    const settings = readStackFile(workspace.stackFile);
    if (!hasSecrets(settings)) writeStackFile(workspace.stackFile, withoutSalt(settings));
    await removeStateOfNobody(workspace);
    console.log(`Stack ${stack} is gone. The tools in .tools, if any, are kept for the next \`npm run up\`.`);
    return 0;
});

/** Says so, and if a cluster is there that only looks like the stack's, how to be rid of it. */
async function nothingToTakeAway(workspace: Workspace): Promise<number> {
    console.log(`There is no stack ${workspace.stack}: nothing to take away.`);
    const name = clusterSettings(workspace).name;
    // Without Docker there is no cluster either that could be in the way.
    const nodes = await docker("ps", "--all", "--quiet", "--filter", `label=io.x-k8s.kind.cluster=${name}`).catch(
        () => "",
    );
    if (nodes !== "") {
        console.log(
            `A kind cluster ${name} exists all the same. If it is yours to delete: kind delete cluster --name ${name}`,
        );
    }
    return 0;
}

/** Removes the state's directory with the passphrase once no stack is in it that would need them. */
async function removeStateOfNobody(workspace: Workspace): Promise<void> {
    const { root, stateDirectory } = workspace;
    if (stateDirectory === undefined || (await listStacks(workspace)).length > 0) return;
    const encrypted = readdirSync(root).filter(
        (name) => /^Pulumi\..+\.yaml$/.test(name) && hasSecrets(readStackFile(join(root, name))),
    );
    if (encrypted.length > 0) {
        const kept = relative(root, stateDirectory);
        console.log(
            `${kept} is kept: the passphrase in it may be needed to read the secrets in ${encrypted.join(", ")}.`,
        );
        return;
    }
    rmSync(stateDirectory, { recursive: true });
}
