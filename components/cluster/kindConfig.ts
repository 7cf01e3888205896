import type { KubeProxyMode } from "../../lib/kubeProxy";

/** What a kind cluster is like. */
export interface KindShape {
    /** Node image; kind asks for it by digest: https://kind.sigs.k8s.io/docs/user/quick-start/#creating-a-cluster */
    nodeImage: string;
    /** Number of worker nodes beside the one control plane. */
    workers: number;
    /** Addresses of pods, CIDR. */
    podSubnet: string;
    /** Cluster IPs of Services, CIDR. */
    serviceSubnet: string;
    kubeProxyMode: KubeProxyMode;
    /** Ports that the control plane's node publishes on this machine's 127.0.0.1. Default: none. */
    portMappings?: { hostPort: number; containerPort: number }[];
}

/**
 * In ipvs mode each node has the external addresses on an interface of its own. Unless kube-proxy forbids it, every node answers
 * ARP for them, and not only the one that MetalLB chose: https://metallb.io/installation/#preparation
 */
const strictArp = {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    ipvs: { strictARP: true },
};

/**
 * kind's configuration: https://kind.sigs.k8s.io/docs/user/configuration/
 *
 * @param markPath where every node has an empty, read-only mount, by which it is recognised.
 */
export function kindConfig(shape: KindShape, markPath: string): object {
    const node = {
        image: shape.nodeImage,
        labels: { "ingress-ready": "true" },
        // Docker mounts it before anything runs in the node, so a node that is only half made has it too.
        extraMounts: [{ hostPath: "/dev/null", containerPath: markPath, readOnly: true }],
    };
    return {
        kind: "Cluster",
        apiVersion: "kind.x-k8s.io/v1alpha4",
        networking: {
            disableDefaultCNI: true,
            podSubnet: shape.podSubnet,
            serviceSubnet: shape.serviceSubnet,
            kubeProxyMode: shape.kubeProxyMode,
        },
        ...(shape.kubeProxyMode === "ipvs" && { kubeadmConfigPatches: [JSON.stringify(strictArp)] }),
        nodes: [
            {
                ...node,
                role: "control-plane",
                // No taint: the control plane takes pods like every other node.
                kubeadmConfigPatches: [JSON.stringify({ kind: "InitConfiguration", nodeRegistration: { taints: [] } })],
                extraPortMappings: (shape.portMappings ?? []).map((mapping) => ({
                    ...mapping,
                    listenAddress: "127.0.0.1",
                    protocol: "TCP",
                })),
            },
            ...Array.from({ length: shape.workers }, () => ({ ...node, role: "worker" })),
        ],
    };
}
