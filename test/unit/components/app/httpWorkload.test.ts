import * as assert from "node:assert/strict";
import { HttpWorkload, type HttpWorkloadArgs, type HttpWorkloadShape } from "../../../../components";
import { runResources, testCluster } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

class Shop extends HttpWorkload {
    constructor(name: string, args: HttpWorkloadArgs, shape: Partial<HttpWorkloadShape> = {}) {
        super("Shop", name, args, 9000);
        this.serve({
            namespace: "market",
            user: 1000,
            servicePort: 80,
            resources: { cpu: "10m", memory: "16Mi", memoryLimit: "64Mi" },
            livenessPath: "/alive",
            readinessPath: "/ready",
            ...shape,
        });
    }
}

describe("HttpWorkload", () => {
    const make = async (args: Partial<HttpWorkloadArgs> = {}, shape: Partial<HttpWorkloadShape> = {}) => {
        const stack = await runResources(() => {
            const shop = new Shop("shop", { cluster: testCluster(), image: "shop:1", ...args }, shape);
            return { pods: shop.pods, revision: shop.revision, version: shop.version };
        });
        return {
            deployment: stack.find(types.deployment, "shop").inputs,
            service: stack.find(types.service, "shop").inputs,
            rollout: stack.find(types.command, "shop-rollout"),
            revision: stack.outputs.revision as unknown,
            version: stack.outputs.version as unknown,
            pods: stack.outputs.pods as { labels: object },
        };
    };

    it("a pod is replaced without a lost request: a new one is Ready first, and the old one serves on for a while", async () => {
        const { spec } = (await make()).deployment;
        assert.equal(spec.strategy.rollingUpdate.maxUnavailable, 0);
        assert.ok(spec.strategy.rollingUpdate.maxSurge > 0);
        const pod = spec.template.spec;
        assert.ok(pod.containers[0].lifecycle.preStop.sleep.seconds > 0);
        assert.ok(pod.containers[0].lifecycle.preStop.sleep.seconds < (pod.terminationGracePeriodSeconds ?? 30));
    });

    it("after each change of the Deployment it is waited until Kubernetes has rolled it out", async () => {
        const { rollout, revision } = await make();
        assert.equal(rollout.inputs.environment.CONDITIONS, "rollout status deployment/shop --namespace market");
        assert.deepEqual(rollout.inputs.triggers, [7]);
        assert.equal(revision, 7);
        assert.ok(rollout.dependencies.some((urn) => urn.endsWith("Deployment::shop")));
    });

    it("the Deployment, the Service and the NetworkPolicies select the pods by the label that the pods carry", async () => {
        const { deployment, service, pods } = await make();
        const { labels } = deployment.spec.template.metadata;
        assert.deepEqual(pods.labels, { "app.kubernetes.io/name": "shop" });
        assert.equal(labels["app.kubernetes.io/name"], "shop");
        assert.deepEqual(deployment.spec.selector.matchLabels, pods.labels);
        assert.deepEqual(service.spec.selector, pods.labels);
    });

    it("the Service leads to the port on which the container listens", async () => {
        const { deployment, service } = await make();
        const [port] = service.spec.ports;
        assert.equal(port.port, 80);
        assert.deepEqual(deployment.spec.template.spec.containers[0].ports, [
            { name: port.targetPort, containerPort: 9000 },
        ]);
    });

    it("another objectName gives another name to the Kubernetes objects and to the pods' label", async () => {
        const { deployment, service, pods } = await make({ objectName: "stall" });
        for (const { metadata } of [deployment, service]) {
            assert.deepEqual([metadata.name, metadata.namespace], ["stall", "market"]);
        }
        assert.deepEqual(pods.labels, { "app.kubernetes.io/name": "stall" });
        assert.equal(deployment.spec.template.metadata.labels["app.kubernetes.io/name"], "stall");
    });

    it("the container knows its version from the pod's label, and a change of image, environment or volumes is another version", async () => {
        const versions = [];
        for (const [args, shape] of [
            [{}, {}],
            [{}, {}],
            [{ image: "shop:2" }, {}],
            [{}, { env: [{ name: "COLOUR", value: "red" }] }],
            [{}, { volumes: [{ name: "conf", configMap: { name: "conf-1" } }] }],
        ] satisfies [Partial<HttpWorkloadArgs>, Partial<HttpWorkloadShape>][]) {
            const { deployment, version } = await make(args, shape);
            const { metadata, spec } = deployment.spec.template;
            assert.equal(metadata.labels["app.kubernetes.io/version"], version);
            const variable = spec.containers[0].env.find(({ name }: any) => name === "APP_VERSION");
            assert.equal(variable.valueFrom.fieldRef.fieldPath, "metadata.labels['app.kubernetes.io/version']");
            versions.push(version);
        }
        assert.equal(versions[0], versions[1]);
        assert.equal(new Set(versions).size, 4);
    });

    it("more pods of the same are no other version", async () => {
        assert.equal((await make({ replicas: 5 })).version, (await make()).version);
    });

    it("there are two pods unless another number is given, spread over the nodes", async () => {
        const { spec } = (await make()).deployment;
        assert.equal(spec.replicas, 2);
        const [spread] = spec.template.spec.topologySpreadConstraints;
        assert.equal(spread.topologyKey, "kubernetes.io/hostname");
        assert.deepEqual(spread.labelSelector.matchLabels, spec.selector.matchLabels);
        assert.equal((await make({ replicas: 5 })).deployment.spec.replicas, 5);
    });

    it("the probes ask the liveness and the readiness path over HTTP, at the container's port", async () => {
        const [container] = (await make()).deployment.spec.template.spec.containers;
        const path = (probe: string) => {
            assert.equal(container[probe].httpGet.port, container.ports[0].name);
            return container[probe].httpGet.path as string;
        };
        assert.deepEqual(["startupProbe", "livenessProbe", "readinessProbe"].map(path), ["/alive", "/alive", "/ready"]);
    });

    it("a logger is a sidecar that shares a volume for the access log with the container", async () => {
        const { template } = (await make({}, { loggerImage: "busybox:1" })).deployment.spec;
        const [logger] = template.spec.initContainers;
        assert.deepEqual([logger.name, logger.image], ["logger", "busybox:1"]);
        const at = (container: any) =>
            container.volumeMounts.find(({ name }: any) => name === "access-log")?.mountPath as unknown;
        assert.equal(at(logger), "/var/log/access");
        assert.equal(at(template.spec.containers[0]), "/var/log/access");
        assert.ok(template.spec.volumes.some(({ name, emptyDir }: any) => name === "access-log" && emptyDir));
    });

    it("without a logger image there is no logger", async () => {
        assert.equal((await make()).deployment.spec.template.spec.initContainers, undefined);
    });

    it("the Service is of type LoadBalancer only if that is wanted, and Pulumi then waits for its address", async () => {
        const inside = (await make()).service;
        assert.equal(inside.spec.type, undefined);
        assert.deepEqual(inside.metadata.annotations, { "pulumi.com/skipAwait": "true" });
        const address = { ip: "172.18.200.0", annotations: { "metallb.io/loadBalancerIPs": "172.18.200.0" } };
        const outside = (await make({}, { loadBalancer: { address } })).service;
        assert.equal(outside.spec.type, "LoadBalancer");
        assert.deepEqual(outside.metadata.annotations, {
            "metallb.io/loadBalancerIPs": "172.18.200.0",
            "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress}",
        });
    });
});
