import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ServiceRef } from "../ingress/routes";
import { HttpWorkload, type HttpWorkloadArgs } from "./httpWorkload";
import { nginx, nginxPort } from "./nginx";

/** What a {@link Frontend} is made of. */
export interface FrontendArgs extends HttpWorkloadArgs {
    namespace: pulumi.Input<string>;
    /** A busybox, for the logger. */
    loggerImage: string;
    /** Folder with the pages, and with nginx's configuration as `nginx.conf.template`. */
    pages: string;
    /** Where the backend is, http://name:port. */
    backendUrl: pulumi.Input<string>;
}

const template = "nginx.conf.template";

/** The frontend tier: nginx with static pages, which hands `/api/` on to the backend. */
export class Frontend extends HttpWorkload {
    readonly service: ServiceRef;

    constructor(name: string, args: FrontendArgs, opts?: pulumi.ComponentResourceOptions) {
        super("Frontend", name, args, nginxPort, opts);
        const { namespace, pages } = args;
        const configMap = (what: string, files: string[]) =>
            // Immutable and named by Pulumi: a change makes a new one, and so replaces the pods.
            new k8s.core.v1.ConfigMap(
                `${name}-${what}`,
                {
                    metadata: { namespace },
                    immutable: true,
                    data: Object.fromEntries(files.map((file) => [file, readFileSync(join(pages, file), "utf8")])),
                },
                { parent: this },
            ).metadata.name;

        const servicePort = 80;
        const { volumes, volumeMounts, ...shape } = nginx(configMap("nginx", [template]));
        const pagesMap = configMap(
            "pages",
            readdirSync(pages).filter((file) => file !== template),
        );
        const service = this.serve({
            ...shape,
            namespace,
            servicePort,
            env: [
                { name: "BACKEND_URL", value: args.backendUrl },
                // The image fills in its templates' variables. nginx's own look the same, and must stay.
                { name: "NGINX_ENVSUBST_FILTER", value: "^(POD_NAME|NODE_NAME|BACKEND_URL)$" },
            ],
            loggerImage: args.loggerImage,
            volumes: [...volumes, { name: "pages", configMap: { name: pagesMap } }],
            volumeMounts: [...volumeMounts, { name: "pages", mountPath: "/usr/share/nginx/html", readOnly: true }],
        });
        this.service = { name: service.metadata.name, port: servicePort };
        this.registerOutputs({ serviceName: this.service.name });
    }
}
