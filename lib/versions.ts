/**
 * Every version that the stack uses unless a setting names another. To change one, change it here and run the tests.
 *
 * Kubernetes stays on 1.35: it is the only minor release that is tested with ingress-nginx 1.15 (1.31–1.35),
 * Calico 3.31 (1.32–1.35) and MetalLB 0.16 alike.
 */

/** A Helm chart as upstream publishes it. */
export interface ChartSource {
    /** URL of the chart repository, the one `helm repo add` takes. */
    repository: string;
    /** Version of the chart. */
    version: string;
}

/** The charts, by the names that the setting `sources.charts` uses. */
export const charts = {
    /** 3.31 is the last minor release whose chart has Calico's CRDs. */
    calico: { repository: "https://docs.tigera.io/calico/charts", version: "v3.31.7" },
    metallb: { repository: "https://metallb.github.io/metallb", version: "0.16.1" },
    /** The last release: upstream retired ingress-nginx in March 2026. */
    ingressNginx: { repository: "https://kubernetes.github.io/ingress-nginx", version: "4.15.1" },
} satisfies Record<string, ChartSource>;

/** The images, by the names that the setting `sources.images` uses. */
export const images = {
    /** kind builds node images per kind release and asks for the digest: https://github.com/kubernetes-sigs/kind/releases */
    node: "kindest/node:v1.35.8@sha256:07b2536e30b803ed61d1677a79df6115f798ce64c80f9e22f6ed45afd09323c0",
    nginx: "nginxinc/nginx-unprivileged:1.28",
    /** 15, 16 and 17 keep their data in the same directory; 18 has moved it. */
    postgres: "postgres:17",
    python: "python:3.13-slim",
    busybox: "busybox:1.37",
};

/** The command-line tools that `npm run up` installs where they are missing or older. */
export const tools = { pulumi: "3.274.1", kind: "0.33.0", kubectl: "1.35.8" };

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
