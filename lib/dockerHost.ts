import { docker } from "./docker";

/** The IPv4 part of a Docker network. */
export interface DockerNetwork {
    name: string;
    /** In CIDR notation. */
    subnets: string[];
    gateways: string[];
    /** The containers that have an address in it now. */
    containers: { name: string; address: string }[];
}

/** A node of a kind cluster, which is a container that may be stopped. */
export interface KindNode {
    cluster: string;
    name: string;
    running: boolean;
    /** Ports of this machine that the container publishes. */
    hostPorts: number[];
}

/** Addresses that MetalLB assigns in some cluster on this Docker. */
export interface ForeignPool {
    cluster: string;
    /** As in an IPAddressPool: start-end or CIDR. */
    addresses: string;
}

/** The facts about Docker that settings are checked against. */
export interface DockerHost {
    /**
     * Whether container addresses can be reached from this machine. With Docker Desktop, on macOS and on Windows they can't:
     * containers run in a virtual machine there. https://kind.sigs.k8s.io/docs/user/loadbalancer/
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
    // Another user may delete a network between the two calls. So a failure is tried once more.
    const inspect = () => docker("network", "inspect", ...ids);
    const found = JSON.parse(await inspect().catch(inspect)) as Inspected[];
    return found.map(({ Name, IPAM, Containers }) => {
        const ipv4 = (IPAM.Config ?? []).filter(({ Subnet }) => Subnet !== undefined && !Subnet.includes(":"));
        return {
            name: Name,
            subnets: ipv4.map(({ Subnet }) => Subnet ?? ""),
            // Where no gateway is named, the engine reserves the subnet's first address.
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

/** The pools of a running cluster, whoever made it. The cluster itself is asked, so they are never out of date. */
async function readPools(controlPlane: KindNode): Promise<ForeignPool[]> {
    const kubectl = ["exec", controlPlane.name, "kubectl", "--kubeconfig=/etc/kubernetes/admin.conf"];
    const query = [
        "get",
        "ipaddresspools.metallb.io",
        "--all-namespaces",
        "--request-timeout=5s",
        "--output=jsonpath={.items[*].spec.addresses[*]}",
    ];
    // A cluster that has no MetalLB, or that is still starting, has no pools.
    const listed = await docker(...kubectl, ...query).catch(() => "");
    return listed
        .split(/\s+/)
        .filter(Boolean)
        .map((addresses) => ({ cluster: controlPlane.cluster, addresses }));
}
