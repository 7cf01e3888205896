import type * as pulumi from "@pulumi/pulumi";

/**
 * A fixed external address for a Service of type LoadBalancer, as its load balancer takes the wish: {@link MetalLb} makes one;
 * for a cloud's own load balancer it holds that cloud's annotations. Without one, the load balancer chooses.
 */
export interface ServiceAddress {
    /** The address. */
    ip: pulumi.Input<string>;
    /** What the Service is annotated with, to get it. */
    annotations: Record<string, pulumi.Input<string>>;
    /** What has to be there before the address can be given out. */
    dependsOn?: pulumi.Resource;
}
