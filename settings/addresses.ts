import { AddressRange, defaultPool, firstFree, freePool, prefixFor, smallestPool } from "../lib/addressRange";
import { commandLine } from "../lib/commandLines";
import { defaultGateway, kindNetwork, type DockerHost, type DockerNetwork } from "../lib/dockerHost";
import type { LocalNetwork } from "../lib/localNetworks";
import { fail, invalid, pass, type Finding } from "./finding";
import { freeSubnet } from "./freeSubnet";
import type { Settings } from "./schema";

const pool = "addressPool";

/** Docker takes the networks that it makes from here, all but the first, which is usually its default bridge's. */
const dockerBlocks = Array.from({ length: 14 }, (_, index) => `172.${18 + index}.0.0/16`);
/** Other private blocks. A company's network may be there, which this machine need not know of: the user has to choose. */
const otherBlocks = [...Array.from({ length: 50 }, (_, index) => `10.${200 + index}.0.0/16`), "192.168.0.0/16"];
const privateBlocks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map((block) => AddressRange.parse(block));

/** The network that the nodes are in, or will be. */
type NodeNetwork = Pick<DockerNetwork, "gateways" | "containers"> & { subnet: AddressRange };

/** Addresses that something has already. */
interface Taken {
    range: AddressRange;
    what: string;
}

/**
 * The subnet for Docker's network `kind` where it does not exist yet: the /16 around the pool if one is set, otherwise a block
 * that is free of all that is known. If it were left to Docker, it could choose one in which pods or Services are.
 *
 * @returns none where the network exists, or where no block is free.
 */
export function newNetworkSubnet(settings: Settings, host: DockerHost, local: LocalNetwork[]): string | undefined {
    if (findKindNetwork(host) !== undefined) return undefined;
    if (settings.addressPool === undefined) {
        // A VPN may have a route for all of them. Then a part of it is given up.
        const own = local.filter(({ isRouted }) => !isRouted);
        return freeBlock(dockerBlocks, settings, host, local) ?? freeBlock(dockerBlocks, settings, host, own);
    }
    const block = AddressRange.parse(settings.addressPool).enclosing(16);
    return block === undefined ? undefined : `${block.first}/16`;
}

/** Checks the nodes' network, and that nothing else has an address of the pool, whether it is set or the default. */
export function checkAddresses(settings: Settings, host: DockerHost, local: LocalNetwork[]): Finding[] {
    const network = findKindNetwork(host);
    if (network === undefined) return checkNewNetwork(settings, host, local);
    const [subnet] = network.subnets;
    if (subnet === undefined) {
        const detail = "it has no IPv4 subnet, from which nodes and the address pool get their addresses";
        return [fail(networkSubject, detail, removeNetwork)];
    }
    const nodes: NodeNetwork = { ...network, subnet: AddressRange.parse(subnet) };
    const tooSmall = checkRoom(settings, host, nodes, subnet);
    return [
        ...(tooSmall.length > 0 ? tooSmall : checkPool(settings, host, nodes, network.subnets)),
        ...checkSubnets(settings, nodes.subnet, subnet),
    ];
}

const networkSubject = `Docker network ${kindNetwork}`;
const removeNetwork =
    "To have it made anew by the next up, delete the clusters that are in it, and then the network: " +
    commandLine("docker", "network", "rm", kindNetwork);

/** Docker's network `kind`; none before the first cluster on this Docker. */
function findKindNetwork(host: DockerHost): DockerNetwork | undefined {
    return host.networks.find(({ name }) => name === kindNetwork);
}

