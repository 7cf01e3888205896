/**
 * Every version that the stack uses unless a setting names another, each with the end of its support. To change one, change it
 * here and run the tests.
 *
 * Kubernetes stays on 1.35: it is the only minor release that is tested with ingress-nginx 1.15 (1.31–1.35),
 * Calico 3.33 and MetalLB 0.16 alike.
 */

/** A Helm chart as upstream publishes it. */
export interface ChartSource {
    /** URL of the chart repository, the one `helm repo add` takes, or with `oci://` of the registry's folder with the chart. */
    repository: string;
    /** Version of the chart. */
    version: string;
}

/** Until when upstream mends a version, security holes above all. */
export interface EndOfSupport {
    name: string;
    version: string;
    /** The last day as an ISO date, or "ended". It is absent where upstream announces no date. */
    supportedUntil?: string;
    /** The setting that replaces this version by another. */
    setting?: string;
}

/** The end of support of every version in this file. */
export const endsOfSupport: EndOfSupport[] = [];

/** Notes a version in {@link endsOfSupport}. @returns the version as it came. */
function supported(name: string, text: string, supportedUntil: string | undefined, setting?: string): string {
    // Of an image, the version is its tag.
    const version = /:([^:/@]+)(@|$)/.exec(text)?.[1] ?? text;
    endsOfSupport.push({ name, version, supportedUntil, setting });
    return text;
}

/** The charts, by the names that the setting `sources.charts` uses. */
export const charts = {
    calico: {
        repository: "https://docs.tigera.io/calico/charts",
        // Upstream maintains the two newest minor releases and announces no dates: https://docs.tigera.io/calico/latest/about/
        version: supported("Calico", "v3.33.1", undefined, "sources.charts.calico.version"),
    },
    metallb: {
        repository: "https://metallb.github.io/metallb",
        // Upstream mends the newest release alone and announces no dates: https://metallb.io/release-notes/
        version: supported("MetalLB", "0.16.2", undefined, "sources.charts.metallb.version"),
    },
    ingressNginx: {
        repository: "https://kubernetes.github.io/ingress-nginx",
        // The last release: https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/
        version: supported("ingress-nginx", "4.15.1", "ended", "sources.charts.ingressNginx.version"),
    },
} satisfies Record<string, ChartSource>;

/** The images, by the names that the setting `sources.images` uses. */
export const images = {
    /**
     * kind builds node images per kind release and asks for the digest: https://github.com/kubernetes-sigs/kind/releases
     * Kubernetes: https://kubernetes.io/releases/1.35/
     */
    node: supported(
        "Kubernetes",
        "kindest/node:v1.35.8@sha256:07b2536e30b803ed61d1677a79df6115f798ce64c80f9e22f6ed45afd09323c0",
        "2027-02-28",
        "sources.images.node",
    ),
    /** Each April a new stable branch ends the one before; 1.30 is April 2026's: https://endoflife.date/nginx */
    nginx: supported("nginx", "nginxinc/nginx-unprivileged:1.30", "2027-04-30", "sources.images.nginx"),
    /** 15, 16 and 17 keep their data in the same directory; 18 has moved it. https://www.postgresql.org/support/versioning/ */
    postgres: supported("PostgreSQL", "postgres:17", "2029-11-08", "sources.images.postgres"),
    /** https://devguide.python.org/versions/ */
    python: supported("Python", "python:3.13-slim", "2029-10-31", "sources.images.python"),
    /** Upstream announces no dates: https://busybox.net */
    busybox: supported("BusyBox", "busybox:1.37", undefined, "sources.images.busybox"),
};

/** The command-line tools that `npm run up` installs where they are missing or older. */
export const tools = {
    /** Upstream mends the newest release alone. */
    pulumi: supported("Pulumi", "3.274.1", undefined),
    /** Upstream mends the newest release alone. */
    kind: supported("kind", "0.33.0", undefined),
    /** As Kubernetes: https://kubernetes.io/releases/1.35/ */
    kubectl: supported("kubectl", "1.35.8", "2027-02-28"),
};

/** The oldest versions that are supported. An older tool is not used. */
export const oldestTools = {
    /** Since 3.260, a resource that is `deletedWith` another is also replaced with it. Pulumi.yaml has the same number. */
    pulumi: "3.260.0",
    kind: "0.32.0",
    /** Before 1.31 `kubectl wait --for=create` is unknown. */
    kubectl: "1.31.0",
    /** Docker Engine before 24 lacks what kind's node images need. */
    docker: "24.0.0",
};
