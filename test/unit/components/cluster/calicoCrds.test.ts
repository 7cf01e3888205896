import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import type { ResourceHookArgs } from "@pulumi/pulumi";
import { calicoCrds } from "../../../../components/cluster/calicoCrds";
import { useCommandStubs } from "../../../support/commandStubs";
import { charted, runResources, testCluster } from "../../../support/program";

describe("calicoCrds", () => {
    const { file, stub, calls } = useCommandStubs();
    const source = { repository: "https://charts.test", version: "v3.33.1" };

    /** Calls the hook as the engine would, with the stubs on the PATH. */
    const callHook = async (from = source) => {
        const { PATH } = process.env;
        process.env.PATH = `${file("bin")}:/usr/bin:/bin`;
        try {
            return await runResources(async () => {
                await calicoCrds("crds", { cluster: testCluster(), source: from }).callback({} as ResourceHookArgs);
                return {};
            });
        } finally {
            process.env.PATH = PATH;
        }
    };
    const acceptAll = () =>
        stub("kubectl", `cat /dev/stdin >"${file("kubeconfig")}"; cat /dev/fd/3 >"${file("objects")}"`);

    it("they are of a chart of their own in the repository and version of Calico's charts", async () => {
        acceptAll();
        const [{ token, inputs } = { token: "", inputs: {} }, ...more] = (await callHook()).invokes;
        assert.deepEqual(more, []);
        assert.equal(token, "kubernetes:helm:template");
        assert.deepEqual(JSON.parse(inputs.jsonOpts as string), {
            chart: "crd.projectcalico.org.v1",
            version: "v3.33.1",
            release_name: "crds",
            fetch_opts: { version: "v3.33.1", repo: "https://charts.test" },
        });
    });

    it("their chart may be in a registry", async () => {
        acceptAll();
        const { invokes } = await callHook({ ...source, repository: "oci://charts.test/calico/" });
        assert.deepEqual(JSON.parse(invokes[0]?.inputs.jsonOpts as string), {
            chart: "oci://charts.test/calico/crd.projectcalico.org.v1",
            version: "v3.33.1",
            release_name: "crds",
            fetch_opts: { version: "v3.33.1" },
        });
    });

    it("the server applies them, also where another made them before, and they are waited for", async () => {
        acceptAll();
        await callHook();
        assert.deepEqual(
            calls().map((call) => call.replace(/--kubeconfig \S+ /, "")),
            [
                "kubectl apply --server-side --force-conflicts --field-manager calico-crds --filename /dev/fd/3",
                "kubectl wait --for=condition=Established --timeout 60s --filename /dev/fd/3",
            ],
        );
        assert.deepEqual(JSON.parse(fs.readFileSync(file("kubeconfig"), "utf8")), { apiVersion: "v1" });
        assert.deepEqual(JSON.parse(fs.readFileSync(file("objects"), "utf8")).items, [charted]);
    });

    it("what the server refuses is a failure, in its own words", async () => {
        stub("kubectl", "cat >/dev/null; echo 'error: must be logged in' >&2; exit 1");
        await assert.rejects(callHook(), /could not be applied: error: must be logged in/);
        assert.equal(calls().length, 1);
    });
});
