import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";

const execute = promisify(execFile);

/** The project's directory. */
export const project = path.resolve(__dirname, "../..");

/** Runs a command and returns what it printed; fails with all that it printed. */
export async function run(command: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
    try {
        const { stdout } = await execute(command, args, { maxBuffer: 64 << 20, timeout: 600_000, ...options });
        return stdout.trim();
    } catch (error) {
        const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string };
        throw new Error(`${message}\n${stdout}\n${stderr}`);
    }
}

/** Copies the project, as it is now, to where a test may change it. */
export function copyProject(to: string) {
    fs.cpSync(project, to, {
        recursive: true,
        filter: (from) => !/\/(node_modules|\.git|\.state|\.tools)(\/|$)/.test(from),
    });
    fs.symlinkSync(path.join(project, "node_modules"), path.join(to, "node_modules"));
}

export type Settings = Record<string, unknown>;

/**
 * Settings of a stack: those of the file that E2E_STACK names, say where this machine gets images and charts from, and over
 * them what a test is about. What is undefined there is left to the stack's defaults.
 */
export function stackSettings(own: Settings = {}): string {
    const file = process.env.E2E_STACK;
    const given = file ? (parse(fs.readFileSync(file, "utf8")) as { config: Settings }).config : {};
    const named = Object.entries(own).map(([key, value]) => [`load-balancing-lab:${key}`, value]);
    return stringify({ config: { ...given, ...Object.fromEntries(named) } as Settings }, { keepUndefined: false });
}

/** A stack as the tests see it. */
export interface TestStack {
    name: string;
    stack: Stack;
    /** Environment for commands that a user would run on it. */
    env: NodeJS.ProcessEnv;
    configure(own: Settings): void;
    kubectl(...args: string[]): Promise<string>;
    outputs(): Promise<Record<string, any>>;
    /** Destroys it, once, and takes away what the tests wrote. */
    takeAway(): Promise<void>;
}

/** Makes a stack with a state of its own in a temporary directory. */
export async function testStack(name: string, own: Settings = {}, workDir = project): Promise<TestStack> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), `${name}-`));
    const settings = path.join(workDir, `Pulumi.${name}.yaml`);
    const configure = (changed: Settings) => fs.writeFileSync(settings, stackSettings(changed));
    configure(own);
    const envVars = {
        PULUMI_BACKEND_URL: `file://${directory}`,
        PULUMI_CONFIG_PASSPHRASE: "only a test",
    };
    const stack = await LocalWorkspace.createOrSelectStack({ stackName: name, workDir }, { envVars });
    const salt = fs.readFileSync(settings, "utf8").match(/^encryptionsalt: .*$/m)?.[0] ?? "";
    const kubeconfig = path.join(directory, "kubeconfig");
    const outputs = async () =>
        Object.fromEntries(Object.entries(await stack.outputs()).map(([key, { value }]) => [key, value as unknown]));
    const writeKubeconfig = async () =>
        fs.writeFileSync(kubeconfig, (await outputs()).kubeconfig as string, { mode: 0o600 });
    /** Once: it stays as long as the cluster, and calls at the same time share it. */
    let kubeconfigWritten: Promise<void> | undefined;
    return {
        name,
        stack,
        env: { ...process.env, ...envVars },
        configure: (changed) => fs.writeFileSync(settings, `${stackSettings(changed)}${salt}\n`),
        outputs,
        async kubectl(...args) {
            await (kubeconfigWritten ??= writeKubeconfig());
            return run("kubectl", ["--kubeconfig", kubeconfig, ...args]);
        },
        async takeAway() {
            if (!fs.existsSync(directory)) return;
            await stack.destroy();
            fs.rmSync(settings, { force: true });
            fs.rmSync(directory, { recursive: true, force: true });
        },
    };
}

/** What Docker holds that a stack could leave behind. */
export async function dockerHoldings() {
    const list = async (...args: string[]) => (await run("docker", args)).split("\n").filter(Boolean).sort();
    return {
        containers: await list("ps", "--all", "--format", "{{.Names}}"),
        volumes: await list("volume", "ls", "--quiet"),
        networks: await list("network", "ls", "--format", "{{.Name}}"),
        images: (await list("images", "--format", "{{.Repository}}:{{.Tag}}")).filter((name) => name.startsWith("lb-")),
    };
}

/** What could be left in the user's home and in the folder for temporary files. */
export function leftFiles() {
    const kubeconfig = path.join(os.homedir(), ".kube/config");
    return {
        kubeconfig: fs.existsSync(kubeconfig) ? fs.readFileSync(kubeconfig, "utf8") : undefined,
        temporary: fs
            .readdirSync(os.tmpdir())
            .filter((name) => /^(tmp\.|kubeconfig|lb-|load-balancing-lab\.|events-)/.test(name)),
    };
}

/** Files of others may go meanwhile; none may have come. */
export function assertNoFilesLeft(before: ReturnType<typeof leftFiles>) {
    const { kubeconfig, temporary } = leftFiles();
    assert.equal(kubeconfig, before.kubeconfig);
    assert.deepEqual(
        temporary.filter((name) => !before.temporary.includes(name)),
        [],
    );
}

/** Asks again until the answer is true. */
export async function eventually(what: string, seconds: number, ask: () => Promise<boolean>) {
    const deadline = Date.now() + seconds * 1000;
    let last: unknown;
    while (Date.now() < deadline) {
        try {
            if (await ask()) return;
        } catch (error) {
            last = error;
        }
        await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error(`not within ${seconds} s: ${what}${last instanceof Error ? `: ${last.message}` : ""}`);
}
