import * as assert from "node:assert/strict";
import { Backend, Frontend, NetworkPolicies, type Flow, type PodGroup } from "../../../../components";
import { podTemplates, selects } from "../../../support/pods";
import { runResources, type Stack, testCluster } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

const group = (name: string): PodGroup => ({ labels: { "app.kubernetes.io/name": name } });
const selector = (name: string) => ({ podSelector: { matchLabels: { "app.kubernetes.io/name": name } } });
/** The specs of the NetworkPolicies by their names in Kubernetes. */
const policiesOf = ({ resources }: Stack): Record<string, any> =>
    Object.fromEntries(
        resources
            .filter(({ type }) => type === types.networkPolicy)
            .map(({ inputs: { metadata, spec } }) => {
                assert.equal(metadata.namespace, "shop");
                return [metadata.name, spec];
            }),
    );

describe("NetworkPolicies", () => {
    const make = async (flows: Flow[]) =>
        policiesOf(
            await runResources(() => {
                new NetworkPolicies("policies", { cluster: testCluster(), namespace: "shop", flows });
            }),
        );

    it("all traffic of the namespace is denied in both directions, unless a flow allows it", async () => {
        assert.deepEqual(await make([]), { "default-deny": { podSelector: {}, policyTypes: ["Ingress", "Egress"] } });
    });

    it("a flow between two pods is allowed on both ends, and its client may look up names", async () => {
        const policies = await make([{ from: group("web"), to: group("db"), port: 5432 }]);
        assert.deepEqual(Object.keys(policies).sort(), ["default-deny", "from-web", "to-db"]);
        assert.deepEqual(policies["to-db"], {
            ...selector("db"),
            policyTypes: ["Ingress"],
            ingress: [{ from: [selector("web")], ports: [{ port: 5432 }] }],
        });
        const { egress, ...rest } = policies["from-web"];
        assert.deepEqual(rest, { ...selector("web"), policyTypes: ["Egress"] });
        assert.deepEqual(egress, [
            {
                to: [
                    {
                        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
                        podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
                    },
                ],
                ports: [
                    { protocol: "UDP", port: 53 },
                    { protocol: "TCP", port: 53 },
                ],
            },
            { to: [selector("db")], ports: [{ port: 5432 }] },
        ]);
    });

    it("a flow from another namespace is allowed on the server's end", async () => {
        const policies = await make([{ from: { namespace: "ingress-nginx" }, to: group("web"), port: 8080 }]);
        assert.deepEqual(Object.keys(policies).sort(), ["default-deny", "to-web"]);
        const namespaceSelector = { matchLabels: { "kubernetes.io/metadata.name": "ingress-nginx" } };
        assert.deepEqual(policies["to-web"].ingress, [{ from: [{ namespaceSelector }], ports: [{ port: 8080 }] }]);
    });

    it("all flows to the same pods are in one policy, and all flows from the same pods in another one", async () => {
        const policies = await make([
            { from: group("a"), to: group("db"), port: 1 },
            { from: group("b"), to: group("db"), port: 2 },
            { from: group("a"), to: group("cache"), port: 3 },
        ]);
        const names = ["default-deny", "from-a", "from-b", "to-cache", "to-db"];
        assert.deepEqual(Object.keys(policies).sort(), names);
        assert.deepEqual(policies["to-db"].ingress, [
            { from: [selector("a")], ports: [{ port: 1 }] },
            { from: [selector("b")], ports: [{ port: 2 }] },
        ]);
        assert.deepEqual(policies["from-a"].egress.slice(1), [
            { to: [selector("db")], ports: [{ port: 1 }] },
            { to: [selector("cache")], ports: [{ port: 3 }] },
        ]);
    });

    it("policies made from workloads with other object names select the labels that the workloads' pods carry", async () => {
        const stack = await runResources(() => {
            const cluster = testCluster();
            const shared = { cluster, namespace: "shop", loggerImage: "busybox:1" };
            const backend = new Backend("backend", {
                ...shared,
                objectName: "api",
                image: "backend:1",
                databaseUrl: "postgres://",
                reportUrl: "postgres://",
                domain: "dev.local",
                urlPrefix: "/backend",
                httpsOnly: true,
            });
            const frontend = new Frontend("frontend", {
                ...shared,
                objectName: "pages",
                image: "nginx:1",
                pages: "app-frontend",
                backendUrl: backend.url,
            });
            new NetworkPolicies("policies", {
                cluster,
                namespace: "shop",
                flows: [
                    { from: frontend.pods, to: backend.pods, port: backend.containerPort },
                    { from: backend.migrationPods, to: frontend.pods, port: frontend.containerPort },
                ],
            });
        });
        const policies = policiesOf(stack);
        const pods = podTemplates(stack.resources);
        /** The name of the one workload whose pods a selector selects. */
        const selected = (selector: object) => {
            const found = pods.filter((pod) => selects(selector, pod)).map(({ name }) => name);
            assert.equal(found.length, 1);
            return found[0];
        };
        assert.equal(selected(policies["to-api"].podSelector), "backend");
        assert.equal(selected(policies["to-api"].ingress[0].from[0].podSelector), "frontend");
        assert.equal(selected(policies["from-pages"].podSelector), "frontend");
        assert.equal(selected(policies["from-pages"].egress[1].to[0].podSelector), "backend");
        assert.equal(selected(policies["to-pages"].ingress[0].from[0].podSelector), "backend-migration");
        assert.equal(selected(policies["from-api-migration"].podSelector), "backend-migration");
    });
});
