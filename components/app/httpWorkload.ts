import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster/cluster";
import { KubectlWait } from "../cluster/kubectlWait";
import type { ServiceRef } from "../ingress/routes";
import type { ServiceAddress } from "../ingress/serviceAddress";
import { accessLog } from "./accessLog";
import type { PodGroup } from "./networkPolicies";
import { type ContainerArgs, podSpec, servingProbes } from "./pod";

/** What every {@link HttpWorkload} takes. */
export interface HttpWorkloadArgs {
    cluster: Cluster;
    image: pulumi.Input<string>;
    /** Name of its objects in Kubernetes. Default: the component's. */
    objectName?: string;
    /** Number of pods. Default: 2. */
    replicas?: number;
}

/** What sets one {@link HttpWorkload} apart from another. */
export interface HttpWorkloadShape extends Pick<ContainerArgs, "env" | "resources" | "volumeMounts"> {
    namespace: pulumi.Input<string>;
    /** Number of the user that the image runs as. */
    user: number;
    /** Port of the Service. */
    servicePort: number;
    /** Path that answers 200 while the process lives. */
    livenessPath: string;
    /** Path that answers 200 while requests are welcome. */
    readinessPath: string;
    volumes?: k8s.types.input.core.v1.Volume[];
    /** A busybox for the logger, which ships the {@link accessLogFile}. Default: no logger. */
    loggerImage?: string;
    /** The Service's external address. Default: the load balancer chooses. Without `loadBalancer` the Service has none. */
    loadBalancer?: { address?: ServiceAddress };
    /** What the pods wait for. */
    dependsOn?: pulumi.Resource[];
}

/**
 * Equal pods that answer HTTP on one port, and the Service in front of them.
 *
 * Pods are replaced without a lost request: a new one is ready before an old one goes, and the old one serves on while
 * kube-proxy and the ingress learn of its end. They are spread over the nodes as far as there are enough.
 *
 * Each pod carries its {@link version} as the label `app.kubernetes.io/version`, and its container has it as APP_VERSION and answers
 * with it in the header X-Version. So one can ask which version it is that answers.
 */
export abstract class HttpWorkload extends pulumi.ComponentResource {
    /** Its pods, for NetworkPolicies. */
    readonly pods: PodGroup;
    /** In front of its pods. */
    service!: ServiceRef;
    /** Changes with each rollout. It is known when none but the new pods are in the Service. */
    revision!: pulumi.Output<number>;
    /** A digest of all that its pods are made of: image, configuration, probes. A change of any makes another version. */
    version!: pulumi.Output<string>;
    protected readonly objectName: string;

    protected constructor(
        type: string,
        private readonly name: string,
        private readonly args: HttpWorkloadArgs,
        /** Port of the pods. */
        readonly containerPort: number,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super(`load-balancing-lab:index:${type}`, name, {}, pulumi.mergeOptions(args.cluster.childOptions, opts));
        this.objectName = args.objectName ?? name;
        this.pods = { labels: { "app.kubernetes.io/name": this.objectName } };
    }

    /** Makes the Deployment and the Service, and sets {@link service}, {@link revision} and {@link version}. */
    protected serve(shape: HttpWorkloadShape): k8s.core.v1.Service {
        const { labels } = this.pods;
        const metadata = { name: this.objectName, namespace: shape.namespace, labels };
        const log = shape.loggerImage === undefined ? undefined : accessLog(shape.loggerImage);
        const http = (path: string) => ({ httpGet: { path, port: "http" } });
        const spec = podSpec({
            user: shape.user,
            sidecar: log?.logger,
            container: {
                name: this.objectName,
                image: this.args.image,
                env: [...(shape.env ?? []), versionFromLabel],
                ports: [{ name: "http", containerPort: this.containerPort }],
                resources: shape.resources,
                volumeMounts: [...(log ? [log.mount] : []), ...(shape.volumeMounts ?? [])],
                lifecycle: { preStop: { sleep: { seconds: 8 } } },
                ...servingProbes(http(shape.livenessPath), http(shape.readinessPath), 60),
            },
            volumes: [...(log ? [log.volume] : []), ...(shape.volumes ?? [])],
            terminationGracePeriodSeconds: 45,
        });
        this.version = pulumi.output(spec).apply(digest);
        const deployment = new k8s.apps.v1.Deployment(
            this.name,
            {
                metadata,
                spec: {
                    replicas: this.args.replicas ?? 2,
                    minReadySeconds: 1,
                    revisionHistoryLimit: 3,
                    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
                    selector: { matchLabels: labels },
                    template: {
                        metadata: { labels: { ...labels, [versionLabel]: this.version } },
                        spec: {
                            ...spec,
                            topologySpreadConstraints: [
                                {
                                    maxSkew: 1,
                                    topologyKey: "kubernetes.io/hostname",
                                    whenUnsatisfiable: "ScheduleAnyway",
                                    labelSelector: { matchLabels: labels },
                                },
                            ],
                        },
                    },
                },
            },
            { parent: this, dependsOn: shape.dependsOn },
        );
        const { generation } = deployment.metadata;
        // Pulumi may take a Deployment for complete that Kubernetes has not begun to roll out.
        const rollout = new KubectlWait(
            `${this.name}-rollout`,
            {
                cluster: this.args.cluster,
                namespaces: [shape.namespace],
                conditions: [
                    pulumi.interpolate`rollout status deployment/${this.objectName} --namespace ${shape.namespace}`,
                ],
                triggers: [generation],
            },
            { parent: this, dependsOn: deployment },
        );
        this.revision = pulumi.all([generation, rollout.id]).apply(([current]) => current);
        const { loadBalancer } = shape;
        const service = new k8s.core.v1.Service(
            this.name,
            {
                metadata: {
                    ...metadata,
                    annotations: {
                        ...loadBalancer?.address?.annotations,
                        ...(loadBalancer
                            ? // It is ready when it has an address. Pulumi's own rule takes ten seconds more.
                              { "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress}" }
                            : // Its endpoints come with the pods, which Pulumi waits for anyway.
                              { "pulumi.com/skipAwait": "true" }),
                    },
                },
                spec: {
                    type: loadBalancer && "LoadBalancer",
                    selector: labels,
                    ports: [{ name: "http", port: shape.servicePort, targetPort: "http" }],
                },
            },
            { parent: this, dependsOn: loadBalancer?.address?.dependsOn },
        );
        this.service = { name: service.metadata.name, port: shape.servicePort };
        return service;
    }
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
const versionLabel = "app.kubernetes.io/version";

/** https://kubernetes.io/docs/concepts/workloads/pods/downward-api/ */
const versionFromLabel = {
    name: "APP_VERSION",
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${versionLabel}']` } },
};

function digest(spec: unknown): string {
    return createHash("sha256").update(JSON.stringify(spec)).digest("hex").slice(0, 10);
}
