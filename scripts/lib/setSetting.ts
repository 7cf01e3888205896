import { basename } from "node:path";
import { isMap, isScalar, parseDocument, stringify, type Document } from "yaml";
import { npmRun } from "../../lib/commandLines";
import { readIfExists } from "../../lib/textFile";
import { maskLogins } from "../../lib/web";
import { formatFinding, type Finding } from "../../settings/finding";
import { parseValue } from "../../settings/schema";
import { SettingsError } from "../../settings/settingsError";
import { isOtherSpelling, namespace } from "../../settings/stackFiles";
import { writeStackFile } from "./stackFile";
import { readStackSettings } from "./stackSettings";
import type { Workspace } from "./workspace";

/**
 * Writes one setting of a stack into its file. All settings are checked first by themselves, as `up` checks them. What depends
 * on the machine is checked by the next `up`. The same setting written in another way, which has no effect, goes.
 *
 * @param given the setting's dotted name; the project's name may be before it.
 * @param value as text.
 * @returns the exit code.
 * @throws {SettingsError} where the value or the key is invalid. The file stays as it was.
 */
export function setSetting(workspace: Workspace, given: string, value: string): number {
    const { stack, stackFile } = workspace;
    const key = given.startsWith(namespace) ? given.slice(namespace.length) : given;
    const path = key.split(".");
    const before = readIfExists(stackFile);
    // Also says that a file is not YAML.
    const invalidBefore = findInvalid(workspace, before);
    const after = withSetting(before, path, parseValue(path, value));

    const invalid = findInvalid(workspace, after);
    const concernsKey = ({ subject }: Finding) => `${key}.`.startsWith(`${subject}.`);
    // Where several settings were invalid before, they are corrected one after the other.
    if (invalid.length > 0 && (invalidBefore.length === 0 || invalid.some(concernsKey))) {
        throw new SettingsError(invalid, stack);
    }
    writeStackFile(stackFile, after);
    console.log(maskLogins(`${key} is set to ${value} in ${basename(stackFile)}.`));
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

/** The text of a stack's file with one setting, and without other spellings of it. */
export function withSetting(text: string, path: string[], value: string | number | boolean): string {
    const key = path.join(".");
    const [first = "", ...rest] = path;
    const document = parseDocument(text);
    // Pulumi takes a key without a namespace as the project's own.
    const isThere = (name: string) => document.hasIn(["config", name]);
    const written = !isThere(`${namespace}${first}`) && isThere(first) ? first : `${namespace}${first}`;
    const groups = [["config"], []] as const;
    const others = groups.flatMap((group) =>
        keysOf(document, group)
            .filter((name) => isOtherSpelling(name, key) && (group.length === 0 || name !== written))
            .map((name) => [...group, name]),
    );
    for (const other of others) document.deleteIn(other);
    const remaining = others.length === 0 ? text : document.toString({ indent: indentOf(text), lineWidth: 0 });
    return withValue(remaining, ["config", written, ...rest], value);
}

function keysOf(document: Document, group: readonly string[]): string[] {
    const map = group.length === 0 ? document.contents : document.getIn(group, true);
    return isMap(map) ? map.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
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
        else if (depth > 0 && !isMap(group)) {
            document.setIn(path.slice(0, depth), document.createNode(parseGroup(group)));
        }
    }
    document.setIn(path, value);
    return document.toString({ indent: indentOf(text), lineWidth: 0 });
}

function indentOf(text: string): number {
    return /^( +)[^\s#]/m.exec(text)?.[1]?.length ?? 4;
}

/** What a group has that is written as JSON in a text, as `pulumi config set` without --path writes it. */
function parseGroup(group: unknown): object {
    try {
        const parsed: unknown = JSON.parse(isScalar(group) ? String(group.value) : "");
        return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : {};
    } catch {
        return {};
    }
}

/** A value as YAML that is also right inside `{ }`. */
function scalar(value: string | number | boolean): string {
    const plain = stringify(value, { lineWidth: 0 }).trimEnd();
    return /[,[\]{}\n]/.test(plain) ? JSON.stringify(value) : plain;
}
