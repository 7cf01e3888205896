import { escapeRegExp } from "../../lib/regExp";
import type { Route } from "./routes";

type Path = Pick<Route, "prefix" | "strip">;

/** Routes as ingress-nginx takes them. */
export interface NginxPaths {
    /** Annotations of the Ingress that holds them all. */
    annotations: Record<string, string>;
    /** A route's entry in the Ingress, but for its backend. */
    pathOf: (route: Path) => { path: string; pathType: "Prefix" | "ImplementationSpecific" };
}

/**
 * Compiles the routes of one Ingress for ingress-nginx. If a route strips its prefix, all paths become regular expressions, of
 * which the first group is what the Service is asked for: https://kubernetes.github.io/ingress-nginx/examples/rewrite/
 *
 * If one Ingress of a host has regular expressions, ingress-nginx takes the paths of the host's other Ingresses for such too:
 * /shop would also hold for /shopping. So those other Ingresses should have no prefix but `/`.
 */
export function compileForNginx(routes: Path[]): NginxPaths {
    if (!routes.some(({ strip }) => strip)) {
        return { annotations: {}, pathOf: ({ prefix }) => ({ path: prefix, pathType: "Prefix" }) };
    }
    return {
        annotations: {
            "nginx.ingress.kubernetes.io/use-regex": "true",
            "nginx.ingress.kubernetes.io/rewrite-target": "/$1",
        },
        pathOf: (route) => ({ path: expression(route), pathType: "ImplementationSpecific" }),
    };
}

function expression({ prefix, strip = false }: Path): string {
    if (prefix === "/") return "/(.*)";
    const escaped = escapeRegExp(prefix.slice(1));
    return strip ? `/${escaped}(?:/|$)(.*)` : `/(${escaped}(?:/.*)?)$`;
}
