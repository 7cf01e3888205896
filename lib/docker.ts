import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Docker's answer to a question could not be had; the message says what to do. */
export class DockerError extends Error {}

/**
 * Runs the docker client and returns what it printed.
 *
 * @throws {DockerError} where docker is missing, its engine does not answer, or the command fails.
 */
export async function docker(...args: string[]): Promise<string> {
    try {
        return (await run("docker", args, { maxBuffer: 64 << 20, timeout: 30_000 })).stdout.trim();
    } catch (error) {
        throw new DockerError(explain(args, error as NodeJS.ErrnoException & { stderr?: string; killed?: boolean }));
    }
}

function explain(args: string[], error: NodeJS.ErrnoException & { stderr?: string; killed?: boolean }): string {
    if (error.code === "ENOENT") {
        return "Docker is not installed (no `docker` on the PATH). Install it: https://docs.docker.com/get-docker/";
    }
    const said = error.killed ? "no answer within 30 s" : (error.stderr ?? error.message).trim();
    if (/permission denied/i.test(said)) {
        return (
            "Docker's socket refuses this user. Add yourself to the group and log in again: " +
            `\`sudo usermod -aG docker "$USER"\`. Docker said: ${said}`
        );
    }
    if (error.killed || /cannot connect|is the docker daemon running|connection refused|no such host/i.test(said)) {
        return (
            "Docker does not answer. Start Docker Desktop, or on Linux `sudo systemctl start docker`, " +
            `and check with \`docker info\`. Docker said: ${said}`
        );
    }
    return `docker ${args.join(" ")}: ${said}`;
}

/** A network of Docker's, IPv4 part. */
export interface DockerNetwork {
    name: string;
    /** CIDRs. */
    subnets: string[];
    gateways: string[];
    /** What holds an address in it now. */
    containers: { name: string; address: string }[];
}

/** A container that is a node of a kind cluster, running or not. */
export interface KindNode {
    cluster: string;
    name: string;
    running: boolean;
    /** Ports of this machine that it publishes. */
    hostPorts: number[];
}

/** Addresses that a MetalLB somewhere on this Docker hands out. */
export interface ForeignPool {
    cluster: string;
    /** As in an IPAddressPool: start-end or CIDR. */
    addresses: string;
}

/** What the settings are checked against. */
export interface DockerHost {
    /**
     * Whether container addresses can be reached from this machine. Not so with Docker Desktop, on macOS and on Windows,
     * where containers live in a virtual machine: https://kind.sigs.k8s.io/docs/user/loadbalancer/
     */
    addressesReachable: boolean;
    networks: DockerNetwork[];
    nodes: KindNode[];
    pools: ForeignPool[];
}

/** The Docker network in which kind places every cluster's nodes. */
export const kindNetwork = "kind";

/**
 * Reads the facts about Docker on this machine.
 *
 * @throws {DockerError} where Docker is missing or does not answer.
 */
export async function readDockerHost(): Promise<DockerHost> {
    const [system, networks, nodes] = await Promise.all([
        docker("info", "--format", "{{.OperatingSystem}}"),
        readNetworks(),
        readNodes(),
    ]);
    const controlPlanes = nodes.filter((node) => node.running && node.name.endsWith("-control-plane"));
    return {
        addressesReachable: process.platform === "linux" && system !== "Docker Desktop",
        networks,
        nodes,
        pools: (await Promise.all(controlPlanes.map(readPools))).flat(),
    };
}

async function readNetworks(): Promise<DockerNetwork[]> {
    const ids = (await docker("network", "ls", "--quiet", "--filter", "driver=bridge")).split(/\s+/).filter(Boolean);
    if (ids.length === 0) return [];
    interface Inspected {
        Name: string;
        IPAM: { Config: { Subnet?: string; Gateway?: string }[] | null };
        Containers: Record<string, { Name: string; IPv4Address: string }> | null;
    }
    // Another user's network may vanish between the two calls, hence one more try.
    const inspect = () => docker("network", "inspect", ...ids);
    const found = JSON.parse(await inspect().catch(inspect)) as Inspected[];
    return found.map(({ Name, IPAM, Containers }) => {
        const ipv4 = (IPAM.Config ?? []).filter(({ Subnet }) => Subnet !== undefined && !Subnet.includes(":"));
        return {
            name: Name,
            subnets: ipv4.map(({ Subnet }) => Subnet ?? ""),
            // The engine reserves the subnet's first address where none is named.
            gateways: ipv4.flatMap(({ Gateway }) => (Gateway === undefined ? [] : [Gateway])),
            containers: Object.values(Containers ?? {})
                .map(({ Name: name, IPv4Address }) => ({ name, address: IPv4Address.split("/")[0] ?? "" }))
                .filter(({ address }) => address !== ""),
        };
    });
}

/**
 * The nodes of all kind clusters on this Docker.
 *
 * @throws {DockerError} where Docker is missing or does not answer.
 */
export async function readNodes(): Promise<KindNode[]> {
    const listed = await docker(
        "ps",
        "--all",
        "--filter",
        "label=io.x-k8s.kind.cluster",
        "--format",
        '{{.Label "io.x-k8s.kind.cluster"}}\t{{.Names}}\t{{.State}}\t{{.Ports}}',
    );
    return listed
        .split("\n")
        .filter(Boolean)
        .map((line) => {
            const [cluster = "", name = "", state, ports = ""] = line.split("\t");
            const hostPorts = [...ports.matchAll(/:(\d+)->/g)].map((match) => Number(match[1]));
            return { cluster, name, running: state === "running", hostPorts };
        });
}

/** The pools of a running cluster, whoever made it: asked of the cluster itself, which can't be out of date. */
async function readPools(controlPlane: KindNode): Promise<ForeignPool[]> {
    const kubectl = ["exec", controlPlane.name, "kubectl", "--kubeconfig=/etc/kubernetes/admin.conf"];
    const query = [
        "get",
        "ipaddresspools.metallb.io",
        "--all-namespaces",
        "--request-timeout=5s",
        "--output=jsonpath={.items[*].spec.addresses[*]}",
    ];
    // A cluster without MetalLB, or one that is still starting, holds no addresses.
    const listed = await docker(...kubectl, ...query).catch(() => "");
    return listed
        .split(/\s+/)
        .filter(Boolean)
        .map((addresses) => ({ cluster: controlPlane.cluster, addresses }));
}
