import * as pulumi from "@pulumi/pulumi";
import { readDockerHost } from "../lib/dockerHost";
import { checkMachine, fitToMachine, type MachineSettings } from "./machine";
import { readSettings } from "./schema";
import { projectConfig } from "./stackConfig";

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
    const stack = pulumi.getStack();
    const host = await readDockerHost();
    const settings = fitToMachine(readSettings(projectConfig(), stack), host);
    await checkMachine(settings, host, stack);
    return settings;
}
