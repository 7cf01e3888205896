import { readCluster, readSettings, type Settings } from "../../settings/schema";
import { SettingsError } from "../../settings/settingsError";
import { readStackConfig } from "../../settings/stackFiles";
import type { Workspace } from "./workspace";

/**
 * The settings of a stack, checked by themselves, without the defaults that depend on the machine.
 *
 * @param text the text of the stack's file, if it is not what the file has.
 * @throws {SettingsError} where one is unknown or invalid, or where a key has no effect.
 */
export function readStackSettings({ root, stack }: Workspace, text?: string): Settings {
    const { values, findings } = readStackConfig(root, stack, text);
    try {
        const settings = readSettings(values, stack);
        if (findings.length === 0) return settings;
    } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        findings.push(...error.findings);
    }
    throw new SettingsError(findings, stack);
}

/** The group `cluster` as far as the commands need it, with its defaults, even where other settings are invalid. */
export function clusterSettings({ root, stack }: Workspace): Pick<Settings["cluster"], "name" | "podSubnet"> {
    return readCluster(readStackConfig(root, stack).values, stack);
}
