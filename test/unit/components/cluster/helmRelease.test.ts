import * as assert from "node:assert/strict";
import { HelmRelease } from "../../../../components/cluster/helmRelease";
import { runResources } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

describe("HelmRelease", () => {
    const make = async (repository: string) => {
        const stack = await runResources(() => {
            new HelmRelease("balancer", { chart: "metallb", source: { repository, version: "0.16.2" } });
        });
        const { chart, version, name, repositoryOpts } = stack.find(types.release, "balancer").inputs;
        return { chart, version, name, repositoryOpts } as unknown;
    };

    it("a chart of a repository is found by its name", async () => {
        assert.deepEqual(await make("https://charts.test/metallb"), {
            chart: "metallb",
            version: "0.16.2",
            name: "balancer",
            repositoryOpts: { repo: "https://charts.test/metallb" },
        });
    });

    for (const repository of ["oci://registry.test/charts", "oci://registry.test/charts/"]) {
        it(`a chart of a registry is found by its whole URL: ${repository}`, async () => {
            assert.deepEqual(await make(repository), {
                chart: "oci://registry.test/charts/metallb",
                version: "0.16.2",
                name: "balancer",
                repositoryOpts: undefined,
            });
        });
    }
});
