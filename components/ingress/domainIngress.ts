import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { DomainCertificate } from "./domainCertificate";

/** A path of a host, and the Service that answers there. */
export interface Route {
    host: string;
    /** A prefix such as `/`; with {@link DomainIngressArgs.rewriteTarget} a regular expression. */
    path: string;
    service: pulumi.Input<string>;
    /** Port of the Service. */
    port: number;
}

/** What a {@link DomainIngress} routes. */
export interface DomainIngressArgs {
    namespace: pulumi.Input<string>;
    /** Ingress class of the controller that carries it out. */
    className: pulumi.Input<string>;
    certificate: DomainCertificate;
    /** Whether http is answered with a redirect to https. */
    httpsRedirect: boolean;
    routes: Route[];
    /**
     * What the Service is asked for instead of the path, `$1` being the path's first capture group:
     * https://kubernetes.github.io/ingress-nginx/examples/rewrite/. Default: the path as it came.
     */
    rewriteTarget?: string;
}

/** An Ingress: host and path routing, rewrite, redirect, and TLS by the domain's certificate. */
export class DomainIngress extends pulumi.ComponentResource {
    constructor(name: string, args: DomainIngressArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:DomainIngress", name, {}, opts);
        const inside = { parent: this };
        const secret = new k8s.core.v1.Secret(
            `${name}-tls`,
            {
                metadata: { namespace: args.namespace },
                type: "kubernetes.io/tls",
                stringData: { "tls.crt": args.certificate.certificate, "tls.key": args.certificate.privateKey },
            },
            inside,
        );
        const hosts = [...new Set(args.routes.map(({ host }) => host))];
        new k8s.networking.v1.Ingress(
            name,
            {
                metadata: {
                    name,
                    namespace: args.namespace,
                    annotations: {
                        "nginx.ingress.kubernetes.io/ssl-redirect": String(args.httpsRedirect),
                        ...(args.rewriteTarget === undefined
                            ? {}
                            : {
                                  "nginx.ingress.kubernetes.io/use-regex": "true",
                                  "nginx.ingress.kubernetes.io/rewrite-target": args.rewriteTarget,
                              }),
                        // Its address is written once a minute, and is the controller's anyway.
                        "pulumi.com/skipAwait": "true",
                    },
                },
                spec: {
                    ingressClassName: args.className,
                    tls: [{ hosts, secretName: secret.metadata.name }],
                    rules: hosts.map((host) => ({
                        host,
                        http: { paths: args.routes.filter((route) => route.host === host).map(toPath(args)) },
                    })),
                },
            },
            inside,
        );
        this.registerOutputs({});
    }
}

function toPath({ rewriteTarget }: DomainIngressArgs) {
    return ({ path, service, port }: Route) => ({
        path,
        // Prefix takes no regular expressions.
        pathType: rewriteTarget === undefined ? "Prefix" : "ImplementationSpecific",
        backend: { service: { name: service, port: { number: port } } },
    });
}
