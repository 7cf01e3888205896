import { formatFinding, pass, type Finding } from "../../settings/finding";
import { checkSettings, fitToMachine } from "../../settings/machine";
import { SettingsError } from "../../settings/settingsError";
import { diagnose, diagnoseTools, diagnoseVersions } from "./diagnosis";
import { gatherFacts, type Facts } from "./facts";
import { readStackSettings } from "./stackSettings";
import type { Workspace } from "./workspace";

/**
 * Checks all that `up` checks: the machine, the tools, and the stack's settings. Prints a finding for each, and changes
 * nothing.
 *
 * @returns the exit code: 1 where a check failed.
 */
export async function doctor(workspace: Workspace): Promise<number> {
    const { stack } = workspace;
    const facts = await gatherFacts(workspace);
    const findings = [
        ...diagnose(facts),
        ...diagnoseTools(facts, stack),
        ...(await diagnoseSettings(workspace, facts.docker)),
        ...diagnoseVersions(stack, new Date().toISOString().slice(0, 10)),
    ];
    for (const finding of findings) console.log(formatFinding(finding, stack));
    return findings.some(({ status }) => status === "FAIL") ? 1 : 0;
}

/** Without Docker, only the settings themselves are checked. */
async function diagnoseSettings(workspace: Workspace, docker: Facts["docker"]): Promise<Finding[]> {
    try {
        const settings = readStackSettings(workspace);
        const valid = pass("Settings", `those of stack ${workspace.stack} are valid`);
        if (typeof docker === "string") return [valid];
        return [valid, ...(await checkSettings(fitToMachine(settings, docker), docker, workspace.stack))];
    } catch (error) {
        if (error instanceof SettingsError) return error.findings;
        throw error;
    }
}
