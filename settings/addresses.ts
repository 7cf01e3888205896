import { AddressRange, defaultPool, freePool } from "../lib/addressRange";
import { kindNetwork, type DockerHost, type DockerNetwork } from "../lib/dockerHost";
import { invalid, pass, type Finding } from "./finding";
import type { Settings } from "./schema";

/** The Docker network `kind` with its first subnet; none before the first cluster on this Docker. */
export function findKindNetwork(host: DockerHost): (DockerNetwork & { subnet: AddressRange }) | undefined {
    const network = host.networks.find(({ name }) => name === kindNetwork);
    const subnet = network?.subnets[0];
    return network === undefined || subnet === undefined
        ? undefined
        : { ...network, subnet: AddressRange.parse(subnet) };
}

/** Checks that nothing else has an address of the pool, whether it is set or the default. */
export function checkAddressPool(settings: Settings, host: DockerHost): Finding[] {
    const setting = "addressPool";
    const network = findKindNetwork(host);
    if (network === undefined) {
        if (settings.addressPool === undefined) {
            return [pass(setting, "will lie in the Docker network, which will be made")];
        }
        const findings = checkNewNetwork(settings.addressPool, host);
        return findings.length > 0 ? findings : [pass(setting, settings.addressPool)];
    }

    const pool =
        settings.addressPool === undefined ? defaultPool(network.subnet) : AddressRange.parse(settings.addressPool);
    const others = host.pools
        .filter(({ cluster }) => cluster !== settings.cluster.name)
        .flatMap(({ cluster, addresses }) => parsePool(addresses).map((range) => ({ cluster, range })));
    const used = [
        ...network.gateways.map((address) => ({ range: single(address), what: "the network's gateway" })),
        ...network.containers.map(({ name, address }) => ({
            range: single(address),
            what: `which the container ${name} has`,
        })),
        { range: single(network.subnet.first), what: "the network's own address" },
        { range: single(network.subnet.last), what: "the network's broadcast address" },
        ...others.map(({ cluster, range }) => ({ range, what: `the pool of the cluster ${cluster}` })),
    ];
    const example = freePool(
        network.subnet,
        used.map(({ range }) => range),
    )?.toString();
    const text = pool.toString();

    if (!network.subnet.contains(pool)) {
        const subnets = network.subnets.join(", ");
        return [invalid(setting, `${text} is not inside the subnet of Docker's network "kind", ${subnets}`, example)];
    }
    const findings = used
        .filter(({ range }) => range.overlaps(pool))
        .map(({ range, what }) => {
            const overlap = range.size === 1 ? `holds ${range.first}` : `overlaps ${range.toString()}`;
            return invalid(setting, `${text} ${overlap}, ${what}`, example);
        });
    return findings.length > 0 ? findings : [pass(setting, text)];
}

/** Checks a pool before there is a network `kind`: it will be made with the /16 around the pool, which has to be free. */
function checkNewNetwork(addressPool: string, host: DockerHost): Finding[] {
    const setting = "addressPool";
    const pool = AddressRange.parse(addressPool);
    const subnet = pool.enclosing(16);
    const used = host.networks.flatMap(({ name, subnets }) =>
        subnets.map((text) => ({ name, text, range: AddressRange.parse(text) })),
    );
    const free = Array.from({ length: 14 }, (_, index) => AddressRange.parse(`172.${18 + index}.0.0/16`)).find(
        (candidate) => !used.some(({ range }) => range.overlaps(candidate)),
    );
    const example = free === undefined ? undefined : defaultPool(free).toString();
    const isPrivate = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].some((block) =>
        AddressRange.parse(block).contains(pool),
    );
    if (!isPrivate) return [invalid(setting, `${addressPool} is not in a private range (RFC 1918)`, example)];
    if (subnet === undefined || subnet.first === pool.first || subnet.last === pool.last) {
        const detail = `${addressPool} must lie inside one /16 without that block's first and last address`;
        return [invalid(setting, detail, example)];
    }
    if (pool.contains(subnet.slice(1, 1))) {
        return [invalid(setting, `${addressPool} holds ${subnet.slice(1, 1).first}, the gateway's address`, example)];
    }
    return used
        .filter(({ range }) => range.overlaps(subnet))
        .map(({ name, text }) => {
            const detail = `${addressPool} needs a Docker network of ${subnet.first}/16, where the network "${name}" (${text}) is`;
            return invalid(setting, detail, example);
        });
}

/** Checks that pods and Services have no addresses of the nodes' network: those could not be reached. */
export function checkSubnets({ cluster }: Settings, host: DockerHost): Finding[] {
    const network = findKindNetwork(host);
    return (["podSubnet", "serviceSubnet"] as const)
        .filter((name) => network?.subnet.overlaps(AddressRange.parse(cluster[name])))
        .map((name) => {
            const detail = `${cluster[name]} overlaps the subnet of Docker's network "kind", ${network?.subnets[0]}`;
            return invalid(`cluster.${name}`, detail, name === "podSubnet" ? "10.244.0.0/16" : "10.96.0.0/16");
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
