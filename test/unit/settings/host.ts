import type { DockerHost } from "../../../lib/dockerHost";

/** The three nodes of a cluster. */
export const nodes = (cluster: string, running = true, hostPorts: number[] = []) =>
    ["control-plane", "worker", "worker2"].map((role) => ({ cluster, name: `${cluster}-${role}`, running, hostPorts }));

const kind = {
    name: "kind",
    subnets: ["172.18.0.0/16"],
    gateways: ["172.18.0.1"],
    containers: [
        { name: "lb-s01-control-plane", address: "172.18.0.2" },
        { name: "registry", address: "172.18.9.9" },
    ],
};

/** A Docker with the cluster of stack s01. */
export const host: DockerHost = {
    addressesReachable: true,
    sharesKernel: true,
    networks: [{ name: "bridge", subnets: ["172.17.0.0/16"], gateways: ["172.17.0.1"], containers: [] }, kind],
    nodes: nodes("lb-s01"),
    pools: [
        { cluster: "lb-s01", addresses: "172.18.201.0-172.18.201.31" },
        { cluster: "lb-s01", addresses: "fc00:f853:ccd:e793::/64" },
    ],
};

/** A Docker on which no cluster has been made yet. */
export const emptyHost: DockerHost = { ...host, networks: host.networks.slice(0, 1), nodes: [], pools: [] };
