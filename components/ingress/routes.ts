import type * as pulumi from "@pulumi/pulumi";

/** A Service, as a route or another tier names it. */
export interface ServiceRef {
    name: pulumi.Input<string>;
    /** Port of the Service. */
    port: number;
}

/**
 * What a host serves below a path. A route says what it means, and nothing of the controller that carries it out.
 * `nginxPaths.ts` compiles routes for ingress-nginx.
 */
export interface Route {
    host: string;
    /**
     * Path prefix, by whole elements, without a slash at its end: `/db` holds for /db, /db/ and /db/x, not for /dbx.
     * `/` holds for every path. If several hold, the longest counts.
     */
    prefix: string;
    /** Whether the prefix is taken off: the Service is then asked for /x instead of /frontend/x. Default: false. */
    strip?: boolean;
    /** Answers; in the namespace of the routes. */
    service: ServiceRef;
}
