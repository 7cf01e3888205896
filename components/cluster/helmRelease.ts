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

/**
 * A chart that is installed under the resource's own name, so that the names of its objects are known. It is done when the
 * objects are made. Whoever needs more, that a webhook answers for example, waits by {@link KubectlWait}.
 */
export class HelmRelease extends k8s.helm.v3.Release {
    constructor(name: string, { source, ...args }: HelmReleaseArgs, opts?: pulumi.CustomResourceOptions) {
        super(
            name,
            { ...args, name, version: source.version, repositoryOpts: { repo: source.repository }, skipAwait: true },
            opts,
        );
    }
}
