import type * as k8s from "@pulumi/kubernetes";

/**
 * What the Pod Security Standard "restricted" asks for, and more: a read-only root file system.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */

/** Labels of a namespace that admits only such pods. */
export const restrictedNamespace = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
};

/** The security context of every container. */
export const restrictedContainer: k8s.types.input.core.v1.SecurityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    privileged: false,
    readOnlyRootFilesystem: true,
};

/**
 * What every pod has in common.
 *
 * @param user number of the user and group that its containers run as and that own its volumes
 */
export function restrictedPod(user: number) {
    return {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: {
            runAsNonRoot: true,
            runAsUser: user,
            runAsGroup: user,
            fsGroup: user,
            seccompProfile: { type: "RuntimeDefault" },
        },
    } satisfies Partial<k8s.types.input.core.v1.PodSpec>;
}

/** Requests, and a limit on memory; a limit on processor time would only make a busy lab slower. */
export function resources(cpu: string, memory: string, memoryLimit: string) {
    return { requests: { cpu, memory }, limits: { cpu: "2", memory: memoryLimit } };
}

/** Environment variables by which a container knows its pod and node. */
export const podIdentity: k8s.types.input.core.v1.EnvVar[] = [
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
];

/**
 * How a Deployment's pods are replaced so that no request is lost: a new one is ready before an old one goes, and the old one
 * serves on while the news of its end reaches kube-proxy and the ingress.
 */
export const rollingUpdate = {
    minReadySeconds: 1,
    revisionHistoryLimit: 3,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
};
export const drain = { preStop: { sleep: { seconds: 8 } } };

/** Puts the pods of one application on different nodes as far as there are enough. */
export function spread(labels: Record<string, string>) {
    return [
        {
            maxSkew: 1,
            topologyKey: "kubernetes.io/hostname",
            whenUnsatisfiable: "ScheduleAnyway",
            labelSelector: { matchLabels: labels },
        },
    ];
}
