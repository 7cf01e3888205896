import { basename } from "node:path";
import { parse } from "yaml";
import { readSettings, type Settings } from "../../settings/schema";
import { readStackFile } from "./stackFile";
import type { Workspace } from "./workspace";

/** What the project's own keys begin with in a stack's file. */
export const namespace = "load-balancing-lab:";

/**
 * The settings of a stack, checked by themselves, without the defaults that depend on the machine.
 *
 * @param text the text of the stack's file.
 * @throws {SettingsError} where one is unknown or invalid.
 */
export function readStackSettings(workspace: Workspace, text = readStackFile(workspace.stackFile)): Settings {
    return readSettings(readConfig(workspace, text), workspace.stack);
}

/** The group `cluster` as far as the commands need it, with its defaults, even where other settings are invalid. */
export function clusterSettings(workspace: Workspace): Pick<Settings["cluster"], "name" | "podSubnet"> {
    const given = parseConfig(workspace, readStackFile(workspace.stackFile))[`${namespace}cluster`] as
        object | undefined;
    return { ...readSettings({}, workspace.stack).cluster, ...given };
}

/**
 * The project's own keys as Pulumi hands them to its program: a text bare, all else as JSON. What is encrypted can't be read
 * without the passphrase. It is left out, as if it were not set.
 */
function readConfig(workspace: Workspace, text: string): Record<string, string> {
    const config = Object.entries(parseConfig(workspace, text)).flatMap(([key, value]): [string, string][] => {
        const handedOver = typeof value === "string" ? value : value === null ? "" : jsonWithoutSecrets(value);
        return key.startsWith(namespace) && handedOver !== undefined ? [[key.slice(namespace.length), handedOver]] : [];
    });
    return Object.fromEntries(config);
}

function jsonWithoutSecrets(value: unknown): string | undefined {
    return JSON.stringify(value, (_, inner: unknown) => (isSecret(inner) ? undefined : inner));
}

function isSecret(value: unknown): boolean {
    return typeof value === "object" && value !== null && "secure" in value;
}

/** @throws {Error} where the file is not YAML. */
function parseConfig({ stackFile }: Workspace, text: string): Record<string, unknown> {
    try {
        return (parse(text) as { config?: Record<string, unknown> | null } | null)?.config ?? {};
    } catch (error) {
        throw new Error(`${basename(stackFile)} is not valid YAML: ${(error as Error).message}`);
    }
}
