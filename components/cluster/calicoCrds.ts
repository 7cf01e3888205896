import { gzipSync } from "node:zlib";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ChartSource } from "../../lib/versions";
import type { Cluster } from "./cluster";
import { locateChart } from "./helmRelease";
import { shellProgram } from "./shellProgram";

/** What {@link CalicoCrds} applies. */
export interface CalicoCrdsArgs {
    cluster: Cluster;
    /** Of Calico's own charts. */
    source: ChartSource;
}

/**
 * Calico's CustomResourceDefinitions, which from 3.32 on are a chart of their own:
 * https://github.com/projectcalico/calico/tree/v3.32.1/charts/tigera-operator#custom-resource-definitions
 *
 * They are rendered as by `helm template` and applied by the server, as upstream advises. A Release can't hold them, since from
 * 3.33 on Helm's record of it is larger than a Secret may be. In a cluster that had an earlier Calico they are there already, and
 * are brought up to date. They are never deleted: with them would go all that Calico knows.
 */
export class CalicoCrds extends command.local.Command {
    constructor(name: string, { cluster, source }: CalicoCrdsArgs, opts: pulumi.CustomResourceOptions) {
        const { provider } = cluster.childOptions;
        const packed = pulumi.output(render(name, source, provider)).apply(pack);
        super(
            name,
            {
                interpreter: shellProgram("calicoCrds.sh"),
                create: "applying Calico's CustomResourceDefinitions",
                stdin: pulumi.secret(pulumi.interpolate`${packed}\n${cluster.kubeconfig}`),
                triggers: [source.version],
                logging: command.local.Logging.None,
            },
            opts,
        );
    }
}

/** The chart's objects. There are none in a preview where the cluster is not known yet. */
async function render(name: string, source: ChartSource, provider: pulumi.ProviderResource | undefined) {
    const { chart, version, repositoryOpts } = locateChart("crd.projectcalico.org.v1", source);
    const jsonOpts = JSON.stringify({
        chart,
        version,
        release_name: name,
        fetch_opts: { version, ...repositoryOpts },
    });
    // What k8s.helm.v3.Chart calls. That class would make a resource of each object.
    const rendered = (await pulumi.runtime.invoke("kubernetes:helm:template", { jsonOpts }, { provider })) as {
        result?: object[];
    };
    return rendered.result ?? [];
}

/** As one short line: they are 2 MB, of which the state then holds a fifth. */
function pack(objects: object[]): string {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    return gzipSync(JSON.stringify(list), { level: 9 }).toString("base64");
}
