import * as assert from "node:assert/strict";
import { Calico, type CalicoArgs } from "../../../../components";
import { runResources, testCluster } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

describe("Calico", () => {
    const chart = { repository: "https://charts.test", version: "v3.31.7" };
    const make = (args: Partial<CalicoArgs> = {}) =>
        runResources(() => {
            new Calico("calico", { cluster: testCluster(), chart, podSubnet: "10.244.0.0/16", ...args });
        });
    const network = async (args: Partial<CalicoArgs>) =>
        (await make(args)).find(types.release, "calico").inputs.values.installation.calicoNetwork as Record<
            string,
            any
        >;

    it("Calico is installed by its operator's chart, without the parts that load balancing does not need", async () => {
        const { inputs } = (await make()).find(types.release, "calico");
        assert.equal(inputs.name, "calico");
        assert.equal(inputs.chart, "tigera-operator");
        assert.equal(inputs.version, chart.version);
        assert.deepEqual(inputs.repositoryOpts, { repo: chart.repository });
        assert.equal(inputs.skipAwait, true);
        const { installation, ...off } = inputs.values;
        assert.deepEqual(off, {
            apiServer: { enabled: false },
            goldmane: { enabled: false },
            whisker: { enabled: false },
        });
        assert.deepEqual(installation.calicoNetwork, {
            bgp: "Disabled",
            ipPools: [{ cidr: "10.244.0.0/16", encapsulation: "VXLAN", natOutgoing: "Enabled" }],
        });
    });

    it("packets between nodes travel by VXLAN without BGP by default, or by IPIP with BGP", async () => {
        const { bgp, ipPools } = await network({});
        assert.deepEqual([bgp, ipPools[0].encapsulation], ["Disabled", "VXLAN"]);
        const ipip = await network({ encapsulation: "IPIP" });
        assert.deepEqual([ipip.bgp, ipip.ipPools[0].encapsulation], ["Enabled", "IPIP"]);
    });

    it("the image for volumes that pods can't have any more is left out, whatever Calico's version", async () => {
        for (const version of ["v3.28.5", "v3.31.7", "v3.32.3", "v3.33.1"]) {
            const { values } = (await make({ chart: { ...chart, version } })).find(types.release, "calico").inputs;
            assert.equal(values.installation.flexVolumePath, "None", version);
        }
    });

    it("Calico writes nftables rules if kube-proxy does and Calico is 3.31 or newer", async () => {
        const nftables = async (kubeProxyMode: CalicoArgs["kubeProxyMode"], version: string) =>
            (await network({ kubeProxyMode, chart: { ...chart, version } })).linuxDataplane as unknown;
        assert.equal(await nftables(undefined, "v3.31.7"), undefined);
        assert.equal(await nftables("iptables", "v3.31.7"), undefined);
        assert.equal(await nftables("nftables", "v3.31.7"), "Nftables");
        assert.equal(await nftables("nftables", "v3.28.5"), undefined);
        assert.equal(await nftables("nftables", "4.0.0"), "Nftables");
    });

    it("the waits are for every node to be Ready, and for Calico to be Available", async () => {
        const stack = await make();
        const conditions = (name: string) => {
            const { inputs } = stack.find(types.command, name);
            assert.equal(inputs.environment.NAMESPACES, "tigera-operator calico-system");
            assert.match(inputs.environment.EXPLAIN as string, /^get tigerastatus /);
            assert.deepEqual(inputs.triggers, [1], "a new revision of the release repeats the wait");
            return (inputs.environment.CONDITIONS as string).split("\n");
        };
        assert.deepEqual(conditions("calico-nodes-ready"), ["wait --for=condition=Ready nodes --all"]);
        assert.deepEqual(conditions("calico-available"), [
            "wait --for=create tigerastatus/calico",
            "wait --for=condition=Available tigerastatus/calico",
        ]);
    });

    it("until 3.31 the operator's chart has the CustomResourceDefinitions, and nothing else applies them", async () => {
        for (const version of ["v3.28.5", "v3.31.7"]) {
            const { beforeHooks } = (await make({ chart: { ...chart, version } })).find(types.release, "calico");
            assert.deepEqual(beforeHooks, { create: [], update: [] }, version);
        }
    });

    it("from 3.32 on the CustomResourceDefinitions are applied before the operator is installed or brought to another version", async () => {
        for (const version of ["v3.32.3", "v3.33.1"]) {
            const stack = await make({ chart: { ...chart, version } });
            const { beforeHooks } = stack.find(types.release, "calico");
            assert.deepEqual(beforeHooks, { create: ["calico-crds"], update: ["calico-crds"] }, version);
        }
    });

    it("an `up` that changes nothing renders no CustomResourceDefinition", async () => {
        assert.deepEqual((await make({ chart: { ...chart, version: "v3.33.1" } })).invokes, []);
    });
});
