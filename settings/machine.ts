import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as path from "node:path";
import { AddressRange, defaultPool, freePool } from "../lib/addressRange";
import { type DockerHost, type DockerNetwork, kindNetwork } from "../lib/docker";
import { type Problem, type Settings, SettingsError } from "./schema";

/** Settings with what depends on the machine filled in. */
export type MachineSettings = Settings & {
    httpsRedirect: boolean;
    /** Whether the pool's addresses can be reached from this machine. */
    addressesReachable: boolean;
    /** The subnet that the network `kind` gets where it has to be made for a pool; else Docker chooses. */
    networkSubnet: string | undefined;
};

/**
 * Fills in the defaults that depend on the machine: where container addresses can't be reached, localhost's ports 8080 and
 * 8443 lead to the ingress, and http is not redirected, since an ingress can't know under which port it was reached.
 */
export function fitToMachine(settings: Settings, host: DockerHost): MachineSettings {
    const hostPorts = settings.cluster.hostPorts ?? (host.addressesReachable ? undefined : { http: 8080, https: 8443 });
    const pool = settings.addressPool === undefined ? undefined : AddressRange.parse(settings.addressPool);
    return {
        ...settings,
        httpsRedirect: settings.httpsRedirect ?? hostPorts === undefined,
        cluster: { ...settings.cluster, hostPorts },
        addressesReachable: host.addressesReachable,
        networkSubnet:
            kind(host) === undefined && pool?.enclosing(16) !== undefined
                ? `${pool.enclosing(16)?.first}/16`
                : undefined,
    };
}

function kind(host: DockerHost): (DockerNetwork & { subnet: AddressRange }) | undefined {
    const network = host.networks.find(({ name }) => name === kindNetwork);
    const subnet = network?.subnets[0];
    return network === undefined || subnet === undefined
        ? undefined
        : { ...network, subnet: AddressRange.parse(subnet) };
}

/**
 * Holds the settings against the machine before anything is made.
 *
 * @throws {SettingsError} that lists every problem, each with a value that would do on this machine.
 */
export async function checkMachine(settings: MachineSettings, host: DockerHost): Promise<void> {
    const nodes = host.nodes.filter(({ cluster }) => cluster === settings.cluster.name);
    const problems = [
        ...poolProblems(settings, host),
        ...subnetProblems(settings, host),
        ...(await toolProblems()),
        ...stoppedProblems(nodes),
        ...(await portProblems(
            settings.cluster.hostPorts,
            nodes.flatMap(({ hostPorts }) => hostPorts),
        )),
        // What is there needs no source: a stack that is up can be changed and taken down without a network.
        ...(nodes.length === 0 ? await sourceProblems(settings) : []),
    ];
    if (problems.length > 0) throw new SettingsError(problems);
}

/** Whether the pool, given or default, is this stack's to hand out. */
export function poolProblems(settings: Settings, host: DockerHost): Problem[] {
    const network = kind(host);
    if (network === undefined) return newNetworkProblems(settings, host);

    const setting = "addressPool";
    const pool =
        settings.addressPool === undefined ? defaultPool(network.subnet) : AddressRange.parse(settings.addressPool);
    const others = host.pools
        .filter(({ cluster }) => cluster !== settings.cluster.name)
        .flatMap(({ cluster, addresses }) => ranges(addresses).map((range) => ({ cluster, range })));
    const inUse = [
        ...network.gateways.map((address) => ({ range: one(address), what: "the network's gateway" })),
        ...network.containers.map(({ name, address }) => ({
            range: one(address),
            what: `which the container ${name} has`,
        })),
        { range: one(network.subnet.first), what: "the network's own address" },
        { range: one(network.subnet.last), what: "the network's broadcast address" },
        ...others.map(({ cluster, range }) => ({ range, what: `the pool of the cluster ${cluster}` })),
    ];
    const example = freePool(
        network.subnet,
        inUse.map(({ range }) => range),
    )?.toString();
    const problem = (message: string): Problem => ({ setting, message: `${pool.toString()} ${message}`, example });

    if (!network.subnet.contains(pool)) {
        return [problem(`is not inside the subnet of Docker's network "kind", ${network.subnets.join(", ")}`)];
    }
    return inUse
        .filter(({ range }) => range.overlaps(pool))
        .map(({ range, what }) =>
            problem(range.size === 1 ? `holds ${range.first}, ${what}` : `overlaps ${range.toString()}, ${what}`),
        );
}

/** Pods and Services have their addresses to themselves: one that is also the nodes' network's could not be reached. */
function subnetProblems({ cluster }: Settings, host: DockerHost): Problem[] {
    const network = kind(host);
    return (["podSubnet", "serviceSubnet"] as const)
        .filter((name) => network?.subnet.overlaps(AddressRange.parse(cluster[name])))
        .map((name) => ({
            setting: `cluster.${name}`,
            message: `${cluster[name]} overlaps the subnet of Docker's network "kind", ${network?.subnets[0]}`,
            example: name === "podSubnet" ? "10.244.0.0/16" : "10.96.0.0/16",
        }));
}

