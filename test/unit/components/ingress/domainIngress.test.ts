import * as assert from "node:assert/strict";
import { DomainCertificate, DomainIngress, type DomainIngressArgs, type Route } from "../../../../components";
import { routeOf } from "../../../support/ingressNginx";
import { runResources, testCluster } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

describe("DomainIngress", () => {
    const service = { name: "shop", port: 8000 };
    const make = (routes: Route[], more: Partial<DomainIngressArgs> = {}) =>
        runResources(() => {
            new DomainIngress("site", {
                cluster: testCluster(),
                namespace: "shop",
                className: "nginx",
                certificate: new DomainCertificate("domain", { domain: "dev.local" }),
                httpsRedirect: true,
                routes,
                ...more,
            });
        });
    const ingressOf = async (...args: Parameters<typeof make>) =>
        (await make(...args)).find(types.ingress, "site").inputs;

    it("requests are routed by host and by the longest prefix, to the Service of the route and its port", async () => {
        const ingress = (await ingressOf([
            { host: "dev.local", prefix: "/", service },
            { host: "dev.local", prefix: "/cart", service: { name: "cart", port: 80 } },
            { host: "web.dev.local", prefix: "/", service: { name: "web", port: 81 } },
        ])) as Parameters<typeof routeOf>[0][0];
        const routes: Record<string, string | undefined> = {
            "dev.local/": "shop:8000/",
            "dev.local/cart": "cart:80/cart",
            "dev.local/cart/1": "cart:80/cart/1",
            "dev.local/carts": "shop:8000/carts",
            "web.dev.local/cart": "web:81/cart",
            "other.local/": undefined,
        };
        for (const [url, target] of Object.entries(routes)) {
            const [host = "", ...elements] = url.split("/");
            assert.equal(routeOf([ingress], host, `/${elements.join("/")}`), target, url);
        }
    });

    it("a prefix that is to be stripped is rewritten, by ingress-nginx's annotations", async () => {
        const { metadata, spec } = await ingressOf([
            { host: "dev.local", prefix: "/shop", strip: true, service },
            { host: "dev.local", prefix: "/kept", service },
        ]);
        assert.equal(metadata.annotations["nginx.ingress.kubernetes.io/rewrite-target"], "/$1");
        const ingress = { metadata, spec };
        assert.equal(routeOf([ingress], "dev.local", "/shop/cart"), "shop:8000/cart");
        assert.equal(routeOf([ingress], "dev.local", "/kept/cart"), "shop:8000/kept/cart");
    });

    it("http is redirected to https only if that is wanted", async () => {
        for (const httpsRedirect of [true, false]) {
            const { metadata } = await ingressOf([{ host: "dev.local", prefix: "/", service }], { httpsRedirect });
            assert.equal(
                metadata.annotations["nginx.ingress.kubernetes.io/ssl-redirect"],
                httpsRedirect ? "true" : "false",
            );
        }
    });

    it("TLS ends at the ingress, for every host once, with the domain's certificate and its key from a Secret", async () => {
        const stack = await make([
            { host: "dev.local", prefix: "/", service },
            { host: "dev.local", prefix: "/cart", service },
            { host: "web.dev.local", prefix: "/", service },
        ]);
        const { metadata, spec } = stack.find(types.ingress, "site").inputs;
        assert.deepEqual([metadata.name, metadata.namespace, spec.ingressClassName], ["site", "shop", "nginx"]);
        assert.deepEqual(
            spec.rules.map(({ host }: { host: string }) => host),
            ["dev.local", "web.dev.local"],
        );
        assert.equal(spec.tls.length, 1);
        assert.deepEqual(spec.tls[0].hosts, ["dev.local", "web.dev.local"]);
        assert.ok(spec.tls[0].secretName.startsWith("site-tls"));
        const { inputs, secrets } = stack.find(types.secret, "site-tls");
        assert.equal(inputs.type, "kubernetes.io/tls");
        assert.equal(inputs.metadata.namespace, "shop");
        assert.deepEqual(inputs.stringData, { "tls.crt": "domain-pem", "tls.key": "domain-key-pem" });
        assert.ok(secrets.some((at) => at.startsWith("stringData")));
    });
});
