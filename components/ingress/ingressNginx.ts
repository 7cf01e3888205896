import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ChartSource } from "../../lib/versions";
import type { Cluster } from "../cluster/cluster";
import { HelmRelease } from "../cluster/helmRelease";
import { KubectlWait } from "../cluster/kubectlWait";
import type { ServiceAddress } from "./serviceAddress";

/** Where an {@link IngressNginx} is reached. */
export interface IngressNginxArgs {
    cluster: Cluster;
    chart: ChartSource;
    /** External address of its Service. Default: the load balancer chooses. */
    address?: ServiceAddress;
    /** Ports of every node that lead to it as well. Default: Kubernetes chooses. */
    nodePorts?: { http: number; https: number };
}

/**
 * The ingress controller: one nginx that routes by host and path, behind a Service of type LoadBalancer.
 * https://kubernetes.github.io/ingress-nginx/. Upstream retired it in March 2026; README says what that means here.
 */
export class IngressNginx extends pulumi.ComponentResource {
    /** For an Ingress's `ingressClassName`. It is known when the controller's webhook admits Ingresses. */
    readonly className: pulumi.Output<string>;
    /** Its pods, for NetworkPolicies: all of its namespace. */
    readonly pods: { namespace: pulumi.Output<string> };

    constructor(name: string, args: IngressNginxArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:IngressNginx", name, {}, pulumi.mergeOptions(args.cluster.childOptions, opts));
        const { metadata } = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            { metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "baseline" } } },
            { parent: this },
        );
        const namespace = metadata.name;
        this.pods = { namespace };
        const release = new HelmRelease(
            name,
            {
                chart: "ingress-nginx",
                source: args.chart,
                namespace,
                // The chart's hooks make the webhook's certificate. They run in pods, so they wait for the pod network.
                timeout: 600,
                values: {
                    fullnameOverride: name,
                    controller: {
                        config: { "log-format-escape-json": "true", "log-format-upstream": accessLogFormat },
                        ingressClassResource: { default: true },
                        // The chart's first probe is after ten seconds, and the next after ten more.
                        readinessProbe: { initialDelaySeconds: 1, periodSeconds: 2 },
                        service: {
                            annotations: args.address?.annotations ?? {},
                            nodePorts: args.nodePorts ?? {},
                        },
                    },
                },
            },
            { parent: this },
        );
        const ready = new KubectlWait(
            `${name}-ready`,
            {
                cluster: args.cluster,
                namespace: name,
                conditions: [
                    `rollout status deployment/${name}-controller --namespace ${name}`,
                    ...(args.address === undefined ? [] : [hasAddress(name, args.address.ip)]),
                ],
                admits: admissionTest,
                triggers: [release.status.revision],
            },
            // The load balancer is waited for here, not before the release: images are pulled meanwhile.
            { parent: this, dependsOn: args.address?.dependsOn },
        );
        this.className = pulumi.output(ready.id).apply(() => "nginx");
        this.registerOutputs({ className: this.className });
    }
}

/**
 * The access log as one JSON object a line, like the tiers' own, with the request id that goes on to them.
 * https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/log-format/
 */
const accessLogFormat =
    '{"time":"$time_iso8601","method":"$request_method","path":"$request_uri","status":$status,' +
    '"durationSeconds":$request_time,"pod":"$hostname","requestId":"$req_id",' +
    '"service":"$proxy_upstream_name","upstream":"$upstream_addr"}';

function hasAddress(name: string, ip: pulumi.Input<string>): pulumi.Output<string> {
    const path = "{.status.loadBalancer.ingress[0].ip}";
    return pulumi.interpolate`wait --namespace ${name} --for=jsonpath=${path}=${ip} service/${name}-controller`;
}

const admissionTest = {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "admission-test", namespace: "default" },
    spec: { ingressClassName: "nginx", defaultBackend: { service: { name: "none", port: { number: 80 } } } },
};