/** The network will be made with the /16 around the pool, so that /16 has to be free. */
function newNetworkProblems({ addressPool }: Settings, host: DockerHost): Problem[] {
    if (addressPool === undefined) return [];
    const setting = "addressPool";
    const pool = AddressRange.parse(addressPool);
    const subnet = pool.enclosing(16);
    const taken = host.networks.flatMap(({ name, subnets }) =>
        subnets.map((text) => ({ name, text, range: AddressRange.parse(text) })),
    );
    const free = Array.from({ length: 14 }, (_, index) => AddressRange.parse(`172.${18 + index}.0.0/16`)).find(
        (candidate) => !taken.some(({ range }) => range.overlaps(candidate)),
    );
    const example = free === undefined ? undefined : defaultPool(free).toString();
    const isPrivate = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].some((block) =>
        AddressRange.parse(block).contains(pool),
    );
    if (!isPrivate) return [{ setting, message: `${addressPool} is not in a private range (RFC 1918)`, example }];
    if (subnet === undefined || subnet.first === pool.first || subnet.last === pool.last) {
        const message = `${addressPool} must lie inside one /16 without that block's first and last address`;
        return [{ setting, message, example }];
    }
    if (pool.contains(subnet.slice(1, 1))) {
        return [
            { setting, message: `${addressPool} holds ${subnet.slice(1, 1).first}, the gateway's address`, example },
        ];
    }
    return taken
        .filter(({ range }) => range.overlaps(subnet))
        .map(({ name, text }) => ({
            setting,
            message: `${addressPool} needs a Docker network of ${subnet.first}/16, where the network "${name}" (${text}) is`,
            example,
        }));
}

function one(address: string): AddressRange {
    return AddressRange.parse(`${address}/32`);
}

/** A foreign pool may be IPv6 or of a form unknown here: then it can't overlap. */
function ranges(addresses: string): AddressRange[] {
    try {
        return [AddressRange.parse(addresses)];
    } catch {
        return [];
    }
}

async function toolProblems(): Promise<Problem[]> {
    const directories = (process.env.PATH ?? "").split(path.delimiter).filter(Boolean);
    const found = (tool: string) =>
        Promise.any(directories.map((directory) => fs.access(path.join(directory, tool), fs.constants.X_OK))).then(
            () => true,
            () => false,
        );
    const missing = await Promise.all(["kind", "kubectl"].map(async (tool) => ((await found(tool)) ? [] : [tool])));
    return missing.flat().map((tool) => ({
        setting: "PATH",
        message: `the command "${tool}" is not on it. \`npm run up\` installs what is missing; for a shell of your own then: eval "$(npm run -s env)"`,
    }));
}

function stoppedProblems(nodes: DockerHost["nodes"]): Problem[] {
    const stopped = nodes.filter(({ running }) => !running).map(({ name }) => name);
    if (stopped.length === 0) return [];
    return [
        {
            setting: "Docker",
            message:
                `the cluster's nodes ${stopped.join(", ")} are stopped, as after a restart of the machine. ` +
                `\`npm run up\` starts them; by hand: docker start ${stopped.join(" ")}`,
        },
    ];
}

async function portProblems(ports: Settings["cluster"]["hostPorts"], own: number[]): Promise<Problem[]> {
    if (ports?.http !== undefined && ports.http === ports.https) {
        return [{ setting: "cluster.hostPorts.https", message: `${ports.https} is also http's`, example: "8443" }];
    }
    const checked = await Promise.all(
        Object.entries(ports ?? {}).map(async ([name, port]): Promise<Problem[]> => {
            if (own.includes(port) || (await isFree(port))) return [];
            const setting = `cluster.hostPorts.${name}`;
            return [{ setting, message: `${port} is in use on this machine`, example: String(await freePort()) }];
        }),
    );
    return checked.flat();
}

function isFree(port: number): Promise<boolean> {
    return listen(port).then(
        () => true,
        () => false,
    );
}

async function freePort(): Promise<number> {
    return listen(0);
}

/** Listens for a moment, on the address where kind would, and tells the port. */
function listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
        const server = net.createServer();
        server.once("error", reject);
        server.listen({ port, host: "127.0.0.1" }, () => {
            const { port: got } = server.address() as net.AddressInfo;
            server.close(() => resolve(got));
        });
    });
}

/** The mirror and the chart repositories, asked once before the cluster is made. */
export async function sourceProblems({ sources }: Settings): Promise<Problem[]> {
    const asked = [
        ...(sources.registryMirror === undefined
            ? []
            : [
                  {
                      setting: "sources.registryMirror",
                      address: sources.registryMirror,
                      url: `${sources.registryMirror}/v2/`,
                  },
              ]),
        ...Object.entries(sources.charts).map(([name, { repository }]) => ({
            setting: `sources.charts.${name}.repository`,
            address: repository,
            url: `${repository}/index.yaml`,
        })),
    ];
    const answers = await Promise.all(
        asked.map(async ({ setting, address, url }): Promise<Problem[]> => {
            const said = await answer(url);
            if (said === undefined) return [];
            const message = `${address} does not serve what it should: GET ${url}: ${said}. Is its server up, and is this machine online?`;
            return [{ setting, message }];
        }),
    );
    return answers.flat();
}

/** What is wrong with an URL's answer. A registry may ask for a login: it answers all the same. */
async function answer(url: string): Promise<string | undefined> {
    try {
        const response = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(10_000) });
        return response.ok || response.status === 401 ? undefined : `HTTP ${response.status}`;
    } catch (error) {
        const { name, message, cause } = error as Error;
        if (name === "TimeoutError") return "no answer within 10 s";
        return cause instanceof Error ? cause.message : message;
    }
}
