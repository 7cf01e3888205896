import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { accessLog } from "./accessLog";
import { drain, podIdentity, restrictedContainer, restrictedPod, rollingUpdate, spread } from "./restricted";

type Container = k8s.types.input.core.v1.Container;

/** What the tiers that answer HTTP have in common. */
export interface TierArgs {
    namespace: pulumi.Input<string>;
    image: pulumi.Input<string>;
    /** A busybox, for the logger. */
    loggerImage: string;
    /** Number of pods. Default: 2. */
    replicas?: number;
}

/** What sets one tier apart from another. */
export interface TierShape {
    /** Number of the user that the image runs as. */
    user: number;
    /** Port of the container. */
    containerPort: number;
    /** Port of the Service. */
    servicePort: number;
    /** Path that answers 200 while the process lives. */
    livenessPath: string;
    /** Path that answers 200 while requests are welcome. */
    readinessPath: string;
    env: k8s.types.input.core.v1.EnvVar[];
    resources: Container["resources"];
    volumes?: k8s.types.input.core.v1.Volume[];
    volumeMounts?: k8s.types.input.core.v1.VolumeMount[];
}

/**
 * A tier: equal pods that log through a sidecar, and the Service before them.
 *
 * @param after what the pods wait for
 */
export function makeTier(
    name: string,
    args: TierArgs,
    shape: TierShape,
    parent: pulumi.Resource,
    after: pulumi.Resource[] = [],
): k8s.core.v1.Service {
    const inside = { parent };
    const labels = { "app.kubernetes.io/name": name };
    const log = accessLog(args.loggerImage);
    const probe = (path: string, periodSeconds: number) => ({
        httpGet: { path, port: "http" },
        periodSeconds,
        timeoutSeconds: 5,
    });

    new k8s.apps.v1.Deployment(
        name,
        {
            metadata: { name, namespace: args.namespace, labels },
            spec: {
                ...rollingUpdate,
                replicas: args.replicas ?? 2,
                selector: { matchLabels: labels },
                template: {
                    metadata: { labels },
                    spec: {
                        ...restrictedPod(shape.user),
                        terminationGracePeriodSeconds: 45,
                        topologySpreadConstraints: spread(labels),
                        initContainers: [log.logger],
                        containers: [
                            {
                                name,
                                image: args.image,
                                env: [...podIdentity, ...shape.env],
                                ports: [{ name: "http", containerPort: shape.containerPort }],
                                resources: shape.resources,
                                securityContext: restrictedContainer,
                                volumeMounts: [
                                    log.mount,
                                    { name: "tmp", mountPath: "/tmp" },
                                    ...(shape.volumeMounts ?? []),
                                ],
                                lifecycle: drain,
                                startupProbe: { ...probe(shape.livenessPath, 1), failureThreshold: 60 },
                                readinessProbe: probe(shape.readinessPath, 2),
                                livenessProbe: probe(shape.livenessPath, 10),
                            },
                        ],
                        volumes: [log.volume, { name: "tmp", emptyDir: {} }, ...(shape.volumes ?? [])],
                    },
                },
            },
        },
        { parent, dependsOn: after },
    );
    return new k8s.core.v1.Service(
        name,
        {
            metadata: {
                name,
                namespace: args.namespace,
                labels,
                // Endpoints come with the pods, which Pulumi waits for anyway.
                annotations: { "pulumi.com/skipAwait": "true" },
            },
            spec: {
                selector: labels,
                ports: [{ name: "http", port: shape.servicePort, targetPort: "http" }],
            },
        },
        inside,
    );
}
