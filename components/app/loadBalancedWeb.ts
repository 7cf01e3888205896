import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
    drain,
    podIdentity,
    resources,
    restrictedContainer,
    restrictedNamespace,
    restrictedPod,
    rollingUpdate,
    spread,
} from "./restricted";
import type { ServiceAddress } from "../ingress/serviceAddress";

/** What a {@link LoadBalancedWeb} is made of. */
export interface LoadBalancedWebArgs {
    /** An nginx that runs without root on port 8080, such as nginxinc/nginx-unprivileged. */
    image: string;
    /** Number of pods. Default: 3. */
    replicas?: number;
    /** External address of its Service. Default: the load balancer chooses. */
    address?: ServiceAddress;
}

const nginxUser = 101;

/** The answer tells who gave it. `absolute_redirect` and caches play no part: each request is one line of text. */
const configuration = `server {
    listen 8080;
    default_type text/plain;
    add_header X-Pod "\${POD_NAME}" always;
    add_header Cache-Control no-store always;
    location = /healthz { access_log off; return 200 "ok\\n"; }
    location / { return 200 "pod=\${POD_NAME} node=\${NODE_NAME}\\n"; }
}
`;

/** The first thing to balance: equal nginx pods behind a Service of type LoadBalancer, each answer naming its pod and node. */
export class LoadBalancedWeb extends pulumi.ComponentResource {
    readonly namespace: pulumi.Output<string>;
    readonly serviceName: pulumi.Output<string>;
    /** The Service's external address (an IP, or a host name where a cloud gives one), known when it is given out. */
    readonly address: pulumi.Output<string>;

    constructor(name: string, args: LoadBalancedWebArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:LoadBalancedWeb", name, {}, opts);
        const inside = { parent: this };
        const labels = { "app.kubernetes.io/name": name };
        const namespace = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            { metadata: { name, labels: restrictedNamespace } },
            inside,
        );
        this.namespace = namespace.metadata.name;
        // Immutable and named by Pulumi: a change makes a new one, and so rolls the pods.
        const template = new k8s.core.v1.ConfigMap(
            `${name}-nginx`,
            {
                metadata: { namespace: this.namespace },
                immutable: true,
                data: { "default.conf.template": configuration },
            },
            inside,
        );
        new k8s.apps.v1.Deployment(
            name,
            {
                metadata: { name, namespace: this.namespace, labels },
                spec: {
                    ...rollingUpdate,
                    replicas: args.replicas ?? 3,
                    selector: { matchLabels: labels },
                    template: {
                        metadata: { labels },
                        spec: {
                            ...restrictedPod(nginxUser),
                            topologySpreadConstraints: spread(labels),
                            containers: [
                                {
                                    name: "nginx",
                                    image: args.image,
                                    env: podIdentity,
                                    ports: [{ name: "http", containerPort: 8080 }],
                                    lifecycle: drain,
                                    readinessProbe: { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 2 },
                                    livenessProbe: { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 10 },
                                    resources: resources("10m", "16Mi", "64Mi"),
                                    securityContext: restrictedContainer,
                                    volumeMounts: [
                                        { name: "templates", mountPath: "/etc/nginx/templates", readOnly: true },
                                        { name: "conf", mountPath: "/etc/nginx/conf.d" },
                                        { name: "tmp", mountPath: "/tmp" },
                                    ],
                                },
                            ],
                            volumes: [
                                { name: "templates", configMap: { name: template.metadata.name } },
                                { name: "conf", emptyDir: {} },
                                { name: "tmp", emptyDir: {} },
                            ],
                        },
                    },
                },
            },
            inside,
        );
        const service = new k8s.core.v1.Service(
            name,
            {
                metadata: {
                    name,
                    namespace: this.namespace,
                    labels,
                    annotations: {
                        ...args.address?.annotations,
                        // An address is what makes it ready; Pulumi's own rule takes ten seconds more.
                        "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress}",
                    },
                },
                spec: {
                    type: "LoadBalancer",
                    selector: labels,
                    ports: [{ name: "http", port: 80, targetPort: "http" }],
                },
            },
            { ...inside, dependsOn: args.address?.dependsOn },
        );
        this.serviceName = service.metadata.name;
        this.address = service.status.apply((status) => {
            const given = status.loadBalancer?.ingress?.[0];
            return given?.ip ?? given?.hostname ?? "";
        });
        this.registerOutputs({ address: this.address });
    }
}
