import type { KubeProxyMode } from "../lib/kubeProxy";
import { CommandMissing, type Lab } from "./lab";

/*
 * What the kernel of a node has counted of a Service's connections: kube-proxy only tells the kernel what to do, and each of its
 * modes has counters of its own. They know connections, and nothing of requests.
 */

/** A Service's port, as kube-proxy sees it on a node. */
export interface ServicePort {
    namespace: string;
    name: string;
    /** The port's name; none where the Service's only port has none. */
    portName?: string;
    /** The address and the port that clients connect to. */
    address: string;
    port: number;
}

/** Where a figure comes from. */
export type KernelSource = "iptables" | "ipvs" | "conntrack";

/** New connections of each pod, by its IP, or why they can't be told. */
export type KernelCount =
    { source: KernelSource; counts: Record<string, number> } | { source: KernelSource; missing: KernelMissing };

export type KernelMissing =
    /** The node does not have the command. */
    | { reason: "noCommand"; command: string }
    /** The kernel has nothing about the Service. */
    | { reason: "noRules" }
    /** The kernel has seen no connection to the Service's address: they came another way, as by a port of localhost. */
    | { reason: "noneSeen" }
    /** kube-proxy wrote the rules anew meanwhile, with counters that begin at zero. */
    | { reason: "reset" }
    /** The kernel forgets a connection some time after it was closed, and the measuring took longer. */
    | { reason: "tooLong"; seconds: number };

/** Linux forgets a closed connection after that time, s: nf_conntrack_tcp_timeout_time_wait and …_fin_wait. */
const remembered = 120;

/**
 * Begins to count.
 *
 * @returns a function that ends it, and tells the new connections.
 */
export async function watchKernel(
    lab: Pick<Lab, "onNode">,
    node: string,
    mode: KubeProxyMode,
    service: ServicePort,
): Promise<() => Promise<KernelCount>> {
    // kube-proxy's rules for nftables have no counters. IPVS has, but not every node has the program that shows them.
    const sources: KernelSource[] = { iptables: ["iptables"], nftables: ["conntrack"], ipvs: ["ipvs", "conntrack"] }[
        mode
    ] as KernelSource[];
    let missing: KernelMissing = { reason: "noRules" };
    for (const source of sources) {
        try {
            return await (source === "conntrack"
                ? watchConnections(lab, node, service)
                : watchCounters(lab, node, source, service));
        } catch (error) {
            if (!(error instanceof CommandMissing)) throw error;
            missing = { reason: "noCommand", command: error.command };
        }
    }
    const source = sources[0] ?? "conntrack";
    return () => Promise.resolve({ source, missing });
}

async function watchCounters(
    lab: Pick<Lab, "onNode">,
    node: string,
    source: "iptables" | "ipvs",
    service: ServicePort,
): Promise<() => Promise<KernelCount>> {
    const read = async () =>
        source === "iptables"
            ? parseIptables(await lab.onNode(node, "iptables-save", "-t", "nat", "-c"), service)
            : parseIpvs(await lab.onNode(node, "ipvsadm", "-Ln", "--stats", "--exact"), service);
    const before = await read();
    return async () => {
        const after = await read();
        if (Object.keys(after).length === 0) return { source, missing: { reason: "noRules" } };
        const counts = Object.fromEntries(Object.entries(after).map(([ip, count]) => [ip, count - (before[ip] ?? 0)]));
        const isReset = Object.values(counts).some((count) => count < 0);
        return isReset ? { source, missing: { reason: "reset" } } : seen(source, counts);
    };
}

async function watchConnections(
    lab: Pick<Lab, "onNode">,
    node: string,
    service: ServicePort,
): Promise<() => Promise<KernelCount>> {
    const source = "conntrack";
    const read = () => readConnections(lab, node, service);
    const before = await read();
    const begun = performance.now();
    return async () => {
        const after = await read();
        const seconds = Math.round((performance.now() - begun) / 1000);
        if (seconds >= remembered) return { source, missing: { reason: "tooLong", seconds } };
        const counts: Record<string, number> = {};
        for (const [client, ip] of after) if (!before.has(client)) counts[ip] = (counts[ip] ?? 0) + 1;
        return seen(source, counts);
    };
}

/**
 * The connections to a Service's address that the kernel of a node lists, see {@link parseConntrack}.
 *
 * @throws {CommandMissing} where the node can't list them.
 */
