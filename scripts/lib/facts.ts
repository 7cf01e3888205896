import { existsSync, readFileSync } from "node:fs";
import { readFile, statfs } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import { docker, DockerError } from "../../lib/docker";
import { isRootless, kindNetwork, readDockerHost, type DockerHost } from "../../lib/dockerHost";
import { localNetworks, type LocalNetwork } from "../../lib/localNetworks";
import { clusterSettings } from "./stackSettings";
import { allTools, installedVersion, type Tool } from "./tools";
import { childOptions, type Workspace } from "./workspace";

/** What is known of Docker. */
export interface DockerFacts extends DockerHost {
    version: string;
    architecture: string;
    cpus: number;
    memoryBytes: number;
    cgroupVersion: string;
    rootless: boolean;
    /** Whether it is Docker Desktop, which runs Docker in a virtual machine. */
    desktop: boolean;
    /** Whether images are kept by containerd, and not by Docker itself. */
    containerdImages: boolean;
    /** The IPv4 subnet of the network `kind`; none before the first cluster. */
    kindSubnet?: string;
}

/** What the checks of the machine are about. */
export interface Facts {
    node: { version: string; oldest: string };
    platform: NodeJS.Platform;
    /** The kernel's release, by which WSL is recognised. */
    osRelease: string;
    directory: string;
    /** Docker, or why it can't be asked. */
    docker: DockerFacts | string;
    /** Free space where Docker stores images. Where that is not on this machine, free space in the project's folder. */
    freeBytes: number;
    /** Linux's limits for each user; none on other systems. */
    inotify?: { watches: number; instances: number };
    /** The networks of this machine's interfaces. */
    networks: LocalNetwork[];
    podSubnet: string;
    /** Variables of the shell that name a proxy, each with its value. */
    proxies: Record<string, string>;
    /** Who uses this machine as root by way of sudo. */
    sudoUser?: string;
    /** The version of each tool that the commands would run; none where it is missing. */
    tools: Record<Tool, string | undefined>;
}

interface DockerInfo {
    ServerVersion: string;
    Architecture: string;
    NCPU: number;
    MemTotal: number;
    CgroupVersion?: string;
    SecurityOptions: string[] | null;
    OperatingSystem: string;
    DockerRootDir: string;
    DriverStatus?: [string, string][] | null;
}

/** Gathers the facts about this machine, in about a second. */
export async function gatherFacts(workspace: Workspace): Promise<Facts> {
    const { name, podSubnet } = clusterSettings(workspace);
    const [engine, inotify, versions] = await Promise.all([readDocker(name), readInotify(), readVersions(workspace)]);
    return {
        node: { version: process.versions.node, oldest: oldestNode(workspace) },
        platform: process.platform,
        osRelease: release(),
        directory: workspace.root,
        docker: typeof engine === "string" ? engine : engine.facts,
        freeBytes: await readFreeBytes(typeof engine === "string" ? undefined : engine.storage, workspace.root),
        inotify,
        networks: localNetworks().filter(({ isRouted }) => !isRouted),
        podSubnet,
        proxies: readProxies(),
        sudoUser: process.getuid?.() === 0 ? process.env.SUDO_USER : undefined,
        tools: versions,
    };
}

function oldestNode({ root }: Workspace): string {
    const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { engines: { node: string } };
    return engines.node.replace(/^>=/, "");
}

async function readDocker(cluster: string): Promise<{ facts: DockerFacts; storage?: string } | string> {
    try {
        const [text, host] = await Promise.all([docker("info", "--format", "{{json .}}"), readDockerHost(cluster)]);
        const info = JSON.parse(text) as DockerInfo;
        const desktop = info.OperatingSystem === "Docker Desktop";
        return {
            storage: desktop ? undefined : info.DockerRootDir,
            facts: {
                ...host,
                version: info.ServerVersion,
                architecture: info.Architecture,
                cpus: info.NCPU,
                memoryBytes: info.MemTotal,
                cgroupVersion: info.CgroupVersion ?? "1",
                rootless: isRootless(info),
                desktop,
                containerdImages: (info.DriverStatus ?? []).some(([, value]) => value.startsWith("io.containerd.")),
                kindSubnet: host.networks.find(({ name }) => name === kindNetwork)?.subnets[0],
            },
        };
    } catch (error) {
        if (error instanceof DockerError) return error.message;
        throw error;
    }
}

async function readFreeBytes(storage: string | undefined, fallback: string): Promise<number> {
    const { bavail, bsize } = await statfs(storage !== undefined && existsSync(storage) ? storage : fallback);
    return bavail * bsize;
}

async function readInotify(): Promise<Facts["inotify"]> {
    if (process.platform !== "linux") return undefined;
    const read = async (name: string) => Number(await readFile(`/proc/sys/fs/inotify/${name}`, "utf8"));
    return { watches: await read("max_user_watches"), instances: await read("max_user_instances") };
}

async function readVersions(workspace: Workspace): Promise<Facts["tools"]> {
    const options = childOptions(workspace);
    const versions = allTools.map(async (tool) => [tool, await installedVersion(tool, options)] as const);
    return Object.fromEntries(await Promise.all(versions)) as Facts["tools"];
}

/** Those that kind hands to its nodes. */
function readProxies(): Facts["proxies"] {
    const names = ["HTTP_PROXY", "HTTPS_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
    return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
