import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster/cluster";
import type { DomainCertificate } from "./domainCertificate";
import { compileForNginx } from "./nginxPaths";
import type { Route } from "./routes";

/** What a {@link DomainIngress} routes. */
export interface DomainIngressArgs {
    cluster: Cluster;
    /** Where the routes' Services are. */
    namespace: pulumi.Input<string>;
    /** Ingress class of an ingress-nginx. */
    className: pulumi.Input<string>;
    certificate: DomainCertificate;
    /** Whether http is answered with a redirect to https. */
    httpsRedirect: boolean;
    routes: Route[];
}

/** An Ingress for ingress-nginx: host and path routing, rewrite, redirect, and TLS by the domain's certificate. */
export class DomainIngress extends pulumi.ComponentResource {
    /** Changes with its routes. */
    readonly revision: pulumi.Output<number>;

    constructor(name: string, args: DomainIngressArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:DomainIngress", name, {}, pulumi.mergeOptions(args.cluster.childOptions, opts));
        const { namespace, certificate, routes } = args;
        const secret = new k8s.core.v1.Secret(
            `${name}-tls`,
            {
                metadata: { namespace },
                type: "kubernetes.io/tls",
                stringData: { "tls.crt": certificate.certificate, "tls.key": certificate.privateKey },
            },
            { parent: this },
        );
        const hosts = [...new Set(routes.map(({ host }) => host))];
        const { annotations, pathOf } = compileForNginx(routes);
        const toPath = (route: Route) => ({
            ...pathOf(route),
            backend: { service: { name: route.service.name, port: { number: route.service.port } } },
        });
        const ingress = new k8s.networking.v1.Ingress(
            name,
            {
                metadata: {
                    name,
                    namespace,
                    annotations: {
                        ...annotations,
                        "nginx.ingress.kubernetes.io/ssl-redirect": String(args.httpsRedirect),
                        // The controller writes the Ingress's address once a minute. It is the controller's own anyway.
                        "pulumi.com/skipAwait": "true",
                    },
                },
                spec: {
                    ingressClassName: args.className,
                    tls: [{ hosts, secretName: secret.metadata.name }],
                    rules: hosts.map((host) => ({
                        host,
                        http: { paths: routes.filter((route) => route.host === host).map(toPath) },
                    })),
                },
            },
            { parent: this },
        );
        this.revision = ingress.metadata.generation;
        this.registerOutputs({});
    }
}
