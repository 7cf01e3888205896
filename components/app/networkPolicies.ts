import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** Who may talk to whom. */
export interface Flow {
    /** An application of the namespace, by its label app.kubernetes.io/name; or all pods of another namespace. */
    from: string | { namespace: pulumi.Input<string> };
    /** An application of the namespace. */
    to: string;
    /** Port of the receiving pods, not of their Service. */
    port: number;
}

/** What {@link NetworkPolicies} let through. */
export interface NetworkPoliciesArgs {
    namespace: pulumi.Input<string>;
    flows: Flow[];
}

const application = (name: string) => ({ matchLabels: { "app.kubernetes.io/name": name } });

/** Who calls by a name has to look it up. */
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
 * Shuts a namespace in both directions and opens the flows that are named, on both ends of each. It takes a network plugin that
 * carries policies out, as {@link Calico} does: https://kubernetes.io/docs/concepts/services-networking/network-policies/.
 * A node always reaches its own pods, so probes and port-forwards work.
 */
export class NetworkPolicies extends pulumi.ComponentResource {
    constructor(name: string, args: NetworkPoliciesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:NetworkPolicies", name, {}, opts);
        const policy = (what: string, spec: k8s.types.input.networking.v1.NetworkPolicySpec) =>
            new k8s.networking.v1.NetworkPolicy(
                `${name}-${what}`,
                { metadata: { name: what, namespace: args.namespace }, spec },
                { parent: this },
            );

        policy("default-deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
        for (const to of new Set(args.flows.map((flow) => flow.to))) {
            policy(`to-${to}`, {
                podSelector: application(to),
                policyTypes: ["Ingress"],
                ingress: args.flows
                    .filter((flow) => flow.to === to)
                    .map(({ from, port }) => ({ from: [peer(from)], ports: [{ port }] })),
            });
        }
        for (const from of new Set(
            args.flows.map((flow) => flow.from).filter((caller) => typeof caller === "string"),
        )) {
            const calls = args.flows.filter((flow) => flow.from === from);
            policy(`from-${from}`, {
                podSelector: application(from),
                policyTypes: ["Egress"],
                egress: [dns, ...calls.map(({ to, port }) => ({ to: [peer(to)], ports: [{ port }] }))],
            });
        }
        this.registerOutputs({});
    }
}

function peer(who: Flow["from"]): k8s.types.input.networking.v1.NetworkPolicyPeer {
    return typeof who === "string"
        ? { podSelector: application(who) }
        : { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": who.namespace } } };
}
