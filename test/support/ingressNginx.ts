/** An Ingress as the program registers it. */
interface Ingress {
    metadata: { annotations: Record<string, string> };
    spec: {
        rules: {
            host: string;
            http: {
                paths: (IngressPath & { backend: { service: { name: string; port: { number: number } } } })[];
            };
        }[];
    };
}

interface IngressPath {
    path: string;
    pathType: string;
}

const annotation = (annotations: Record<string, string>, name: string) =>
    annotations[`nginx.ingress.kubernetes.io/${name}`];

/**
 * What a Service is asked for, as ingress-nginx finds it: by `location ~* "^…"` and `rewrite "(?i)…"` if the Ingress uses
 * regular expressions, otherwise by whole path elements. Undefined if the path does not match.
 */
export function rewrittenPath(
    { path, pathType }: IngressPath,
    annotations: Record<string, string>,
    requested: string,
): string | undefined {
    const usesRegex = annotation(annotations, "use-regex") === "true";
    // The API server and the controller refuse a regular expression as a path of another type.
    const expected = usesRegex ? "ImplementationSpecific" : "Prefix";
    if (pathType !== expected) throw new Error(`${path} is of type ${pathType}`);
    if (!usesRegex) {
        return `${requested}/`.startsWith(path.endsWith("/") ? path : `${path}/`) ? requested : undefined;
    }
    const groups = new RegExp(`^${path}`, "i").exec(requested);
    const target = annotation(annotations, "rewrite-target") ?? "";
    return groups?.[0] === undefined ? undefined : target.replace(/\$(\d)/g, (_, group) => groups[Number(group)] ?? "");
}

/**
 * Where ingress-nginx sends a request, as service:port/path. Of all paths of a host it tries the longest first.
 * https://kubernetes.github.io/ingress-nginx/user-guide/ingress-path-matching/
 */
export function routeOf(ingresses: Ingress[], host: string, requested: string): string | undefined {
    const entries = ingresses
        .flatMap(({ metadata, spec }) =>
            spec.rules
                .filter((rule) => rule.host === host)
                .flatMap(({ http }) => http.paths.map((entry) => ({ entry, annotations: metadata.annotations }))),
        )
        .sort((one, other) => other.entry.path.length - one.entry.path.length);
    for (const { entry, annotations } of entries) {
        const path = rewrittenPath(entry, annotations, requested);
        const { name, port } = entry.backend.service;
        if (path !== undefined) return `${name}:${port.number}${path}`;
    }
    return undefined;
}
