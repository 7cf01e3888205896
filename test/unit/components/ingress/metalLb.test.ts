import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { MetalLb, type MetalLbArgs } from "../../../../components";
import { runResources, type Stack, testCluster } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

describe("MetalLb", () => {
    const chart = { repository: "https://charts.test", version: "0.16.1" };
    const make = (args: Partial<MetalLbArgs> = {}) =>
        runResources(() => {
            const cluster = testCluster();
            const metalLb = new MetalLb("metallb", {
                cluster,
                chart,
                addressPool: "172.18.200.0-172.18.200.31",
                reserved: 2,
                ...args,
            });
            const [first, second] = [metalLb.address(0), metalLb.address(1)];
            new k8s.core.v1.Service("asking", {}, { ...cluster.childOptions, dependsOn: second.dependsOn });
            return { first: { ip: first.ip, ...first.annotations }, second: { ip: second.ip, ...second.annotations } };
        });
    const pool = (stack: Stack, name: string) => stack.find(types.ipAddressPool, name).inputs.spec as unknown;

    it("MetalLB is installed by its chart, without BGP's FRR", async () => {
        const { inputs } = (await make()).find(types.release, "metallb");
        assert.equal(inputs.name, "metallb");
        assert.equal(inputs.chart, "metallb");
        assert.equal(inputs.version, chart.version);
        assert.deepEqual(inputs.repositoryOpts, { repo: chart.repository });
        assert.equal(inputs.skipAwait, true);
        assert.equal(inputs.namespace, "metallb-system");
        assert.equal(inputs.values.frrk8s.enabled, false);
        // The chart has no other probe for the speaker: https://github.com/metallb/metallb/tree/v0.16.2/charts/metallb
        assert.deepEqual(Object.keys(inputs.values.speaker as object).sort(), ["frr", "readinessProbe"]);
        assert.equal(inputs.values.speaker.frr.enabled, false);
    });

    it("MetalLB reserves the pool's first addresses and hands out the rest", async () => {
        const stack = await make();
        assert.deepEqual(pool(stack, "metallb-reserved"), {
            addresses: ["172.18.200.0-172.18.200.1"],
            autoAssign: false,
        });
        assert.deepEqual(pool(stack, "metallb-free"), {
            addresses: ["172.18.200.2-172.18.200.31"],
            autoAssign: true,
        });
    });

    it("MetalLB takes a pool in CIDR notation, and reserves as many addresses as it is told", async () => {
        const stack = await make({ addressPool: "10.1.2.16/29", reserved: 3 });
        assert.deepEqual(pool(stack, "metallb-reserved"), { addresses: ["10.1.2.16-10.1.2.18"], autoAssign: false });
        assert.deepEqual(pool(stack, "metallb-free"), { addresses: ["10.1.2.19-10.1.2.23"], autoAssign: true });
    });

    it("both pools are announced in layer 2", async () => {
        const stack = await make();
        const advertised = stack.find(types.l2Advertisement, "metallb-advertisement").inputs.spec.ipAddressPools;
        const names = ["metallb-reserved", "metallb-free"].map(
            (name) => stack.find(types.ipAddressPool, name).inputs.metadata.name as string,
        );
        assert.deepEqual(advertised, names);
        assert.equal(new Set(names).size, 2);
    });

    it("a Service asks for a reserved address by MetalLB's annotation, once the address is announced", async () => {
        const { outputs, find } = await make();
        const asking = (ip: string) => ({ ip, "metallb.io/loadBalancerIPs": ip });
        assert.deepEqual(outputs, { first: asking("172.18.200.0"), second: asking("172.18.200.1") });
        const { urn } = find(types.l2Advertisement, "metallb-advertisement");
        assert.ok(find(types.service, "asking").dependencies.includes(urn));
    });

    it("the pools wait for MetalLB's rollout, and no webhook keeps them from being previewed or made", async () => {
        const stack = await make();
        const { urn, inputs } = stack.find(types.command, "metallb-ready");
        assert.deepEqual(inputs.environment.CONDITIONS.split("\n"), [
            "rollout status deployment/metallb-controller --namespace metallb-system",
            "rollout status daemonset/metallb-speaker --namespace metallb-system",
        ]);
        assert.equal(inputs.environment.NAMESPACES, "metallb-system");
        const { values } = stack.find(types.release, "metallb").inputs;
        assert.equal(values.crds.validationFailurePolicy, "Ignore");
        for (const name of ["metallb-reserved", "metallb-free"]) {
            assert.ok(stack.find(types.ipAddressPool, name).dependencies.includes(urn), name);
        }
        assert.deepEqual(inputs.triggers, [1], "a new revision of the release repeats the wait");
    });
});