export async function readConnections(
    lab: Pick<Lab, "onNode">,
    node: string,
    service: Pick<ServicePort, "address" | "port">,
): Promise<Map<string, string>> {
    return parseConntrack(await lab.onNode(node, "conntrack", "-L", "-p", "tcp", "-d", service.address), service);
}

const seen = (source: KernelSource, counts: Record<string, number>): KernelCount =>
    Object.values(counts).some((count) => count > 0) ? { source, counts } : { source, missing: { reason: "noneSeen" } };

/**
 * Reads `iptables-save -t nat -c`: how many connections a Service's rules have sent to each pod, by its IP. In the table nat the
 * kernel only looks at the first packet of a connection, so packets are connections. What leads where is told in
 * https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-iptables
 */
export function parseIptables(saved: string, service: ServicePort): Record<string, number> {
    const rules = saved.split("\n").flatMap((line) => {
        const [, packets, chain = "", rest = ""] = /^\[(\d+):\d+\] -A (\S+) (.*)$/.exec(line) ?? [];
        const [, target = ""] = /-j (\S+)/.exec(rest) ?? [];
        return packets === undefined ? [] : [{ packets: Number(packets), chain, rest, target }];
    });
    const { namespace, name, portName } = service;
    const full = `${namespace}/${name}${portName ? `:${portName}` : ""}`;
    const isAbout = (rest: string) => {
        const [, quoted, plain] = /--comment (?:"([^"]*)"|(\S+))/.exec(rest) ?? [];
        return (quoted ?? plain)?.split(" ")[0] === full;
    };
    const chains = new Set(
        rules
            .filter(({ chain, rest }) => /^KUBE-(SERVICES|NODEPORTS)$/.test(chain) && isAbout(rest))
            .map(({ target }) => target)
            .filter((target) => /^KUBE-(EXT|SVC|SVL)-/.test(target)),
    );
    const toPods: Record<string, number> = {};
    // Grows while it is gone through: external traffic goes by a chain of its own to the Service's.
    for (const current of chains) {
        for (const { chain, target, packets } of rules) {
            if (chain !== current) continue;
            if (/^KUBE-(SVC|SVL)-/.test(target)) chains.add(target);
            if (target.startsWith("KUBE-SEP-")) toPods[target] = (toPods[target] ?? 0) + packets;
        }
    }
    return Object.fromEntries(
        Object.entries(toPods).flatMap(([chain, packets]) => {
            const dnat = rules.find((rule) => rule.chain === chain && rule.target === "DNAT");
            const [, ip] = /--to-destination ([\d.]+):/.exec(dnat?.rest ?? "") ?? [];
            return ip === undefined ? [] : [[ip, packets]];
        }),
    );
}

/** Reads `ipvsadm -Ln --stats`: the connections of a virtual server's real servers, which are pods, by their IP. */
export function parseIpvs(listed: string, { address, port }: ServicePort): Record<string, number> {
    const counts: Record<string, number> = {};
    let isAsked = false;
    for (const line of listed.split("\n")) {
        const [, protocol, virtual] = /^(\S+)\s+(\S+)/.exec(line) ?? [];
        if (protocol !== undefined) isAsked = protocol === "TCP" && virtual === `${address}:${port}`;
        const [, ip, connections] = /^\s+->\s+([\d.]+):\d+\s+(\d+)/.exec(line) ?? [];
        if (isAsked && ip !== undefined) counts[ip] = Number(connections);
    }
    return counts;
}

/**
 * Reads `conntrack -L`: to which pod, by its IP, the kernel has sent the connections to a Service. An entry has both directions:
 * what the client sent, and what is expected to come back, which comes from the pod.
 *
 * @returns by the client's address and port.
 */
export function parseConntrack(
    listed: string,
    { address, port }: Pick<ServicePort, "address" | "port">,
): Map<string, string> {
    const entry = /^tcp\s.*?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) .*?src=(\S+) /;
    return new Map(
        listed.split("\n").flatMap((line) => {
            const [, client, to, clientPort, toPort, pod] = entry.exec(line) ?? [];
            return pod !== undefined && to === address && Number(toPort) === port
                ? [[`${client}:${clientPort}`, pod] as const]
                : [];
        }),
    );
}
