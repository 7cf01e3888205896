import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

type Container = k8s.types.input.core.v1.Container;
type Probe = k8s.types.input.core.v1.Probe;

/** What a container asks of its node. */
export interface Resources {
    /** Processor time that is set aside for it, as "50m". */
    cpu: string;
    /** Memory that is set aside for it, as "64Mi". */
    memory: string;
    /** Memory beyond which it is killed. */
    memoryLimit: string;
}

/** A container, as far as it differs from others. */
export interface ContainerArgs {
    name: string;
    image: pulumi.Input<string>;
    command?: string[];
    /** Beside POD_NAME and NODE_NAME, which every container has. */
    env?: k8s.types.input.core.v1.EnvVar[];
    ports?: { name: string; containerPort: number }[];
    resources: Resources;
    /** Beside `/tmp`, which every container has for itself. */
    volumeMounts?: k8s.types.input.core.v1.VolumeMount[];
    startupProbe?: Probe;
    readinessProbe?: Probe;
    livenessProbe?: Probe;
    lifecycle?: Container["lifecycle"];
    terminationMessagePolicy?: string;
}

/** What a pod is made of. */
export interface PodArgs {
    /** Number of the user and group that its containers run as, and that own its volumes. */
    user: number;
    container: ContainerArgs;
    /**
     * Starts before the container and ends after it:
     * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/. Default: none.
     */
    sidecar?: ContainerArgs;
    volumes?: k8s.types.input.core.v1.Volume[];
    /** How long its end may take, s. Default: 30. */
    terminationGracePeriodSeconds?: number;
    /** Default: Always. */
    restartPolicy?: "Always" | "Never";
}

/**
 * Labels of a namespace that admits only pods that meet the Pod Security Standard "restricted", as those of {@link podSpec} do:
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export const restrictedNamespace = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
};

/** By these environment variables a container knows its pod and node. */
const podIdentity: k8s.types.input.core.v1.EnvVar[] = [
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
];

/**
 * A pod's spec. It meets the Pod Security Standard "restricted" and more: the root file system of each container is read-only,
 * except for a `/tmp` of its own.
 */
export function podSpec({ user, container, sidecar, volumes = [], ...more }: PodArgs): k8s.types.input.core.v1.PodSpec {
    const all = sidecar === undefined ? [container] : [sidecar, container];
    return {
        ...more,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
            runAsNonRoot: true,
            runAsUser: user,
            runAsGroup: user,
            fsGroup: user,
            seccompProfile: { type: "RuntimeDefault" },
        },
        initContainers: sidecar && [{ ...toContainer(sidecar), restartPolicy: "Always" }],
        containers: [toContainer(container)],
        volumes: [...volumes, ...all.map(({ name }) => ({ name: temporary(name), emptyDir: {} }))],
    };
}

const temporary = (container: string) => `tmp-${container}`;

function toContainer({ resources, env = [], volumeMounts = [], ...more }: ContainerArgs): Container {
    return {
        ...more,
        startupProbe: withTimeout(more.startupProbe),
        readinessProbe: withTimeout(more.readinessProbe),
        livenessProbe: withTimeout(more.livenessProbe),
        env: [...podIdentity, ...env],
        resources: {
            requests: { cpu: resources.cpu, memory: resources.memory },
            // Two cores are far more than any of them needs. The limit keeps one that runs wild from taking a whole machine.
            limits: { cpu: "2", memory: resources.memoryLimit },
        },
        securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            privileged: false,
            readOnlyRootFilesystem: true,
        },
        volumeMounts: [...volumeMounts, { name: temporary(more.name), mountPath: "/tmp" }],
    };
}

/** Kubernetes' own 1 s is short on a busy machine. */
function withTimeout(probe: Probe | undefined): Probe | undefined {
    return probe && { timeoutSeconds: 5, ...probe };
}

/**
 * The three probes of a container that serves: https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 *
 * @param live succeeds while the process lives. After three failures, 30 s, the container is restarted.
 * @param ready succeeds while requests are welcome.
 * @param startSeconds how long the start may take, s.
 */
export function servingProbes(
    live: Pick<Probe, "httpGet" | "exec">,
    ready: Pick<Probe, "httpGet" | "exec">,
    startSeconds: number,
) {
    return {
        startupProbe: { ...live, periodSeconds: 1, failureThreshold: startSeconds },
        readinessProbe: { ...ready, periodSeconds: 2 },
        livenessProbe: { ...live, periodSeconds: 10 },
    };
}
