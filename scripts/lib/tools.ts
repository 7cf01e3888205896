import { chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { oldestTools, tools as pinned } from "../../lib/versions";
import { download, type ReleasedFile } from "./download";
import { capture, type ChildOptions } from "./processes";
import { childOptions, type Workspace } from "./workspace";

/** A command-line tool that the stack needs. */
export type Tool = keyof typeof pinned;

/** All tools, in the order in which they are installed. */
export const allTools = Object.keys(pinned) as Tool[];

const versionArgs: Record<Tool, string[]> = {
    pulumi: ["version"],
    kind: ["version"],
    kubectl: ["version", "--client", "--output=json"],
};

/** The version in the output of a tool or of Docker, as major.minor.patch; none where there is no version in it. */
export function parseVersion(printed: string): string | undefined {
    return /(?<![\w.])v?(\d+\.\d+\.\d+)/.exec(printed)?.[1];
}

/** Whether one major.minor.patch is at least another. */
export function isAtLeast(version: string, oldest: string): boolean {
    return version.localeCompare(oldest, "en", { numeric: true }) >= 0;
}

/** The version of the tool that is on the child's PATH; none where it is missing or does not run. */
export async function installedVersion(tool: Tool, options: ChildOptions): Promise<string | undefined> {
    return parseVersion(await capture(tool, versionArgs[tool], options).catch(() => ""));
}

/** The tools that are missing or too old. */
export async function missingTools(options: ChildOptions): Promise<Tool[]> {
    const versions = await Promise.all(allTools.map((tool) => installedVersion(tool, options)));
    return allTools.filter((tool, i) => !isAtLeast(versions[i] ?? "0", oldestTools[tool]));
}

/** Installs the tools that are missing or too old, into the project's folder. */
export async function installMissingTools(workspace: Workspace): Promise<void> {
    for (const tool of await missingTools(childOptions(workspace))) await install(tool, workspace.toolsDirectory);
}

/**
 * The pinned version of a tool as upstream releases it for a machine.
 *
 * @throws {Error} where upstream does not release it for that machine.
 */
export function upstreamRelease(tool: Tool, platform = process.platform, arch = process.arch): ReleasedFile {
    if (!["linux", "darwin"].includes(platform) || !["x64", "arm64"].includes(arch)) {
        throw new Error(
            `There is no ${tool} to download for ${platform} on ${arch}: Linux and macOS on x64 and arm64 work.`,
        );
    }
    const version = pinned[tool];
    const goArch = arch === "x64" ? "amd64" : arch;
    switch (tool) {
        case "pulumi": {
            const release = `https://github.com/pulumi/pulumi/releases/download/v${version}`;
            return {
                url: `${release}/pulumi-v${version}-${platform}-${arch}.tar.gz`,
                checksums: `${release}/pulumi-${version}-checksums.txt`,
            };
        }
        case "kind": {
            const url = `https://github.com/kubernetes-sigs/kind/releases/download/v${version}/kind-${platform}-${goArch}`;
            return { url, checksums: `${url}.sha256sum` };
        }
        case "kubectl": {
            const url = `https://dl.k8s.io/release/v${version}/bin/${platform}/${goArch}/kubectl`;
            return { url, checksums: `${url}.sha256` };
        }
    }
}

/**
 * Downloads a tool and puts it into a directory. Where this fails or is interrupted, nothing is left there.
 *
 * @throws {Error} with the reason, and with what to do without a download.
 */
export async function install(tool: Tool, directory: string, release = upstreamRelease(tool)): Promise<void> {
    await mkdir(directory, { recursive: true });
    // A directory beside it is on the same file system, where a rename is atomic.
    const temporary = await mkdtemp(join(dirname(directory), "download-"));
    const interruption = new AbortController();
    const interrupt = (signal: NodeJS.Signals) => interruption.abort(new Error(`interrupted by ${signal}`));
    process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
    try {
        const downloaded = join(temporary, tool);
        await download(release, downloaded, interruption.signal, progressOf(`Downloading ${tool} ${pinned[tool]}`));
        for (const file of release.url.endsWith(".tar.gz") ? await unpack(tool, downloaded) : [downloaded]) {
            await chmod(file, 0o755);
            await rename(file, join(directory, basename(file)));
        }
    } catch (error) {
        throw new Error(`${(error as Error).message} ${byHand(tool)}`);
    } finally {
        process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
        await rm(temporary, { recursive: true, force: true });
    }
}

/** The programs in Pulumi's archive. The last is pulumi itself: where it is there, the installation is complete. */
async function unpack(tool: Tool, archive: string): Promise<string[]> {
    const directory = await mkdtemp(`${archive}-`);
    await capture("tar", ["-xzf", archive, "-C", directory], { cwd: directory, env: process.env });
    const names = await readdir(join(directory, tool));
    return [...names.filter((name) => name !== tool), tool].map((name) => join(directory, tool, name));
}

function byHand(tool: Tool): string {
    return `Try again, or install ${tool} ${pinned[tool]} by hand, anywhere on the PATH, and run this again.`;
}

/** Prints the progress of a download, on a terminal with the percentage. */
function progressOf(what: string): (share: number) => void {
    const terminal = process.stderr.isTTY;
    if (!terminal) process.stderr.write(`${what}\n`);
    let shown = -1;
    return (share) => {
        const percent = Math.floor(share * 100);
        if (!terminal || percent === shown) return;
        shown = percent;
        process.stderr.write(`\r${what} ${percent} %${percent === 100 ? "\n" : ""}`);
    };
}
