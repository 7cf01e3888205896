import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readText } from "../../lib/textFile";
import type { ServiceAddress } from "../ingress/serviceAddress";
import { HttpWorkload, type HttpWorkloadArgs } from "./httpWorkload";
import { nginx, nginxPort } from "./nginx";
import { restrictedNamespace } from "./pod";

/** What a {@link LoadBalancedWeb} is made of. */
export interface LoadBalancedWebArgs extends HttpWorkloadArgs {
    /** An nginx that runs without root on port 8080, such as nginxinc/nginx-unprivileged. */
    image: string;
    /** Number of pods. Default: 3. */
    replicas?: number;
    /** External address of its Service. Default: the load balancer chooses. */
    address?: ServiceAddress;
}

/** The first thing to balance: equal nginx pods behind a Service of type LoadBalancer. Each answer names its pod and node. */
export class LoadBalancedWeb extends HttpWorkload {
    readonly namespace: pulumi.Output<string>;
    /** The Service's external address, an IP, or a host name where a cloud gives one. It is known when it is assigned. */
    readonly address: pulumi.Output<string>;

    constructor(name: string, args: LoadBalancedWebArgs, opts?: pulumi.ComponentResourceOptions) {
        super("LoadBalancedWeb", name, { replicas: 3, ...args }, nginxPort, opts);
        const namespace = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            { metadata: { name: this.objectName, labels: restrictedNamespace } },
            { parent: this },
        );
        this.namespace = namespace.metadata.name;
        // Immutable and named by Pulumi: a change makes a new one, and so replaces the pods.
        const template = new k8s.core.v1.ConfigMap(
            `${name}-nginx`,
            {
                metadata: { namespace: this.namespace },
                immutable: true,
                data: { "default.conf.template": readText(join(__dirname, "loadBalancedWeb.conf.template")) },
            },
            { parent: this },
        );
        const service = this.serve({
            ...nginx(template.metadata.name),
            namespace: this.namespace,
            servicePort: 80,
            loadBalancer: { address: args.address },
        });
        this.address = service.status.apply((status) => {
            const given = status.loadBalancer?.ingress?.[0];
            return given?.ip ?? given?.hostname ?? "";
        });
        this.registerOutputs({ address: this.address });
    }
}
