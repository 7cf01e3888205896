import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { IngressNginx, type IngressNginxArgs } from "../../../../components";
import { runResources, testCluster } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

describe("IngressNginx", () => {
    const chart = { repository: "https://charts.test", version: "4.15.1" };
    const make = (args: Partial<IngressNginxArgs> = {}) =>
        runResources(() => {
            const cluster = testCluster();
            const { className, pods } = new IngressNginx("ingress-nginx", { cluster, chart, ...args });
            new k8s.networking.v1.Ingress("routes", { spec: { ingressClassName: className } }, cluster.childOptions);
            return { className, pods };
        });
    const address = { ip: "172.18.200.1", annotations: { "metallb.io/loadBalancerIPs": "172.18.200.1" } };

    it("ingress-nginx is installed by its chart into its own namespace", async () => {
        const stack = await make();
        const { inputs } = stack.find(types.release, "ingress-nginx");
        assert.equal(inputs.name, "ingress-nginx");
        assert.equal(inputs.chart, "ingress-nginx");
        assert.equal(inputs.version, chart.version);
        assert.deepEqual(inputs.repositoryOpts, { repo: chart.repository });
        assert.equal(inputs.skipAwait, true);
        assert.equal(inputs.namespace, "ingress-nginx");
        assert.deepEqual(stack.outputs.pods, { namespace: "ingress-nginx" });
    });

    it("the controller's Service asks for the address that is given, and is ready when it has it", async () => {
        const stack = await make({ address });
        const { service } = stack.find(types.release, "ingress-nginx").inputs.values.controller;
        assert.deepEqual(service, { annotations: { "metallb.io/loadBalancerIPs": "172.18.200.1" }, nodePorts: {} });
        assert.deepEqual(stack.find(types.command, "ingress-nginx-ready").inputs.environment.CONDITIONS.split("\n"), [
            "rollout status deployment/ingress-nginx-controller --namespace ingress-nginx",
            "wait --namespace ingress-nginx --for=jsonpath={.status.loadBalancer.ingress[0].ip}=172.18.200.1 " +
                "service/ingress-nginx-controller",
        ]);
    });

    it("without an address the load balancer chooses one, and none is waited for", async () => {
        const stack = await make();
        const { service } = stack.find(types.release, "ingress-nginx").inputs.values.controller;
        assert.deepEqual(service, { annotations: {}, nodePorts: {} });
        assert.equal(
            stack.find(types.command, "ingress-nginx-ready").inputs.environment.CONDITIONS,
            "rollout status deployment/ingress-nginx-controller --namespace ingress-nginx",
        );
    });

    it("the controller's Service has the node ports that are given", async () => {
        const nodePorts = { http: 30080, https: 30443 };
        const { values } = (await make({ nodePorts })).find(types.release, "ingress-nginx").inputs;
        assert.deepEqual(values.controller.service.nodePorts, nodePorts);
    });

    it("the class is known to Ingresses when the controller is ready, and no webhook keeps them from being previewed or made", async () => {
        const stack = await make();
        assert.equal(stack.outputs.className, "nginx");
        const { urn, inputs } = stack.find(types.command, "ingress-nginx-ready");
        assert.ok(stack.find(types.ingress, "routes").dependencies.includes(urn));
        const { values } = stack.find(types.release, "ingress-nginx").inputs;
        assert.equal(values.controller.admissionWebhooks.failurePolicy, "Ignore");
        assert.deepEqual(inputs.triggers, [1], "a new revision of the release repeats the wait");
    });

    const controller = async (args: Partial<IngressNginxArgs> = {}) =>
        (await make(args)).find(types.release, "ingress-nginx").inputs.values.controller;

    it("by default it has two pods on two nodes, and an update takes none away before another is ready", async () => {
        const { replicaCount, updateStrategy, topologySpreadConstraints } = await controller();
        assert.equal(replicaCount, 2);
        assert.deepEqual(updateStrategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 });
        const [{ labelSelector, ...spread }, ...more] = topologySpreadConstraints;
        assert.deepEqual(more, []);
        assert.deepEqual(spread, {
            maxSkew: 1,
            topologyKey: "kubernetes.io/hostname",
            // At the start of a cluster only one node is ready: the second pod waits for the second node.
            whenUnsatisfiable: "DoNotSchedule",
            matchLabelKeys: ["pod-template-hash"],
        });
        // These are the labels that the chart gives to the controller's pods.
        assert.deepEqual(labelSelector.matchLabels, {
            "app.kubernetes.io/name": "ingress-nginx",
            "app.kubernetes.io/instance": "ingress-nginx",
            "app.kubernetes.io/component": "controller",
        });
        assert.equal((await controller({ replicas: 1 })).replicaCount, 1);
    });

    it("HTTP/2 is off, since nobody mends the controller's nginx any more", async () => {
        assert.equal((await controller()).config["use-http2"], "false");
    });

    it("it never claims to be the default class, and serves Ingresses without a class if it is told to", async () => {
        const byDefault = await controller();
        assert.equal(byDefault.ingressClassResource?.default, undefined);
        assert.equal(byDefault.watchIngressWithoutClass, false);
        assert.equal((await controller({ servesWithoutClass: true })).watchIngressWithoutClass, true);
    });

    it("a line of the access log is one JSON object", async () => {
        const { config } = (await make()).find(types.release, "ingress-nginx").inputs.values.controller;
        assert.equal(config["log-format-escape-json"], "true");
        const filledIn = (config["log-format-upstream"] as string).replaceAll(/\$\w+/g, "0");
        assert.deepEqual(Object.keys(JSON.parse(filledIn) as object), [
            "time",
            "method",
            "path",
            "status",
            "durationSeconds",
            "pod",
            "requestId",
            "service",
            "upstream",
        ]);
    });
});
