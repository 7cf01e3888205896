/** kube-proxy's modes, which are ways to carry out Services: https://kubernetes.io/docs/reference/networking/virtual-ips/ */
export const kubeProxyModes = ["iptables", "nftables", "ipvs"] as const;
export type KubeProxyMode = (typeof kubeProxyModes)[number];
