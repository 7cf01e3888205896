// Not all of @pulumi/pulumi, which takes long to load.
import { getStack } from "@pulumi/pulumi/metadata";
import { readDockerHost } from "../lib/dockerHost";
import { loadClient } from "../lib/web";
import { checkMachine, fitToMachine, type MachineSettings } from "./machine";
import { readSettings } from "./schema";
import { SettingsError } from "./settingsError";
import { projectConfig } from "./stackConfig";
import { readStackConfig } from "./stackFiles";

export { clusterAdvice } from "./advice";
export type { MachineSettings } from "./machine";
export { reservedAddresses } from "./schema";

/**
 * The settings of the stack that Pulumi runs, with every default filled in. They are checked by themselves and then against
 * this machine.
 *
 * @throws {SettingsError} that lists what is invalid, each with a value that is valid.
 * @throws {DockerError} where Docker is missing or does not answer.
 */
export async function loadSettings(): Promise<MachineSettings> {
    const stack = getStack();
    // Pulumi hands over only what has an effect. Its program runs in the project's directory.
    const { findings } = readStackConfig(process.cwd(), stack);
    if (findings.length > 0) throw new SettingsError(findings, stack);
    const given = readSettings(projectConfig(), stack);
    // What asks the sources is loaded while Docker answers.
    const [host] = await Promise.all([readDockerHost(given.cluster.name), loadClient()]);
    const settings = fitToMachine(given, host);
    await checkMachine(settings, host, stack);
    return settings;
}
