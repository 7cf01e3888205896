import { createSocket } from "node:dgram";
import { hostname, release } from "node:os";
import { AddressRange } from "./addressRange";
import { docker, DockerError, requireDockerEngine } from "./docker";
import { toolEnvironment } from "./environment";
import { isLoopback, maskLogins } from "./web";

/** The IPv4 part of a Docker network. */
export interface DockerNetwork {
    name: string;
    /** In CIDR notation. */
    subnets: string[];
    /** Those that are named, see {@link defaultGateway}. */
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
     * Whether container addresses can be reached from this machine. They can't where containers run in a virtual machine or in a
     * network of their own, as with Docker Desktop, Colima or rootless Docker:
     * https://kind.sigs.k8s.io/docs/user/loadbalancer/
     */
    addressesReachable: boolean;
    /** Whether containers run on the kernel on which this runs. In a virtual machine they have another one. */
    sharesKernel: boolean;
    networks: DockerNetwork[];
    nodes: KindNode[];
    pools: ForeignPool[];
}

/** The Docker network in which kind places every cluster's nodes. */
export const kindNetwork = "kind";

/** The machine on which this runs. */
export interface LocalMachine {
    hostname: string;
    /** The kernel's release. */
    kernel: string;
    /** Whether an address is one of its own. */
    hasAddress: (address: string) => Promise<boolean>;
}

const thisMachine: LocalMachine = { hostname: hostname(), kernel: release(), hasAddress };

/**
 * Reads the facts about Docker on this machine.
 *
 * @throws {DockerError} where Docker is missing or does not answer, or where its engine can't be used.
 */
export async function readDockerHost(machine: LocalMachine = thisMachine): Promise<DockerHost> {
    refuseRemoteEngine(toolEnvironment().DOCKER_HOST);
    const listed = readNodes();
    const facts = Promise.all([readEngine(), readNetworks(), listed, listed.then(readPools)]);
    // Everything is asked at once. Where another engine, or none, answers, that is what to say.
    await Promise.all([requireDockerEngine(), facts.catch(() => undefined)]);
    const [info, networks, nodes, pools] = await facts;
    const isHere = info.Name === machine.hostname;
    const addressesReachable = isHere && !isRootless(info) && (await hasGateway(networks, machine));
    if (!isHere) await refuseOwnContainer(machine);
    return {
        addressesReachable,
        // Docker Desktop's machine in WSL has the same kernel, but modules of its own. Its name tells.
        sharesKernel: isHere && info.KernelVersion === machine.kernel,
        networks,
        nodes,
        pools,
    };
}

interface Engine {
    /** Host name of the engine's machine. */
    Name: string;
    KernelVersion: string;
    SecurityOptions: string[] | null;
}

async function readEngine(): Promise<Engine> {
    return JSON.parse(await docker("info", "--format", "{{json .}}")) as Engine;
}

/** Whether the engine runs without root, and so in a network of its own. */
export function isRootless({ SecurityOptions }: Pick<Engine, "SecurityOptions">): boolean {
    return (SecurityOptions ?? []).includes("name=rootless");
}

/** The address of the nodes' network that the machine itself has, if containers run on it. Before there is one, any bridge's. */
async function hasGateway(networks: DockerNetwork[], { hasAddress }: LocalMachine): Promise<boolean> {
    const network = networks.find(({ name }) => name === kindNetwork) ?? networks.find(({ name }) => name === "bridge");
    const [subnet] = network?.subnets ?? [];
    const gateway =
        network?.gateways[0] ?? (subnet === undefined ? undefined : defaultGateway(AddressRange.parse(subnet)));
    return gateway === undefined || hasAddress(gateway);
}

/** The gateway of a Docker network for which none is named: the engine takes the first address after the subnet's own. */
export function defaultGateway(subnet: AddressRange): string {
    return subnet.slice(1, 1).first;
}

/**
 * Whether an address is this machine's own. One can listen only on such an address. `networkInterfaces()` of node:os would not do:
 * it leaves out a bridge to which no container is attached.
 */
function hasAddress(address: string): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = createSocket("udp4");
        socket.once("error", () => resolve(false));
        socket.bind(0, address, () => socket.close(() => resolve(true)));
    });
}

/** kind publishes the cluster's API at 127.0.0.1 of the engine's machine. It can be reached from there alone. */
const mustBeHere =
    "The cluster's API server listens on 127.0.0.1 of the engine's machine, so it can't be reached from here";

/** @throws {DockerError} where the engine is on another machine. */
function refuseRemoteEngine(host: string | undefined): void {
    if (!host || !/^(tcp|https?|ssh):/.test(host)) return;
    const isHere = !host.startsWith("ssh:") && URL.canParse(host) && isLoopback(new URL(host).hostname);
    if (isHere) return;
    throw new DockerError(
        `Docker's engine is on another machine, ${maskLogins(host)}. ${mustBeHere}. Work on that machine, or use the engine of this one: ` +
            "`unset DOCKER_HOST DOCKER_TLS_VERIFY DOCKER_CERT_PATH; docker context use default`.",
    );
}

/** @throws {DockerError} where this is a container of that engine, with a network of its own. */
async function refuseOwnContainer({ hostname: name }: LocalMachine): Promise<void> {
    // A container's host name is the start of its id.
    if (!/^[0-9a-f]{12}$/.test(name) || (await docker("ps", "--quiet", "--filter", `id=${name}`)) === "") return;
    throw new DockerError(
        `This is a container, and Docker's engine is outside of it. ${mustBeHere}. Start the container with \`--network=host\`, or give ` +
            "it an engine of its own: https://github.com/devcontainers/features/tree/main/src/docker-in-docker",
    );
}

async function readNetworks(): Promise<DockerNetwork[]> {
    const ids = (await docker("network", "ls", "--quiet")).split(/\s+/).filter(Boolean);
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

/** The pools of all running clusters, whoever made them. The clusters themselves are asked, so they are never out of date. */
async function readPools(nodes: KindNode[]): Promise<ForeignPool[]> {
    const controlPlanes = nodes.filter(({ running, name }) => running && name.endsWith("-control-plane"));
    return (await Promise.all(controlPlanes.map(readPoolsOf))).flat();
}

async function readPoolsOf(controlPlane: KindNode): Promise<ForeignPool[]> {
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