/** The network has to be made: its block has to be free. */
function checkNewNetwork(settings: Settings, host: DockerHost, local: LocalNetwork[]): Finding[] {
    const { addressPool } = settings;
    const subnet = newNetworkSubnet(settings, host, local);
    const free = freeBlock([...dockerBlocks, ...otherBlocks], settings, host, local);
    const example = free === undefined ? undefined : defaultPool(AddressRange.parse(free)).toString();
    if (addressPool === undefined) {
        if (subnet !== undefined) {
            const chosen = defaultPool(AddressRange.parse(subnet)).toString();
            return [pass(pool, `${chosen}, in the Docker network ${subnet} that will be made`)];
        }
        const detail = "no block from 172.18.0.0/16 to 172.31.0.0/16 is free for the Docker network of the nodes";
        return [invalid(pool, detail, example)];
    }
    const range = AddressRange.parse(addressPool);
    if (!privateBlocks.some((block) => block.contains(range))) {
        return [invalid(pool, `${addressPool} is not in a private range (RFC 1918)`, example)];
    }
    if (subnet === undefined) return [invalid(pool, `${addressPool} does not lie inside one /16`, example)];
    const block = AddressRange.parse(subnet);
    const own = local.filter(({ isRouted }) => !isRouted);
    const overlaps = takenBlocks(settings, host, own).filter((taken) => taken.range.overlaps(block));
    if (overlaps.length > 0) {
        const why = `${addressPool} needs a Docker network of ${subnet}`;
        return overlaps.map(({ what }) => invalid(pool, `${why}, which overlaps ${what}`, example));
    }
    return checkPool(settings, host, { subnet: block, gateways: [], containers: [] }, [subnet]);
}

function freeBlock(blocks: string[], settings: Settings, host: DockerHost, local: LocalNetwork[]): string | undefined {
    return firstFree(
        blocks,
        takenBlocks(settings, host, local).map(({ range }) => range),
    );
}

/** What a new Docker network must not overlap. */
function takenBlocks({ cluster }: Settings, host: DockerHost, local: LocalNetwork[]): Taken[] {
    const docker = host.networks.flatMap(({ name, subnets }) =>
        subnets.map((subnet) => ({
            range: AddressRange.parse(subnet),
            what: `the Docker network "${name}" (${subnet})`,
        })),
    );
    return [
        ...docker,
        ...local
            .map(({ name, subnet }) => ({
                range: AddressRange.parse(subnet),
                what: `the network of ${name} (${subnet})`,
            }))
            // Docker's own bridges are interfaces too.
            .filter(({ range }) => !docker.some((network) => network.range.contains(range))),
        ...(["podSubnet", "serviceSubnet"] as const).map((name) => ({
            range: AddressRange.parse(cluster[name]),
            what: `cluster.${name} (${cluster[name]})`,
        })),
    ];
}

/** Checks that the network has an address for each node and for a pool. */
function checkRoom({ cluster }: Settings, host: DockerHost, network: NodeNetwork, text: string): Finding[] {
    const nodes = cluster.workers + 1;
    const others = othersIn(network, host, cluster.name).length;
    // Without the network's own address, the broadcast address and the gateway.
    const free = network.subnet.size - 3 - others;
    if (free >= nodes + smallestPool) return [];
    const needed = nodes + smallestPool;
    const detail =
        `${text} of Docker's network "${kindNetwork}" has ${Math.max(0, free)} free addresses, and ${needed} are needed: ` +
        `${nodes} for the nodes and ${smallestPool} for the pool. A /${prefixFor(needed + others + 3)} has enough`;
    const workers = free - smallestPool - 1;
    if (workers >= 1) {
        return [
            {
                ...invalid("cluster.workers", `${cluster.workers} are too many: ${detail}`, String(workers)),
                remedy: removeNetwork,
            },
        ];
    }
    return [fail(networkSubject, detail, removeNetwork)];
}

