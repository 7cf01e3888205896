import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import type { ChartSource } from "../../lib/versions";
import type { Cluster } from "./cluster";
import { locateChart } from "./helmRelease";
import { shellProgram } from "./shellProgram";

/** What {@link calicoCrds} applies. */
export interface CalicoCrdsArgs {
    cluster: Cluster;
    /** Of Calico's own charts. */
    source: ChartSource;
}

/**
 * Applies Calico's CustomResourceDefinitions, which from 3.32 on are a chart of their own, before the operator's chart is installed
 * or brought to another version:
 * https://github.com/projectcalico/calico/tree/v3.32.1/charts/tigera-operator#custom-resource-definitions
 *
 * They are rendered as by `helm template` and applied by the server, as upstream advises. A Release can't hold them, since from
 * 3.33 on Helm's record of it is larger than a Secret may be. As inputs of a resource they would be rendered at each `up`, and
 * stand in the state, 3 MB of them. In a cluster that had an earlier Calico they are there already, and are brought up to date.
 * They are never deleted: with them would go all that Calico knows.
 */
export function calicoCrds(name: string, { cluster, source }: CalicoCrdsArgs): pulumi.ResourceHook {
    return new pulumi.ResourceHook(name, async () => {
        const objects = await render(name, source, cluster.childOptions.provider);
        const kubeconfig = await new Promise<string>((resolve) => cluster.kubeconfig.apply(resolve));
        await apply(objects, kubeconfig);
    });
}

async function render(name: string, source: ChartSource, provider: pulumi.ProviderResource | undefined) {
    const { chart, version, repositoryOpts } = locateChart("crd.projectcalico.org.v1", source);
    const jsonOpts = JSON.stringify({
        chart,
        version,
        release_name: name,
        fetch_opts: { version, ...repositoryOpts },
    });
    // What k8s.helm.v3.Chart calls. That class would make a resource of each object.
    const { result } = (await pulumi.runtime.invoke("kubernetes:helm:template", { jsonOpts }, { provider })) as {
        result: object[];
    };
    return result;
}

async function apply(objects: object[], kubeconfig: string) {
    const [shell = "", ...args] = shellProgram("calicoCrds.sh");
    const running = promisify(execFile)(shell, args);
    const list = { apiVersion: "v1", kind: "List", items: objects };
    running.child.stdin?.end([parse(kubeconfig), list].map((each) => JSON.stringify(each)).join("\n"));
    try {
        await running;
    } catch (error) {
        throw new Error(
            `Calico's CustomResourceDefinitions could not be applied: ${(error as { stderr: string }).stderr}`,
            { cause: error },
        );
    }
}
