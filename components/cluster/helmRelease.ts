import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ChartSource } from "../../lib/versions";

/** What a {@link HelmRelease} installs. */
export interface HelmReleaseArgs extends Pick<
    k8s.helm.v3.ReleaseArgs,
    "namespace" | "createNamespace" | "timeout" | "values"
> {
    /** Name of the chart in its repository. */
    chart: string;
    source: ChartSource;
}

/** Where Helm finds a chart. A registry has no index: the chart's URL says all. */
export function locateChart(chart: string, { repository, version }: ChartSource) {
    if (!repository.startsWith("oci://")) return { chart, version, repositoryOpts: { repo: repository } };
    return { chart: `${repository.replace(/\/+$/, "")}/${chart}`, version };
}

/**
 * A chart that is installed under the resource's own name, so that the names of its objects are known. It is done when the
 * objects are made. Whoever needs more, that an address is there for example, waits by {@link KubectlWait}.
 */
export class HelmRelease extends k8s.helm.v3.Release {
    constructor(name: string, { source, chart, ...args }: HelmReleaseArgs, opts?: pulumi.CustomResourceOptions) {
        super(name, { ...args, ...locateChart(chart, source), name, skipAwait: true }, opts);
    }
}
