import * as pulumi from "@pulumi/pulumi";
import type { KubeProxyMode } from "../../lib/kubeProxy";
import type { ChartSource } from "../../lib/versions";
import { calicoCrds } from "./calicoCrds";
import type { Cluster } from "./cluster";
import { HelmRelease } from "./helmRelease";
import { KubectlWait } from "./kubectlWait";

/** What a {@link Calico} needs to know of the cluster. */
export interface CalicoArgs {
    cluster: Cluster;
    chart: ChartSource;
    /** Addresses of pods, CIDR; the same as the cluster's. */
    podSubnet: string;
    /**
     * How packets travel between nodes. IPIP brings BGP with it. Default: VXLAN, which works on any network of nodes.
     * https://docs.tigera.io/calico/latest/networking/configuring/vxlan-ipip
     */
    encapsulation?: "VXLAN" | "IPIP";
    /** The cluster's. In nftables mode Calico from 3.31 on writes nftables rules too; before, it was a preview. Default: iptables. */
    kubeProxyMode?: KubeProxyMode;
}

/** Whether a chart is of Calico 3.`minor` or newer. */
function isAtLeast(minor: number, { version }: ChartSource): boolean {
    const [major = 0, actual = 0] = version.replace(/^v/, "").split(".").map(Number);
    return major > 3 || (major === 3 && actual >= minor);
}

/**
 * Calico can write nftables rules since 3.29, and supports it since 3.31:
 * https://docs.tigera.io/calico/latest/getting-started/kubernetes/nftables
 */
function dataplane({ chart, kubeProxyMode }: CalicoArgs): object {
    return kubeProxyMode === "nftables" && isAtLeast(31, chart) ? { linuxDataplane: "Nftables" } : {};
}

/**
 * The pod network, by Calico's operator: https://docs.tigera.io/calico/latest/reference/installation/api. With it come
 * NetworkPolicies that are carried out.
 */
export class Calico extends pulumi.ComponentResource {
    /**
     * Done when every node is Ready. Pods that are made earlier all start on the node that is Ready first. If pods are to be
     * spread over the nodes, let them depend on this.
     */
    readonly nodesReady: pulumi.Resource;

    constructor(name: string, args: CalicoArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:Calico", name, {}, pulumi.mergeOptions(args.cluster.childOptions, opts));
        const encapsulation = args.encapsulation ?? "VXLAN";
        // Until 3.31 the operator's chart has them.
        const crds = isAtLeast(32, args.chart)
            ? [calicoCrds(`${name}-crds`, { cluster: args.cluster, source: args.chart })]
            : [];
        const operator = new HelmRelease(
            name,
            {
                chart: "tigera-operator",
                source: args.chart,
                namespace: "tigera-operator",
                createNamespace: true,
                values: {
                    installation: {
                        cni: { type: "Calico" },
                        // It lets pods mount volumes of a kind that Kubernetes gave up, and is an image of its own.
                        flexVolumePath: "None",
                        calicoNetwork: {
                            ...dataplane(args),
                            bgp: encapsulation === "VXLAN" ? "Disabled" : "Enabled",
                            ipPools: [{ cidr: args.podSubnet, encapsulation, natOutgoing: "Enabled" }],
                        },
                    },
                    // None of these has a part in load balancing, and each costs memory.
                    apiServer: { enabled: false },
                    goldmane: { enabled: false },
                    whisker: { enabled: false },
                },
            },
            { parent: this, hooks: { beforeCreate: crds, beforeUpdate: crds } },
        );
        const waitFor = (what: string, conditions: string[]) =>
            new KubectlWait(
                `${name}-${what}`,
                {
                    cluster: args.cluster,
                    // The operator is in the first, what it makes is in the second.
                    namespaces: ["tigera-operator", "calico-system"],
                    explain: [whatOperatorSays],
                    conditions,
                    triggers: [operator.status.revision],
                },
                { parent: this },
            );
        this.nodesReady = waitFor("nodes-ready", ["wait --for=condition=Ready nodes --all"]);
        waitFor("available", [
            "wait --for=create tigerastatus/calico",
            "wait --for=condition=Available tigerastatus/calico",
        ]);
        this.registerOutputs({});
    }
}

/** Of each part of Calico: whether it is available, and if not, why. */
const whatOperatorSays =
    "get tigerastatus --output custom-columns=NAME:.metadata.name,CONDITION:.status.conditions[*].type," +
    "STATUS:.status.conditions[*].status,MESSAGE:.status.conditions[*].message";
