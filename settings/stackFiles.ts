import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { stackFileName, stacksWithFile } from "../lib/stackFiles";
import { readIfExists } from "../lib/textFile";
import { invalid, type Finding } from "./finding";
import { exampleOf, isObject, readCluster, settingNames } from "./schema";

/*
 * Pulumi.yaml and Pulumi.<stack>.yaml, read as Pulumi reads them, so that the commands act on what its program gets. Pulumi takes
 * a key without a namespace as the project's own.
 */

/** What the project's own keys begin with. */
export const namespace = "load-balancing-lab:";
const projectFile = "Pulumi.yaml";

type Config = Record<string, unknown>;

/** The settings of a stack as its files have them. */
export interface StackConfig {
    /** The project's own keys without their namespace, each as Pulumi hands it over: a text bare, all else as JSON. */
    values: Record<string, string>;
    /** Keys that have no effect, or not the one that they seem to have. */
    findings: Finding[];
}

/**
 * Reads the settings of a stack. What is encrypted can't be read without the passphrase. It is left out, as if it were not set.
 *
 * @param root the directory of Pulumi.yaml.
 * @param text the text of the stack's file, if it is not what the file has.
 * @throws {Error} where a file is not YAML.
 */
export function readStackConfig(root: string, stack: string, text?: string): StackConfig {
    const file = stackFileName(stack);
    const own = parseFile(text ?? readIfExists(join(root, file)), file);
    const project = parseFile(readIfExists(join(root, projectFile)), projectFile);
    const config = ownKeys(own.config);
    for (const [name, declared] of Object.entries(ownKeys(project.config)).sort(([a], [b]) => (a < b ? -1 : 1))) {
        addDefault(config, name.split("."), valueOf(declared));
    }
    const values = Object.entries(config).flatMap(([name, value]): [string, string][] => {
        const handedOver = handOver(value);
        return handedOver === undefined ? [] : [[name, handedOver]];
    });
    return {
        values: Object.fromEntries(values),
        findings: [...findStray(own, file), ...findStray(project, projectFile)],
    };
}

/** Another stack of this project, and the name that its cluster has or would get. */
export interface OtherStack {
    stack: string;
    file: string;
    clusterName: string;
}

/** The other stacks that have a file in the project's directory. A file that can't be read is left out. */
export function readOtherStacks(root: string, stack: string): OtherStack[] {
    const own = identify(join(root, stackFileName(stack)));
    return stacksWithFile(root).flatMap((name) => {
        const file = stackFileName(name);
        // Where upper and lower case are one, two stacks may share a file.
        if (name === stack || identify(join(root, file)) === own) return [];
        try {
            return [{ stack: name, file, clusterName: readCluster(readStackConfig(root, name).values, name).name }];
        } catch {
            return [];
        }
    });
}

function identify(path: string): string | undefined {
    if (!existsSync(path)) return undefined;
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
}

function parseFile(text: string, file: string): Config {
    try {
        const parsed: unknown = parse(text);
        return isObject(parsed) ? parsed : {};
    } catch (error) {
        throw new Error(`${file} is not valid YAML: ${(error as Error).message}`);
    }
}

/** A key's namespace and name. It may be written as name, namespace:name or namespace:config:name. */
function splitKey(key: string): { namespace: string; name: string } {
    const [, space = namespace, name = key] = /^([^:]*:)(?:config:)?(.*)$/.exec(key) ?? [];
    return { namespace: space, name };
}

/** Whether a key of a stack's file, below `config:` or beside it, is a setting's dotted name with any namespace or none. */
export function isOtherSpelling(key: string, setting: string): boolean {
    const { namespace: space, name } = splitKey(key);
    return name === setting && !foreign.includes(space);
}

function ownKeys(config: unknown): Config {
    if (!isObject(config)) return {};
    const own = Object.entries(config).flatMap(([key, value]): [string, unknown][] => {
        const { namespace: space, name } = splitKey(key);
        return space === namespace ? [[name, value]] : [];
    });
    return Object.fromEntries(own);
}

/** What Pulumi.yaml declares for all stacks: a value, or an object that has it as its `default` or `value`. */
function valueOf(declared: unknown): unknown {
    return isObject(declared) ? (declared.default ?? declared.value) : declared;
}

/** Sets a value where the stack has none. In Pulumi.yaml, unlike a stack's file, a dot in a key leads into a group. */
function addDefault(config: Config, path: string[], value: unknown): void {
    if (value === undefined || value === null) return;
    const [first = "", ...rest] = path;
    if (rest.length === 0) {
        if (!(first in config)) config[first] = value;
        return;
    }
    const group = config[first] ?? {};
    if (!isObject(group)) return;
    config[first] = { ...group };
    addDefault(config[first] as Config, rest, value);
}

function handOver(value: unknown): string | undefined {
    if (typeof value === "string") return value;
    return value === null ? "" : JSON.stringify(value, (_, inner: unknown) => (isSecret(inner) ? undefined : inner));
}

function isSecret(value: unknown): boolean {
    return isObject(value) && "secure" in value;
}

/** Namespaces that other programs read: Pulumi's own and its providers'. */
const foreign = ["pulumi:", "kubernetes:", "docker:", "command:", "random:", "tls:"];

/** Finds keys named like a setting that are not one: beside `config`, or with another namespace; and settings that are there twice. */
function findStray(content: Config, file: string): Finding[] {
    const config = isObject(content.config) ? content.config : {};
    const seemsOurs = (key: string) => {
        const { namespace: space, name } = splitKey(key);
        return !foreign.includes(space) && settingNames.includes(name.split(".", 1)[0] ?? "");
    };
    const beside = Object.keys(content)
        .filter(seemsOurs)
        .map((key) => refuse(key, content[key], `is beside \`config:\` in ${file}, where it has no effect`));
    const misnamed = Object.keys(config)
        .filter((key) => seemsOurs(key) && splitKey(key).namespace !== namespace)
        .map((key) => refuse(key, config[key], `in ${file} has no effect, since the settings begin with ${namespace}`));
    return [...beside, ...misnamed, ...findTwice(config, file)];
}

function refuse(key: string, value: unknown, detail: string): Finding {
    const { name } = splitKey(key);
    const example = isObject(value) ? undefined : exampleOf(name, String(value));
    const remedy = `Write it below \`config:\` as ${namespace}${name}.`;
    return { ...invalid(name, `the key ${key} ${detail}`, example), ...(example === undefined && { remedy }) };
}

/** Which one of two counts is not said anywhere. */
function findTwice(config: Config, file: string): Finding[] {
    const own = Object.keys(config).filter((key) => splitKey(key).namespace === namespace);
    const names = new Set(own.map((key) => splitKey(key).name));
    return [...names].flatMap((name) => {
        const spelled = own.filter((key) => splitKey(key).name === name);
        const [, ...more] = spelled;
        if (more.length === 0) return [];
        const detail = `is in ${file} more than once, as ${spelled.join(" and ")}`;
        const value = config[`${namespace}${name}`] ?? config[more[0] ?? ""];
        const example = isObject(value) ? undefined : exampleOf(name, String(value));
        return [
            {
                ...invalid(name, detail, example),
                ...(example === undefined && { remedy: `Keep one, ${namespace}${name}.` }),
            },
        ];
    });
}
