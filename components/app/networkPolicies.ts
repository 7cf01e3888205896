import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster/cluster";

/** Pods of one application. Its NetworkPolicies select them by the label that the pods carry. */
export interface PodGroup {
    labels: { "app.kubernetes.io/name": string };
}

/** All pods of another namespace. */
export interface NamespacePods {
    namespace: pulumi.Input<string>;
}

/** Who may connect to whom. */
export interface Flow {
    from: PodGroup | NamespacePods;
    to: PodGroup;
    /** Port of the receiving pods, not of their Service. */
    port: number;
}

/** What {@link NetworkPolicies} allow. */
export interface NetworkPoliciesArgs {
    cluster: Cluster;
    namespace: pulumi.Input<string>;
    flows: Flow[];
}

/** A client looks up the name of its server. */
const dns = {
    to: [
        {
            namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
            podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
        },
    ],
    ports: [
        { protocol: "UDP", port: 53 },
        { protocol: "TCP", port: 53 },
    ],
};

/**
 * Denies all traffic of a namespace in both directions, and allows the flows that are named, on both ends of each. It takes a
 * network plugin that enforces policies, as {@link Calico} does: https://kubernetes.io/docs/concepts/services-networking/network-policies/.
 * A node always reaches its own pods, so probes and port-forwards work.
 */
export class NetworkPolicies extends pulumi.ComponentResource {
    constructor(name: string, args: NetworkPoliciesArgs, opts?: pulumi.ComponentResourceOptions) {
        super(
            "load-balancing-lab:index:NetworkPolicies",
            name,
            {},
            pulumi.mergeOptions(args.cluster.childOptions, opts),
        );
        const policy = (what: string, spec: k8s.types.input.networking.v1.NetworkPolicySpec) =>
            new k8s.networking.v1.NetworkPolicy(
                `${name}-${what}`,
                { metadata: { name: what, namespace: args.namespace }, spec },
                { parent: this },
            );

        policy("default-deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
        for (const server of distinct(args.flows.map(({ to }) => to))) {
            const flows = args.flows.filter(({ to }) => nameOf(to) === nameOf(server));
            policy(`to-${nameOf(server)}`, {
                podSelector: { matchLabels: { ...server.labels } },
                policyTypes: ["Ingress"],
                ingress: flows.map(({ from, port }) => ({ from: [peer(from)], ports: [{ port }] })),
            });
        }
        for (const client of distinct(args.flows.map(({ from }) => from).filter(isPodGroup))) {
            const flows = args.flows.filter(({ from }) => isPodGroup(from) && nameOf(from) === nameOf(client));
            policy(`from-${nameOf(client)}`, {
                podSelector: { matchLabels: { ...client.labels } },
                policyTypes: ["Egress"],
                egress: [dns, ...flows.map(({ to, port }) => ({ to: [peer(to)], ports: [{ port }] }))],
            });
        }
        this.registerOutputs({});
    }
}

const nameOf = ({ labels }: PodGroup) => labels["app.kubernetes.io/name"];

const distinct = (groups: PodGroup[]) => new Map(groups.map((group) => [nameOf(group), group])).values();

function isPodGroup(who: Flow["from"]): who is PodGroup {
    return "labels" in who;
}

function peer(who: Flow["from"]): k8s.types.input.networking.v1.NetworkPolicyPeer {
    return isPodGroup(who)
        ? { podSelector: { matchLabels: { ...who.labels } } }
        : { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": who.namespace } } };
}
