import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { gunzipSync } from "node:zlib";
import { Calico, type CalicoArgs } from "../../../../components";
import { useCommandStubs } from "../../../support/commandStubs";
import { charted, type Registered, runResources, testCluster } from "../../../support/program";
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

    describe("its CustomResourceDefinitions", () => {
        const all = (stack: { resources: Registered[] }) => stack.resources.map(({ name }) => name);
        const unpacked = (stdin: string) => {
            const [packed = "", ...kubeconfig] = stdin.split("\n");
            return { objects: JSON.parse(gunzipSync(Buffer.from(packed, "base64")).toString()), kubeconfig };
        };

        it("until 3.31 they are in the operator's chart, and nothing else makes them", async () => {
            for (const version of ["v3.28.5", "v3.31.7"]) {
                const stack = await make({ chart: { ...chart, version } });
                assert.ok(!all(stack).includes("calico-crds"), version);
                assert.deepEqual(stack.invokes, [], version);
            }
        });

        it("from 3.32 on they are of a chart of their own in the same repository and version, before the operator", async () => {
            for (const version of ["v3.32.3", "v3.33.1"]) {
                const stack = await make({ chart: { ...chart, version } });
                const [{ token, inputs } = { token: "", inputs: {} }, ...more] = stack.invokes;
                assert.deepEqual(more, []);
                assert.equal(token, "kubernetes:helm:template");
                assert.deepEqual(JSON.parse(inputs.jsonOpts as string), {
                    chart: "crd.projectcalico.org.v1",
                    version,
                    release_name: "calico-crds",
                    fetch_opts: { version, repo: chart.repository },
                });
                const crds = stack.find(types.command, "calico-crds");
                const operator = stack.find(types.release, "calico");
                assert.ok(operator.dependencies.includes(crds.urn));
                // So it is deleted with the cluster, as its parent is.
                assert.equal(crds.parent, operator.parent);
                assert.deepEqual(crds.inputs.triggers, [version]);
                // They stay when the stack is deleted from a cluster that stays: with them would go what they describe.
                assert.equal(crds.inputs.delete, undefined);
                assert.deepEqual(crds.secrets, ["stdin"]);
                const { objects, kubeconfig } = unpacked(crds.inputs.stdin as string);
                assert.deepEqual(objects, { apiVersion: "v1", kind: "List", items: [charted] });
                assert.deepEqual(kubeconfig, ["apiVersion: v1"]);
            }
        });

        it("they may be in a registry", async () => {
            const stack = await make({ chart: { repository: "oci://charts.test/calico/", version: "v3.32.3" } });
            assert.deepEqual(JSON.parse(stack.invokes[0]?.inputs.jsonOpts as string), {
                chart: "oci://charts.test/calico/crd.projectcalico.org.v1",
                version: "v3.32.3",
                release_name: "calico-crds",
                fetch_opts: { version: "v3.32.3" },
            });
        });

        it("in a preview, where the chart can't be read yet, none is missed", async () => {
            const stack = await runResources(
                () => {
                    new Calico("calico", {
                        cluster: testCluster(),
                        chart: { ...chart, version: "v3.32.3" },
                        podSubnet: "10.244.0.0/16",
                    });
                },
                { preview: true },
            );
            assert.ok(all(stack).includes("calico-crds"));
        });

        const { file, stub, calls, run } = useCommandStubs();
        let crds: Registered;
        before(async () => {
            crds = (await make({ chart: { ...chart, version: "v3.32.3" } })).find(types.command, "calico-crds");
        });

        it("the server applies them, also where another made them before, and they are waited for", () => {
            stub("kubectl", `cat "$2" >"${file("kubeconfig")}"; cat >"${file("objects")}"`);
            assert.deepEqual(run(crds, "create"), { status: 0, stdout: "", stderr: "" });
            const said = calls().map((call) => call.replace(/--kubeconfig \S+ /, ""));
            assert.deepEqual(said, [
                "kubectl apply --server-side --force-conflicts --field-manager calico-crds --filename -",
                "kubectl wait --for=condition=Established --timeout 60s --filename -",
            ]);
            assert.equal(fs.readFileSync(file("kubeconfig"), "utf8").trim(), "apiVersion: v1");
            assert.deepEqual(JSON.parse(fs.readFileSync(file("objects"), "utf8")).items, [charted]);
        });

        it("what the server refuses is a failure, in its own words", () => {
            stub("kubectl", "cat >/dev/null; echo 'error: must be logged in' >&2; exit 1");
            const { status, stderr } = run(crds, "create");
            assert.equal(status, 1);
            assert.equal(stderr, "error: must be logged in\n");
            assert.equal(calls().length, 1);
        });
    });
});
