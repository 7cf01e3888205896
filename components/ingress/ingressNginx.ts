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
    /**
     * Number of its pods. Each is on another node as long as there are enough, so that a node may stop. Each takes turns among an
     * application's pods by itself. Default: 2.
     */
    replicas?: number;
    /**
     * Whether it also serves Ingresses that name no class. Where a cluster has a default class, there are none: the API server
     * gives them the default. Default: false.
     */
    servesWithoutClass?: boolean;
}

/**
 * The ingress controller: nginx that routes by host and path, behind a Service of type LoadBalancer.
 * https://kubernetes.github.io/ingress-nginx/. Upstream retired it in March 2026; docs/course.md says what that means here.
 */
export class IngressNginx extends pulumi.ComponentResource {
    /** For an Ingress's `ingressClassName`. It is known when the controller serves Ingresses. */
    readonly className: pulumi.Output<string>;
    /** Its pods, for NetworkPolicies: all of its namespace. */
    readonly pods: { namespace: pulumi.Output<string> };

    constructor(name: string, args: IngressNginxArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:IngressNginx", name, {}, pulumi.mergeOptions(args.cluster.childOptions, opts));
        const { metadata } = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            // The controller may bind to ports below 1024; that is the one capability that "restricted" allows.
            { metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
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
                        replicaCount: args.replicas ?? 2,
                        updateStrategy: {
                            type: "RollingUpdate",
                            rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
                        },
                        topologySpreadConstraints: [spreadOverNodes(name)],
                        config: {
                            "log-format-escape-json": "true",
                            "log-format-upstream": accessLogFormat,
                            // The controller's nginx is 1.27, which nobody mends any more, and has holes in HTTP/2. Browsers and
                            // curl then speak HTTP/1.1.
                            "use-http2": "false",
                        },
                        // It does not claim to be the cluster's default class, which may be another's.
                        watchIngressWithoutClass: args.servesWithoutClass ?? false,
                        // The chart's first probe is after ten seconds, and the next after ten more. A new pod says that it is ready
                        // before it has read the certificates, and shows one of its own until then. So it has to say so three times.
                        readinessProbe: { initialDelaySeconds: 1, periodSeconds: 1, successThreshold: 3 },
                        // Ingresses are previewed and made also while no controller answers, as after a run that was cut off.
                        admissionWebhooks: { failurePolicy: "Ignore" },
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
                namespaces: [name],
                conditions: [
                    `rollout status deployment/${name}-controller --namespace ${name}`,
                    ...(args.address === undefined ? [] : [hasAddress(name, args.address.ip)]),
                ],
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

/**
 * At the start of a cluster one node is Ready before the others. A pod that could go there as well waits for another node, if
 * there is to be one. Each version of the pods is spread by itself, also while it takes another's place.
 */
function spreadOverNodes(release: string) {
    return {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "DoNotSchedule",
        matchLabelKeys: ["pod-template-hash"],
        labelSelector: {
            matchLabels: {
                "app.kubernetes.io/name": "ingress-nginx",
                "app.kubernetes.io/instance": release,
                "app.kubernetes.io/component": "controller",
            },
        },
    };
}

function hasAddress(name: string, ip: pulumi.Input<string>): pulumi.Output<string> {
    const path = "{.status.loadBalancer.ingress[0].ip}";
    return pulumi.interpolate`wait --namespace ${name} --for=jsonpath=${path}=${ip} service/${name}-controller`;
}