/** Checks that the pool is in the network, and that nothing else has or will get an address of it. */
function checkPool(settings: Settings, host: DockerHost, network: NodeNetwork, subnets: string[]): Finding[] {
    const { subnet } = network;
    const range = settings.addressPool === undefined ? defaultPool(subnet) : AddressRange.parse(settings.addressPool);
    const used = takenAddresses(settings, host, network);
    const example = freePool(
        subnet,
        used.map((taken) => taken.range),
    )?.toString();
    const text = range.toString();
    if (!subnet.contains(range)) {
        const detail = `${text} is not inside the subnet of Docker's network "${kindNetwork}", ${subnets.join(", ")}`;
        return [invalid(pool, detail, example)];
    }
    const findings = used
        .filter((taken) => taken.range.overlaps(range))
        .map((taken) => {
            const overlap =
                taken.range.size === 1 ? `holds ${taken.range.first}` : `overlaps ${taken.range.toString()}`;
            return invalid(pool, `${text} ${overlap}, ${taken.what}`, example);
        });
    return findings.length > 0 ? findings : [pass(pool, settings.addressPool ?? text)];
}

/** The addresses of a network that a pool must not have. */
function takenAddresses({ cluster }: Settings, host: DockerHost, network: NodeNetwork): Taken[] {
    const { subnet, containers } = network;
    return [
        { range: single(subnet.first), what: "the network's own address" },
        { range: single(subnet.last), what: "the network's broadcast address" },
        ...gatewaysOf(network).map((address) => ({ range: single(address), what: "the network's gateway" })),
        ...containers.map(({ name, address }) => ({ range: single(address), what: `which the container ${name} has` })),
        ...nodeAddresses(network, host, cluster.name, cluster.workers + 1).map((range) => ({
            range,
            what: "which Docker gives to the nodes",
        })),
        ...host.pools.flatMap((foreign) =>
            parsePool(foreign.addresses).map((range) => ({
                range,
                what: `the pool of the cluster ${foreign.cluster}`,
            })),
        ),
    ];
}

/** The addresses that Docker will give to the nodes, in ranges: the lowest that are free. It knows nothing of pools. */
function nodeAddresses(network: NodeNetwork, host: DockerHost, cluster: string, nodes: number): AddressRange[] {
    const { subnet } = network;
    const taken = new Set(
        [...gatewaysOf(network), ...othersIn(network, host, cluster)].map((text) => subnet.indexOf(text)),
    );
    const ranges: AddressRange[] = [];
    let found = 0;
    for (let at = 1; found < nodes && at < subnet.size - 1; at++) {
        const from = at;
        while (found < nodes && at < subnet.size - 1 && !taken.has(at)) {
            found++;
            at++;
        }
        if (at > from) ranges.push(subnet.slice(from, at - from));
    }
    return ranges;
}

/** The addresses of all containers but the cluster's own nodes, which may be made anew. */
function othersIn(network: NodeNetwork, host: DockerHost, cluster: string): string[] {
    const own = new Set(host.nodes.filter((node) => node.cluster === cluster).map(({ name }) => name));
    return network.containers.filter(({ name }) => !own.has(name)).map(({ address }) => address);
}

function gatewaysOf({ gateways, subnet }: NodeNetwork): string[] {
    const named = gateways.filter((address) => subnet.contains(address));
    return named.length > 0 || subnet.size < 2 ? named : [defaultGateway(subnet)];
}

/** Checks that pods and Services have no addresses of the nodes' network: those could not be reached. */
function checkSubnets({ cluster }: Settings, network: AddressRange, text: string): Finding[] {
    return (["podSubnet", "serviceSubnet"] as const)
        .filter((name) => network.overlaps(AddressRange.parse(cluster[name])))
        .map((name) => {
            const other = name === "podSubnet" ? cluster.serviceSubnet : cluster.podSubnet;
            const detail = `${cluster[name]} overlaps the subnet of Docker's network "${kindNetwork}", ${text}`;
            return invalid(`cluster.${name}`, detail, freeSubnet(name, [network, AddressRange.parse(other)]));
        });
}

function single(address: string): AddressRange {
    return AddressRange.parse(`${address}/32`);
}

/** The range of another cluster's pool. One that is IPv6 or of an unknown form can't overlap. */
function parsePool(addresses: string): AddressRange[] {
    try {
        return [AddressRange.parse(addresses)];
    } catch {
        return [];
    }
}
