import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Condition } from "./kubectlWait";
import type { KubeProxyMode } from "../../settings/schema";
import type { ChartSource } from "../../lib/versions";

/** What a {@link Calico} needs to know of the cluster. */
export interface CalicoArgs {
    /** Credentials for the cluster, to ask whether Calico has come up. */
    kubeconfig: pulumi.Input<string>;
    chart: ChartSource;
    /** Addresses of pods, CIDR; the same as the cluster's. */
    podSubnet: string;
    /**
     * How packets travel between nodes. IPIP brings BGP with it. Default: VXLAN, which needs nothing of the network below.
     * https://docs.tigera.io/calico/latest/networking/configuring/vxlan-ipip
     */
    encapsulation?: "VXLAN" | "IPIP";
    /** The cluster's: in nftables mode Calico writes nftables rules too, from 3.31 on; before, it can't. Default: iptables. */
    kubeProxyMode?: KubeProxyMode;
}

/** https://docs.tigera.io/calico/latest/getting-started/kubernetes/nftables */
function dataplane({ chart, kubeProxyMode }: CalicoArgs): object {
    const [major = 0, minor = 0] = chart.version.replace(/^v/, "").split(".").map(Number);
    const supported = major > 3 || (major === 3 && minor >= 31);
    return kubeProxyMode === "nftables" && supported ? { linuxDataplane: "Nftables" } : {};
}

/**
 * The pod network, by Calico's operator: https://docs.tigera.io/calico/latest/reference/installation/api. With it come
 * NetworkPolicies that are carried out.
 */
export class Calico extends pulumi.ComponentResource {
    /**
     * Done when every node takes pods. What starts earlier comes to lie on the one node that was first; for what is to be spread,
     * depend on this.
     */
    readonly nodesReady: pulumi.Resource;

    constructor(name: string, args: CalicoArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:Calico", name, {}, opts);
        const encapsulation = args.encapsulation ?? "VXLAN";
        const operator = new k8s.helm.v3.Release(
            name,
            {
                // A name of our own: else Pulumi would make one up, and with it the chart's objects.
                name,
                chart: "tigera-operator",
                version: args.chart.version,
                repositoryOpts: { repo: args.chart.repository },
                namespace: "tigera-operator",
                createNamespace: true,
                // What counts is that Calico is up, not its operator.
                skipAwait: true,
                values: {
                    installation: {
                        cni: { type: "Calico" },
                        calicoNetwork: {
                            ...dataplane(args),
                            bgp: encapsulation === "VXLAN" ? "Disabled" : "Enabled",
                            ipPools: [{ cidr: args.podSubnet, encapsulation, natOutgoing: "Enabled" }],
                        },
                    },
                    // The lab shows load balancing: none of these has a part in it, and each costs memory.
                    apiServer: { enabled: false },
                    goldmane: { enabled: false },
                    whisker: { enabled: false },
                },
            },
            { parent: this },
        );
        const condition = (what: string, conditions: string[]) =>
            new Condition(
                `${name}-${what}`,
                {
                    kubeconfig: args.kubeconfig,
                    namespace: "calico-system",
                    conditions,
                    triggers: [operator.status.revision],
                },
                { parent: this },
            );
        this.nodesReady = condition("nodes-ready", ["wait --for=condition=Ready nodes --all"]);
        condition("available", [
            "wait --for=create tigerastatus/calico",
            "wait --for=condition=Available tigerastatus/calico",
        ]);
        this.registerOutputs({});
    }
}
