import * as assert from "node:assert/strict";
import { LoadBalancedWeb, type LoadBalancedWebArgs } from "../../../../components";
import { runResources, testCluster } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

describe("LoadBalancedWeb", () => {
    const make = (args: Partial<LoadBalancedWebArgs> = {}) =>
        runResources(() => {
            const web = new LoadBalancedWeb("web", { cluster: testCluster(), image: "nginx:1", ...args });
            return { address: web.address, namespace: web.namespace, service: web.service };
        });
    const address = { ip: "172.18.200.0", annotations: { "metallb.io/loadBalancerIPs": "172.18.200.0" } };

    it("the web demo's Service is of type LoadBalancer, and asks for the address that is given", async () => {
        const stack = await make({ address });
        const { metadata, spec } = stack.find(types.service, "web").inputs;
        assert.equal(spec.type, "LoadBalancer");
        assert.equal(metadata.annotations["metallb.io/loadBalancerIPs"], "172.18.200.0");
        assert.equal(stack.outputs.address, "172.18.200.0");
        assert.deepEqual(stack.outputs.service, { name: "web", port: 80 });
    });

    it("the load balancer chooses the web demo's address if none is given", async () => {
        const { metadata, spec } = (await make()).find(types.service, "web").inputs;
        assert.equal(spec.type, "LoadBalancer");
        assert.equal(metadata.annotations["metallb.io/loadBalancerIPs"], undefined);
    });

    it("the web demo has three pods unless another number is given", async () => {
        const replicas = async (args: Partial<LoadBalancedWebArgs>) =>
            (await make(args)).find(types.deployment, "web").inputs.spec.replicas as unknown;
        assert.equal(await replicas({}), 3);
        assert.equal(await replicas({ replicas: 1 }), 1);
    });

    it("the web demo is in a namespace of its own that admits only restricted pods", async () => {
        const stack = await make({ objectName: "demo" });
        const { metadata } = stack.find(types.namespace, "web-namespace").inputs;
        assert.equal(metadata.name, "demo");
        assert.equal(metadata.labels["pod-security.kubernetes.io/enforce"], "restricted");
        assert.equal(stack.outputs.namespace, "demo");
        for (const type of [types.deployment, types.service]) {
            assert.equal(stack.find(type, "web").inputs.metadata.namespace, "demo", type);
        }
    });

    it("nginx gets a configuration that listens on the container's port, and that answers with pod and node", async () => {
        const stack = await make();
        const { immutable, data } = stack.find(types.configMap, "web-nginx").inputs;
        assert.equal(immutable, true);
        const template = data["default.conf.template"] as string;
        const pod = stack.find(types.deployment, "web").inputs.spec.template.spec;
        const [container] = pod.containers;
        assert.match(template, new RegExp(`listen ${container.ports[0].containerPort};`));
        assert.match(template, /return 200 "pod=\$\{POD_NAME\} node=\$\{NODE_NAME\}\\n"/);
        assert.ok(template.includes(`location = ${container.readinessProbe.httpGet.path} `));
        const filled = [...template.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
        const known = container.env.map(({ name }: any) => name as string);
        for (const name of filled) assert.ok(known.includes(name), name);
        // The image reads templates there: https://github.com/nginxinc/docker-nginx-unprivileged
        const mount = container.volumeMounts.find(({ mountPath }: any) => mountPath === "/etc/nginx/templates");
        const volume = pod.volumes.find(({ name }: any) => name === mount?.name);
        assert.match(volume?.configMap.name, /^web-nginx/);
    });
});
