import * as assert from "node:assert/strict";
import { kindConfig, type KindShape } from "../../../../components/cluster/kindConfig";

describe("kind's configuration", () => {
    const configOf = (changed: Partial<KindShape> = {}) =>
        kindConfig(
            {
                nodeImage: "kindest/node:v1.35.8@sha256:0",
                workers: 2,
                podSubnet: "192.168.0.0/16",
                serviceSubnet: "10.96.0.0/16",
                kubeProxyMode: "iptables",
                ...changed,
            },
            "/etc/load-balancing-lab/mark",
        ) as { networking: object; kubeadmConfigPatches?: string[]; nodes: Record<string, any>[] };

    it("a kind cluster has no default network plugin, and the subnets and the kube-proxy mode that are given", () => {
        assert.deepEqual(configOf().networking, {
            disableDefaultCNI: true,
            podSubnet: "192.168.0.0/16",
            serviceSubnet: "10.96.0.0/16",
            kubeProxyMode: "iptables",
        });
        const changed = { podSubnet: "10.244.0.0/16", serviceSubnet: "10.97.0.0/16", kubeProxyMode: "ipvs" } as const;
        assert.deepEqual(configOf(changed).networking, { disableDefaultCNI: true, ...changed });
    });

    it("in ipvs mode kube-proxy keeps nodes from answering ARP for addresses of others, and no other mode's configuration has it", () => {
        const patches = (kubeProxyMode: KindShape["kubeProxyMode"]) => configOf({ kubeProxyMode }).kubeadmConfigPatches;
        assert.deepEqual(
            patches("ipvs")?.map((patch) => JSON.parse(patch) as unknown),
            [
                {
                    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
                    kind: "KubeProxyConfiguration",
                    ipvs: { strictARP: true },
                },
            ],
        );
        assert.deepEqual([patches("iptables"), patches("nftables")], [undefined, undefined]);
    });

    it("the configuration of the default settings stays as it is: a change would make every cluster anew", () =>
        assert.equal(
            JSON.stringify(configOf({ workers: 1 })),
            '{"kind":"Cluster","apiVersion":"kind.x-k8s.io/v1alpha4","networking":{"disableDefaultCNI":true,' +
                '"podSubnet":"192.168.0.0/16","serviceSubnet":"10.96.0.0/16","kubeProxyMode":"iptables"},"nodes":[' +
                '{"image":"kindest/node:v1.35.8@sha256:0","labels":{"ingress-ready":"true"},"extraMounts":[' +
                '{"hostPath":"/dev/null","containerPath":"/etc/load-balancing-lab/mark","readOnly":true}],' +
                '"role":"control-plane","kubeadmConfigPatches":' +
                '["{\\"kind\\":\\"InitConfiguration\\",\\"nodeRegistration\\":{\\"taints\\":[]}}"],"extraPortMappings":[]},' +
                '{"image":"kindest/node:v1.35.8@sha256:0","labels":{"ingress-ready":"true"},"extraMounts":[' +
                '{"hostPath":"/dev/null","containerPath":"/etc/load-balancing-lab/mark","readOnly":true}],"role":"worker"}]}',
        ));

    it("a kind cluster has one control plane and as many workers as are given", () => {
        const roles = (workers: number) => configOf({ workers }).nodes.map(({ role }) => role as string);
        assert.deepEqual(roles(2), ["control-plane", "worker", "worker"]);
        assert.deepEqual(roles(0), ["control-plane"]);
    });

    it("every node has the node image, the label ingress-ready, and an empty, read-only mount as its mark", () => {
        for (const node of configOf().nodes) {
            assert.equal(node.image, "kindest/node:v1.35.8@sha256:0");
            assert.deepEqual(node.labels, { "ingress-ready": "true" });
            assert.deepEqual(node.extraMounts, [
                { hostPath: "/dev/null", containerPath: "/etc/load-balancing-lab/mark", readOnly: true },
            ]);
        }
    });

    it("the control plane has no taint, so that it takes pods like a worker", () => {
        const [controlPlane] = configOf().nodes;
        const [patch] = controlPlane?.kubeadmConfigPatches as string[];
        assert.deepEqual(JSON.parse(patch ?? ""), { kind: "InitConfiguration", nodeRegistration: { taints: [] } });
    });

    it("the control plane alone publishes ports, on 127.0.0.1, and by default none", () => {
        const published = (shape: Partial<KindShape>) =>
            configOf(shape).nodes.map(({ extraPortMappings }) => extraPortMappings as unknown);
        assert.deepEqual(published({}), [[], undefined, undefined]);
        assert.deepEqual(published({ workers: 1, portMappings: [{ hostPort: 8080, containerPort: 30080 }] }), [
            [{ hostPort: 8080, containerPort: 30080, listenAddress: "127.0.0.1", protocol: "TCP" }],
            undefined,
        ]);
    });
});
