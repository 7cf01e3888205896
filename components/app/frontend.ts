import * as fs from "node:fs";
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { resources } from "./restricted";
import { makeTier, type TierArgs } from "./tier";

/** What a {@link Frontend} is made of. */
export interface FrontendArgs extends TierArgs {
    /** Folder with the pages, and with nginx's configuration as `nginx.conf.template`. */
    pages: string;
    /** Where the backend is, http://name:port. */
    backendUrl: pulumi.Input<string>;
}

const nginxUser = 101;
const template = "nginx.conf.template";

/** The frontend tier: nginx with static pages, which hands `/api/` on to the backend. */
export class Frontend extends pulumi.ComponentResource {
    readonly serviceName: pulumi.Output<string>;

    constructor(name: string, args: FrontendArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:Frontend", name, {}, opts);
        const configMap = (what: string, files: string[]) =>
            // Immutable and named by Pulumi: a change makes a new one, and so rolls the pods.
            new k8s.core.v1.ConfigMap(
                `${name}-${what}`,
                {
                    metadata: { namespace: args.namespace },
                    immutable: true,
                    data: Object.fromEntries(
                        files.map((file) => [file, fs.readFileSync(path.join(args.pages, file), "utf8")]),
                    ),
                },
                { parent: this },
            ).metadata.name;
        const pages = fs.readdirSync(args.pages).filter((file) => file !== template);

        const service = makeTier(
            name,
            args,
            {
                user: nginxUser,
                containerPort: 8080,
                servicePort: 80,
                livenessPath: "/healthz",
                readinessPath: "/healthz",
                env: [
                    { name: "BACKEND_URL", value: args.backendUrl },
                    // nginx's own variables look the same to the image's template step.
                    { name: "NGINX_ENVSUBST_FILTER", value: "^(POD_NAME|NODE_NAME|BACKEND_URL)$" },
                ],
                resources: resources("10m", "16Mi", "64Mi"),
                volumes: [
                    { name: "pages", configMap: { name: configMap("pages", pages) } },
                    { name: "templates", configMap: { name: configMap("nginx", [template]) } },
                    { name: "conf", emptyDir: {} },
                ],
                volumeMounts: [
                    { name: "pages", mountPath: "/usr/share/nginx/html", readOnly: true },
                    { name: "templates", mountPath: "/etc/nginx/templates", readOnly: true },
                    { name: "conf", mountPath: "/etc/nginx/conf.d" },
                ],
            },
            this,
        );
        this.serviceName = service.metadata.name;
        this.registerOutputs({ serviceName: this.serviceName });
    }
}
