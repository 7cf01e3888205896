import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, join, relative, resolve } from "node:path";
import { parse } from "yaml";

/** The project as one stack sees it. */
export interface Workspace {
    /** Directory of Pulumi.yaml. */
    root: string;
    stack: string;
    /** The stack's settings, Pulumi.<stack>.yaml. */
    stackFile: string;
    /** Where `up` installs tools that the machine lacks. */
    toolsDirectory: string;
    /** Where this project keeps its state and passphrase; none where the user chose another backend. */
    stateDirectory?: string;
}

/**
 * Finds the project.
 *
 * @param cwd npm runs every script in the project's directory.
 * @throws {Error} where it is not the project's.
 */
export function openWorkspace(stack: string, cwd = process.cwd(), env: NodeJS.ProcessEnv = process.env): Workspace {
    const projectFile = join(cwd, "Pulumi.yaml");
    if (!existsSync(projectFile)) {
        throw new Error(`There is no Pulumi.yaml in ${cwd}: run this in the project's directory.`);
    }
    const project = parse(readFileSync(projectFile, "utf8")) as { backend?: { url?: string } };
    return {
        root: cwd,
        stack,
        stackFile: join(cwd, `Pulumi.${stack}.yaml`),
        toolsDirectory: join(cwd, ".tools", "bin"),
        stateDirectory: env.PULUMI_BACKEND_URL ? undefined : directoryInside(cwd, project.backend?.url),
    };
}

/** Where the user is: npm tells it, and runs every script in the project's directory. Files that are named lie there. */
export function startDirectory(): string {
    return process.env.INIT_CWD ?? process.cwd();
}

/** The directory of a file:// backend, if it lies in the project: no other is ours to make or to remove. */
function directoryInside(root: string, url = ""): string | undefined {
    const path = /^file:\/\/(\..*)$/.exec(url)?.[1];
    const directory = resolve(root, path ?? "");
    const inside = relative(root, directory);
    return inside === "" || inside.startsWith("..") ? undefined : directory;
}

/** The file with the passphrase that `up` made for this project; none where another backend or passphrase is in use. */
export function passphraseFile(workspace: Workspace, env: NodeJS.ProcessEnv = process.env): string | undefined {
    const chosen = env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined;
    return workspace.stateDirectory === undefined || chosen ? undefined : join(workspace.stateDirectory, "passphrase");
}

/** The environment in which this project's tools run. */
export function childEnv(workspace: Workspace, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
    const passphrase = passphraseFile(workspace, env);
    return {
        ...env,
        PATH: [workspace.toolsDirectory, env.PATH].join(delimiter),
        // The version is pinned: a newer one is no news.
        PULUMI_SKIP_UPDATE_CHECK: "true",
        ...(passphrase !== undefined && existsSync(passphrase) && { PULUMI_CONFIG_PASSPHRASE_FILE: passphrase }),
    };
}

/**
 * Makes the directory for the state, and once a passphrase to encrypt the secrets in it, both for this user's eyes only.
 * Does nothing where another backend is in use.
 *
 * @throws {Error} where there is state that was encrypted with some passphrase, and none to be found.
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
