import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AddressRange } from "../../lib/addressRange";
import { Condition } from "../cluster/kubectlWait";
import type { ServiceAddress } from "./serviceAddress";
import { reservedAddresses } from "../../settings/schema";
import type { ChartSource } from "../../lib/versions";

/** What a {@link MetalLb} hands out. */
export interface MetalLbArgs {
    /** Credentials for the cluster, to ask whether MetalLB's webhook answers. */
    kubeconfig: pulumi.Input<string>;
    chart: ChartSource;
    /** The addresses, start-end or CIDR, in the nodes' own network. */
    addressPool: pulumi.Input<string>;
}

const namespace = "metallb-system";
const soon = { initialDelaySeconds: 1, periodSeconds: 2 };
const apiVersion = "metallb.io/v1beta1";

/**
 * A load balancer for clusters without a cloud: MetalLB in layer 2 mode, where one node answers for an address and kube-proxy
 * spreads its connections over the pods: https://metallb.io/concepts/layer2/
 *
 * The pool's first addresses are kept for Services that ask for them by name, see {@link address}; Services of type LoadBalancer
 * that ask for none get one of the rest.
 */
export class MetalLb extends pulumi.ComponentResource {
    private readonly pool: pulumi.Output<AddressRange>;
    private readonly announced: pulumi.Resource;

    constructor(name: string, args: MetalLbArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:MetalLb", name, {}, opts);
        this.pool = pulumi.output(args.addressPool).apply((text) => AddressRange.parse(text));

        const system = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            {
                metadata: {
                    name: namespace,
                    // The speaker answers ARP on the nodes' network: https://metallb.io/installation/#installation-by-manifest
                    labels: { "pod-security.kubernetes.io/enforce": "privileged" },
                },
            },
            { parent: this },
        );
        const release = new k8s.helm.v3.Release(
            name,
            {
                name,
                chart: "metallb",
                version: args.chart.version,
                repositoryOpts: { repo: args.chart.repository },
                namespace: system.metadata.name,
                skipAwait: true,
                values: {
                    fullnameOverride: "metallb",
                    // The charts' first look is after ten seconds, and the next after ten more.
                    controller: { readinessProbe: soon },
                    // Layer 2 needs no BGP. Until 0.15 the speaker brought FRR along, from 0.16 it is a chart of its own.
                    speaker: {
                        readinessProbe: soon,
                        startupProbe: { periodSeconds: 1, failureThreshold: 150 },
                        frr: { enabled: false },
                    },
                    frrk8s: { enabled: false },
                },
            },
            { parent: this },
        );
        const ready = new Condition(
            `${name}-ready`,
            {
                kubeconfig: args.kubeconfig,
                namespace,
                conditions: ["deployment/metallb-controller", "daemonset/metallb-speaker"].map(
                    (workload) => `rollout status ${workload} --namespace ${namespace}`,
                ),
                admits: ipAddressPool("admission-test", ["192.0.2.1-192.0.2.1"]),
                triggers: [release.status.revision],
            },
            { parent: this },
        );

        const inside = { parent: this, dependsOn: ready };
        const reserved = new k8s.apiextensions.CustomResource(
            `${name}-reserved`,
            ipAddressPool(
                "reserved",
                this.pool.apply((pool) => [pool.slice(0, reservedAddresses).toString()]),
                false,
            ),
            inside,
        );
        const free = new k8s.apiextensions.CustomResource(
            `${name}-free`,
            ipAddressPool(
                "free",
                this.pool.apply((pool) => [pool.slice(reservedAddresses).toString()]),
            ),
            inside,
        );
        this.announced = new k8s.apiextensions.CustomResource(
            `${name}-advertisement`,
            {
                apiVersion,
                kind: "L2Advertisement",
                metadata: { name: "layer2", namespace },
                spec: { ipAddressPools: [reserved.metadata.name, free.metadata.name] },
            },
            inside,
        );
        this.registerOutputs({});
    }

    /**
     * One of the addresses that are kept for Services that ask for them.
     *
     * @param index from 0, below {@link reservedAddresses}
     */
    address(index: number): ServiceAddress {
        return {
            ip: this.pool.apply((pool) => pool.slice(index, 1).first),
            // https://metallb.io/usage/#requesting-specific-ips
            annotations: { "metallb.io/loadBalancerIPs": this.pool.apply((pool) => pool.slice(index, 1).first) },
            dependsOn: this.announced,
        };
    }
}

function ipAddressPool(name: string, addresses: pulumi.Input<string[]>, autoAssign = true) {
    return {
        apiVersion,
        kind: "IPAddressPool",
        metadata: { name, namespace },
        spec: { addresses, autoAssign },
    };
}
