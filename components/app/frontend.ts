import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { readText } from "../../lib/textFile";
import { HttpWorkload, type HttpWorkloadArgs } from "./httpWorkload";
import { nginx, nginxPort } from "./nginx";
import { type ConfigMapContent, readPages } from "./webPages";

/** What a {@link Frontend} is made of. */
export interface FrontendArgs extends HttpWorkloadArgs {
    namespace: pulumi.Input<string>;
    /** A busybox, for the logger. */
    loggerImage: string;
    /** Folder with the pages, see {@link readPages}, and with nginx's configuration as `nginx.conf.template`. */
    pages: string;
    /** Where the backend is, http://name:port. */
    backendUrl: pulumi.Input<string>;
}

const template = "nginx.conf.template";

/** The frontend tier: nginx with static pages, which hands `/api/` on to the backend. */
export class Frontend extends HttpWorkload {
    constructor(name: string, args: FrontendArgs, opts?: pulumi.ComponentResourceOptions) {
        super("Frontend", name, args, nginxPort, opts);
        const { namespace, pages } = args;
        const configMap = (what: string, content: ConfigMapContent) =>
            // Immutable and named by Pulumi: a change makes a new one, and so replaces the pods.
            new k8s.core.v1.ConfigMap(
                `${name}-${what}`,
                { metadata: { namespace }, immutable: true, ...content },
                { parent: this },
            ).metadata.name;

        const nginxMap = configMap("nginx", { data: { [template]: readText(join(pages, template)) } });
        const { volumes, volumeMounts, ...shape } = nginx(nginxMap);
        const pagesMap = configMap("pages", readPages(pages, template));
        this.serve({
            ...shape,
            namespace,
            servicePort: 80,
            env: [
                { name: "BACKEND_URL", value: args.backendUrl },
                // The image fills in its templates' variables. nginx's own look the same, and must stay.
                { name: "NGINX_ENVSUBST_FILTER", value: "^(POD_NAME|NODE_NAME|APP_VERSION|BACKEND_URL)$" },
            ],
            loggerImage: args.loggerImage,
            volumes: [...volumes, { name: "pages", configMap: { name: pagesMap } }],
            volumeMounts: [...volumeMounts, { name: "pages", mountPath: "/usr/share/nginx/html", readOnly: true }],
        });
        this.registerOutputs({ serviceName: this.service.name });
    }
}
