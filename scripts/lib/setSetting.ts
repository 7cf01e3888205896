import { basename } from "node:path";
import { isMap, isScalar, parseDocument, stringify } from "yaml";
import { npmRun } from "../../lib/commandLines";
import { formatFinding, type Finding } from "../../settings/finding";
import { parseValue } from "../../settings/schema";
import { SettingsError } from "../../settings/settingsError";
import { readStackFile, writeStackFile } from "./stackFile";
import { namespace, readStackSettings } from "./stackSettings";
import type { Workspace } from "./workspace";

/**
 * Writes one setting of a stack into its file. All settings are checked first by themselves, as `up` checks them. What depends
 * on the machine is checked by the next `up`.
 *
 * @param key the setting's dotted name.
 * @param value as text.
 * @returns the exit code.
 * @throws {SettingsError} where the value or the key is invalid. The file stays as it was.
 */
export function setSetting(workspace: Workspace, key: string, value: string): number {
    const { stack, stackFile } = workspace;
    const [first = "", ...rest] = key.split(".");
    const before = readStackFile(stackFile);
    // Also says that a file is not YAML.
    const invalidBefore = findInvalid(workspace, before);
    const after = withValue(before, ["config", `${namespace}${first}`, ...rest], parseValue([first, ...rest], value));

    const invalid = findInvalid(workspace, after);
    const concernsKey = ({ subject }: Finding) => `${key}.`.startsWith(`${subject}.`);
    // Where several settings were invalid before, they are corrected one after the other.
    if (invalid.length > 0 && (invalidBefore.length === 0 || invalid.some(concernsKey))) {
        throw new SettingsError(invalid, stack);
    }
    writeStackFile(stackFile, after);
    console.log(`${key} is set to ${value} in ${basename(stackFile)}.`);
    for (const finding of invalid) console.log(formatFinding(finding, stack));
    if (invalid.length === 0) console.log(`To apply it: ${npmRun(stack, "up")}`);
    return 0;
}

function findInvalid(workspace: Workspace, text: string): Finding[] {
    try {
        readStackSettings(workspace, text);
        return [];
    } catch (error) {
        if (error instanceof SettingsError) return error.findings;
        throw error;
    }
}

/**
 * The text of a YAML file with one value set. A value that replaces another changes nothing else in the text. A key that is
 * added keeps the comments; the space before a comment may change.
 */
export function withValue(text: string, path: string[], value: string | number | boolean): string {
    const document = parseDocument(text);
    const current = document.getIn(path, true);
    if (isScalar(current) && current.range && current.source !== undefined && !current.type?.startsWith("BLOCK")) {
        const [start, end] = current.range;
        return `${text.slice(0, start)}${scalar(value)}${text.slice(end)}`;
    }

    // A group is a block of lines, `{}` and an empty one included.
    for (let depth = 0; depth < path.length; depth++) {
        const group = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
        if (isMap(group) && group.items.length === 0) group.flow = false;
        else if (depth > 0 && !isMap(group)) document.setIn(path.slice(0, depth), document.createNode({}));
    }
    document.setIn(path, value);
    const indent = /^( +)[^\s#]/m.exec(text)?.[1]?.length ?? 4;
    return document.toString({ indent, lineWidth: 0 });
}

/** A value as YAML that is also right inside `{ }`. */
function scalar(value: string | number | boolean): string {
    const plain = stringify(value, { lineWidth: 0 }).trimEnd();
    return /[,[\]{}\n]/.test(plain) ? JSON.stringify(value) : plain;
}
