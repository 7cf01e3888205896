import type * as pulumi from "@pulumi/pulumi";

/**
 * A Kubernetes cluster, as a component needs it that puts something into one. {@link KindCluster} makes one. A cluster that is
 * there already would be another class with these members.
 */
export interface Cluster {
    /** Credentials of an administrator, a secret. For tools; resources take {@link childOptions}. */
    readonly kubeconfig: pulumi.Output<string>;
    /**
     * Options for all that is made in the cluster: its provider and, where the cluster is deleted with the stack, `deletedWith`,
     * which spares Pulumi the deletion of each resource: https://www.pulumi.com/docs/iac/concepts/resources/options/deletedwith/
     */
    readonly childOptions: pulumi.ComponentResourceOptions;
    /**
     * Brings an image from this machine's Docker to where the cluster's nodes find it.
     *
     * @param name for the resources that do it
     * @returns the reference by which a pod asks for it, known when every node can have it.
     */
    publish(name: string, image: LocalImage, opts?: pulumi.CustomResourceOptions): pulumi.Output<string>;
}

/** An image in this machine's Docker; a `docker.Image` of @pulumi/docker is one. */
export interface LocalImage {
    /** Name and tag. */
    readonly imageName: pulumi.Output<string>;
    /** Changes when the image's content does. */
    readonly repoDigest: pulumi.Output<string>;
}
