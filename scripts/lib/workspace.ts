import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, relative, resolve } from "node:path";
import { parse } from "yaml";
import { commandLine, npmRun } from "../../lib/commandLines";
import { toolEnvironment } from "../../lib/environment";
import { stackFileName } from "../../lib/stackFiles";
import type { ChildOptions } from "./processes";

/** The project's folder, and what belongs to one stack in it. */
export interface Workspace {
    /** Directory of Pulumi.yaml. */
    root: string;
    stack: string;
    /** The stack's settings, Pulumi.<stack>.yaml. */
    stackFile: string;
    /** Where `up` installs the tools that are missing. */
    toolsDirectory: string;
    /** Where this project keeps its state and passphrase; none where the user set another backend. */
    stateDirectory?: string;
}

/**
 * Finds the project.
 *
 * @param cwd npm runs every script in the project's directory.
 * @throws {Error} where it is not the project's, or where its files belong to another user.
 */
export function openWorkspace(
    stack: string,
    cwd = process.cwd(),
    env: NodeJS.ProcessEnv = process.env,
    user = process.getuid?.() ?? 0,
): Workspace {
    const projectFile = join(cwd, "Pulumi.yaml");
    if (!existsSync(projectFile)) {
        throw new Error(`There is no Pulumi.yaml in ${cwd}: run this in the project's directory.`);
    }
    const project = parse(readFileSync(projectFile, "utf8")) as { backend?: { url?: string } };
    const workspace = {
        root: cwd,
        stack,
        stackFile: join(cwd, stackFileName(stack)),
        toolsDirectory: join(cwd, ".tools", "bin"),
        stateDirectory: env.PULUMI_BACKEND_URL ? undefined : directoryInside(cwd, project.backend?.url),
    };
    refuseOthersFiles(workspace, env, user);
    return workspace;
}

/**
 * After one `sudo npm run up` the files that it made belong to root, and what this user does fails half-way.
 *
 * @throws {Error} with the command that mends it, where this user can't write to files that the commands write to.
 */
function refuseOthersFiles(workspace: Workspace, env: NodeJS.ProcessEnv, user: number): void {
    const { root, stackFile, stateDirectory, toolsDirectory } = workspace;
    // Root may write to everything.
    if (user === 0) return;
    const pulumiHome = env.PULUMI_HOME ?? (env.HOME && join(env.HOME, ".pulumi"));
    const plugins = pulumiHome ? [pulumiHome, join(pulumiHome, "plugins")] : [];
    const folders = [stateDirectory, dirname(toolsDirectory)].flatMap((path) => (path === undefined ? [] : [path]));
    const others = [
        ...[root, stackFile, join(root, "node_modules"), ...plugins].filter((path) => isOthers(path, user)),
        ...folders.filter((path) => holdsOthers(path, user)),
    ];
    if (others.length === 0) return;
    throw new Error(
        "Files belong to another user, as after `sudo npm run up`, and this one can't write to them. To make them yours:\n" +
            `  sudo chown -R "$(id -u):$(id -g)" ${commandLine(...others.map((path) => relative(root, path) || root))}`,
    );
}

function holdsOthers(path: string, user: number): boolean {
    if (!existsSync(path)) return false;
    if (isOthers(path, user)) return true;
    return readdirSync(path, { recursive: true }).some((name) => isOthers(join(path, String(name)), user));
}

/** Whether a file is another user's, who lets nobody else write to it. */
function isOthers(path: string, user: number): boolean {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found !== undefined && found.uid !== user && (found.mode & 0o022) === 0;
}

/** The user's directory, in which the files lie that the user names. npm runs every script in the project's directory. */
export function startDirectory(): string {
    return process.env.INIT_CWD ?? process.cwd();
}

/** The directory of a file:// backend, if it lies in the project. No other may be made or removed. */
function directoryInside(root: string, url = ""): string | undefined {
    const path = /^file:\/\/(\..*)$/.exec(url)?.[1];
    const directory = resolve(root, path ?? "");
    const inside = relative(root, directory);
    return inside === "" || inside.startsWith("..") ? undefined : directory;
}

/** The file with the passphrase that `up` made for this project; none where the user set another backend or passphrase. */
export function passphraseFile(workspace: Workspace, env: NodeJS.ProcessEnv = process.env): string | undefined {
    const chosen = env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
    return workspace.stateDirectory === undefined || chosen ? undefined : join(workspace.stateDirectory, "passphrase");
}

/** The environment for this project's tools: the shell's, without what would lead them elsewhere. */
export function childEnv(workspace: Workspace, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
    const passphrase = passphraseFile(workspace, env);
    return {
        ...toolEnvironment(env),
        PATH: [workspace.toolsDirectory, env.PATH].join(delimiter),
        PULUMI_STACK: workspace.stack,
        // The user's own defaults and aliases of kubectl: https://kubernetes.io/docs/reference/kubectl/kuberc/
        KUBERC: "off",
        // The version is pinned.
        PULUMI_SKIP_UPDATE_CHECK: "true",
        ...(passphrase !== undefined && existsSync(passphrase) && { PULUMI_CONFIG_PASSPHRASE_FILE: passphrase }),
    };
}

/** How this project's tools are run: in its directory, with {@link childEnv}. */
export function childOptions(workspace: Workspace): ChildOptions {
    return {
        cwd: workspace.root,
        env: childEnv(workspace),
        installation: `Install it by \`${npmRun(workspace.stack, "up")}\`, or put it on the PATH yourself.`,
    };
}

/**
 * Makes the directory for the state, and in it once a passphrase that encrypts the secrets. Only this user can read both.
 * Where the user set another backend, nothing is made.
 *
 * @throws {Error} where stacks were encrypted with a passphrase that is gone.
 */
export function prepareState(workspace: Workspace, env: NodeJS.ProcessEnv = process.env): void {
    const { stateDirectory } = workspace;
    if (stateDirectory === undefined) return;
    mkdirSync(stateDirectory, { recursive: true });
    chmodSync(stateDirectory, 0o700);

    const passphrase = passphraseFile(workspace, env);
    if (passphrase === undefined || existsSync(passphrase)) return;
    if (holdsStack(stateDirectory)) {
        throw new Error(
            `${relative(workspace.root, passphrase)} is gone, but there are stacks that need it. ` +
                "Put it back, or set PULUMI_CONFIG_PASSPHRASE if the stacks were made with a passphrase of your own.",
        );
    }
    writeFileSync(passphrase, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
}

function holdsStack(stateDirectory: string): boolean {
    const stacks = join(stateDirectory, ".pulumi", "stacks");
    return (
        existsSync(stacks) && readdirSync(stacks, { recursive: true }).some((name) => String(name).endsWith(".json"))
    );
}
