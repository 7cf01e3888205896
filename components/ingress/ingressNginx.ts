import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Condition } from "../cluster/kubectlWait";
import type { ServiceAddress } from "./serviceAddress";
import type { ChartSource } from "../../lib/versions";

/** Where an {@link IngressNginx} is reached. */
export interface IngressNginxArgs {
    /** Credentials for the cluster, to ask whether the admission webhook answers. */
    kubeconfig: pulumi.Input<string>;
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
    /** For an Ingress's `ingressClassName`; known when the controller takes Ingresses. */
    readonly className: pulumi.Output<string>;
    /** Where its pods are. */
    readonly namespace: pulumi.Output<string>;

    constructor(name: string, args: IngressNginxArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:IngressNginx", name, {}, opts);
        const { metadata } = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            { metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "baseline" } } },
            { parent: this },
        );
        this.namespace = metadata.name;
        const release = new k8s.helm.v3.Release(
            name,
            {
                name,
                chart: "ingress-nginx",
                version: args.chart.version,
                repositoryOpts: { repo: args.chart.repository },
                namespace: this.namespace,
                skipAwait: true,
                // The chart's hooks make the webhook's certificate, in pods: they wait for the pod network.
                timeout: 600,
                values: {
                    fullnameOverride: name,
                    controller: {
                        config: { "log-format-escape-json": "true", "log-format-upstream": accessLogFormat },
                        ingressClassResource: { default: true },
                        // The chart's first look is after ten seconds, and the next after ten more.
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
        const ready = new Condition(
            `${name}-ready`,
            {
                kubeconfig: args.kubeconfig,
                namespace: name,
                conditions: [
                    `rollout status deployment/${name}-controller --namespace ${name}`,
                    ...(args.address === undefined ? [] : [hasAddress(name, args.address.ip)]),
                ],
                admits: admissionTest,
                triggers: [release.status.revision],
            },
            // Only now, so that the release and its image need not wait for the load balancer.
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
