import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AddressRange } from "../../lib/addressRange";
import type { ChartSource } from "../../lib/versions";
import type { Cluster } from "../cluster/cluster";
import { HelmRelease } from "../cluster/helmRelease";
import { KubectlWait } from "../cluster/kubectlWait";
import type { ServiceAddress } from "./serviceAddress";

/** What a {@link MetalLb} hands out. */
export interface MetalLbArgs {
    cluster: Cluster;
    chart: ChartSource;
    /** The addresses, start-end or CIDR, in the nodes' own network. */
    addressPool: pulumi.Input<string>;
    /** How many of the pool's first addresses are kept for {@link MetalLb.address}. */
    reserved: number;
}

const namespace = "metallb-system";
/** The charts' first probe is after ten seconds, and the next after ten more. */
const quickProbe = { initialDelaySeconds: 1, periodSeconds: 2 };
const apiVersion = "metallb.io/v1beta1";

/**
 * A load balancer for clusters without a cloud: MetalLB in layer 2 mode, where one node answers for an address and kube-proxy
 * spreads its connections over the pods: https://metallb.io/concepts/layer2/
 *
 * The pool's first addresses are reserved: a Service gets one only if it asks for it, see {@link address}. A Service of type
 * LoadBalancer that asks for none gets one of the rest.
 */
export class MetalLb extends pulumi.ComponentResource {
    private readonly pool: pulumi.Output<AddressRange>;
    private readonly announced: pulumi.Resource;

    constructor(name: string, args: MetalLbArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:MetalLb", name, {}, pulumi.mergeOptions(args.cluster.childOptions, opts));
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
        const release = new HelmRelease(
            name,
            {
                chart: "metallb",
                source: args.chart,
                namespace: system.metadata.name,
                values: {
                    fullnameOverride: "metallb",
                    // Its webhook refuses connections for some seconds after its pod is Ready, and for longer on a node that is
                    // starting. A preview would fail on it too.
                    crds: { validationFailurePolicy: "Ignore" },
                    controller: { readinessProbe: quickProbe },
                    // Layer 2 needs no BGP. Until 0.15 the speaker brought FRR along, from 0.16 it is a chart of its own.
                    speaker: { readinessProbe: quickProbe, frr: { enabled: false } },
                    frrk8s: { enabled: false },
                },
            },
            { parent: this },
        );
        const ready = new KubectlWait(
            `${name}-ready`,
            {
                cluster: args.cluster,
                namespaces: [namespace],
                conditions: ["deployment/metallb-controller", "daemonset/metallb-speaker"].map(
                    (workload) => `rollout status ${workload} --namespace ${namespace}`,
                ),
                triggers: [release.status.revision],
            },
            { parent: this },
        );

        const afterRollout = { parent: this, dependsOn: ready };
        const reserved = new k8s.apiextensions.CustomResource(
            `${name}-reserved`,
            ipAddressPool(
                "reserved",
                this.pool.apply((pool) => [pool.slice(0, args.reserved).toString()]),
                false,
            ),
            afterRollout,
        );
        const free = new k8s.apiextensions.CustomResource(
            `${name}-free`,
            ipAddressPool(
                "free",
                this.pool.apply((pool) => [pool.slice(args.reserved).toString()]),
            ),
            afterRollout,
        );
        this.announced = new k8s.apiextensions.CustomResource(
            `${name}-advertisement`,
            {
                apiVersion,
                kind: "L2Advertisement",
                metadata: { name: "layer2", namespace },
                spec: { ipAddressPools: [reserved.metadata.name, free.metadata.name] },
            },
            afterRollout,
        );
        this.registerOutputs({});
    }

    /**
     * One of the reserved addresses, for a Service to ask for.
     *
     * @param index from 0, below {@link MetalLbArgs.reserved}
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
