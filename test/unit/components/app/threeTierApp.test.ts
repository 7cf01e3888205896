import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { ThreeTierApp } from "../../../../components";
import { containersOf, environmentOf, type PodTemplate, podTemplates, selects } from "../../../support/pods";
import { runResources, type Stack, testCluster } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

describe("ThreeTierApp", () => {
    let stack: Stack;
    let pods: PodTemplate[];
    before(async () => {
        stack = await runResources(() => {
            const cluster = testCluster();
            const { namespace, frontend, backend } = new ThreeTierApp("shop", {
                cluster,
                images: { nginx: "nginx:1", postgres: "postgres:17", busybox: "busybox:1", backend: "backend:1" },
                sources: { frontend: "app-frontend", database: "app-database" },
                domain: "dev.local",
                backendPrefix: "/api",
                httpsOnly: true,
                backups: { intervalMinutes: 30, kept: 7 },
                ingressPods: { namespace: "controller" },
                nodesReady: new k8s.core.v1.ConfigMap("nodes-ready", { metadata: { namespace: "shop" } }),
            });
            return { namespace, frontend, backend };
        });
        pods = podTemplates(stack.resources);
    });
    const policies = () =>
        stack.resources.filter(({ type }) => type === types.networkPolicy).map(({ inputs }) => inputs.spec);

    it("every selector of the app's NetworkPolicies selects the pods of one of its workloads", () => {
        const selectors = policies().flatMap(({ podSelector, ingress = [], egress = [] }) => [
            podSelector,
            ...[...ingress, ...egress]
                .flatMap(({ from = [], to = [] }) => [...from, ...to])
                // Pods of other namespaces are not the app's.
                .flatMap((peer) => (peer.namespaceSelector === undefined ? [peer.podSelector] : [])),
        ]);
        assert.ok(selectors.length > 10);
        for (const selector of selectors) {
            const found = pods.filter((pod) => selects(selector, pod)).map(({ name }) => name);
            const isEmpty = Object.keys(selector as object).length === 0;
            assert.equal(found.length, isEmpty ? pods.length : 1, JSON.stringify(selector));
        }
        // default-deny alone is for all pods.
        assert.equal(selectors.filter((selector) => Object.keys(selector as object).length === 0).length, 1);
    });

    it("every port of the app's NetworkPolicies is a port on which the receiving pods listen", () => {
        const isOpen = (selector: object, port: number) =>
            pods
                .filter((pod) => selects(selector, pod))
                .flatMap(containersOf)
                .some(({ container }) => container.ports?.some((one: any) => one.containerPort === port));
        let ports = 0;
        for (const { podSelector, ingress = [], egress = [] } of policies()) {
            const rules = [
                ...ingress.map((rule: any) => ({ to: podSelector, ports: rule.ports })),
                ...egress
                    .filter((rule: any) => rule.to[0].namespaceSelector === undefined)
                    .map((rule: any) => ({ to: rule.to[0].podSelector, ports: rule.ports })),
            ];
            for (const rule of rules) {
                for (const { port } of rule.ports) {
                    assert.ok(isOpen(rule.to as object, port as number), JSON.stringify(rule));
                    ports++;
                }
            }
        }
        assert.equal(ports, 8);
    });

    it("the ingress reaches frontend and backend, the frontend the backend, and backend and migration the database", () => {
        const names = stack.resources
            .filter(({ type }) => type === types.networkPolicy)
            .map(({ inputs }) => inputs.metadata.name as string);
        assert.deepEqual(names.sort(), [
            "default-deny",
            "from-backend",
            "from-backend-migration",
            "from-frontend",
            "to-backend",
            "to-db",
            "to-frontend",
        ]);
    });

    it("the tiers are in one namespace, which admits only restricted pods", () => {
        const { metadata } = stack.find(types.namespace, "shop-namespace").inputs;
        assert.equal(metadata.name, "shop");
        assert.equal(metadata.labels["pod-security.kubernetes.io/enforce"], "restricted");
        assert.equal(stack.outputs.namespace, "shop");
        const inside = stack.resources.filter(({ type }) => type.startsWith("kubernetes:") && type !== types.namespace);
        assert.ok(inside.length > 15);
        for (const { urn, inputs } of inside) assert.equal(inputs.metadata.namespace, "shop", urn);
    });

    it("the tiers' Kubernetes objects keep their names frontend, backend and db under any component name", () => {
        const name = (type: string, resource: string) => stack.find(type, resource).inputs.metadata.name as unknown;
        assert.equal(name(types.deployment, "shop-frontend"), "frontend");
        assert.equal(name(types.deployment, "shop-backend"), "backend");
        assert.equal(name(types.statefulSet, "shop-db"), "db");
        assert.equal(name(types.service, "shop-db"), "db-service");
        assert.deepEqual(stack.outputs.frontend, { name: "frontend", port: 80 });
        assert.deepEqual(stack.outputs.backend, { name: "backend", port: 8000 });
    });

    it("frontend and backend wait until the nodes are Ready, and the database does not", () => {
        const nodesReady = stack.find(types.configMap, "nodes-ready").urn;
        const waits = (tier: string) =>
            stack
                .find(`load-balancing-lab:index:${tier}`, `shop-${tier.toLowerCase()}`)
                .dependencies.includes(nodesReady);
        assert.deepEqual(["Frontend", "Backend"].map(waits), [true, true]);
        const database = stack.find("load-balancing-lab:index:Database", "shop-db");
        assert.ok(!database.dependencies.includes(nodesReady));
    });

    it("each tier finds the next one: the frontend the backend's Service, and the backend the database's", () => {
        const frontend = pods.find(({ name }) => name === "shop-frontend");
        const url = new URL(environmentOf(frontend?.spec.containers[0]).BACKEND_URL ?? "");
        const service = stack.find(types.service, "shop-backend").inputs;
        assert.deepEqual([url.hostname, Number(url.port)], [service.metadata.name, service.spec.ports[0].port]);
        const database = stack.find(types.service, "shop-db").inputs;
        const settings = stack.find(types.secret, "shop-backend-settings").inputs.stringData;
        for (const key of ["DATABASE_URL", "REPORT_DATABASE_URL"]) {
            const { hostname, port } = new URL(settings[key] as string);
            assert.deepEqual([hostname, Number(port)], [database.metadata.name, database.spec.ports[0].port], key);
        }
    });

    it("the tiers get the app's domain, the ingress's prefix, https alone, and the backups' interval and number", () => {
        const containers = Object.fromEntries(
            pods.flatMap(containersOf).map(({ at, container }) => [at, environmentOf(container)]),
        );
        const { URL_PREFIX, HTTPS_ONLY, ALLOWED_HOSTS } = containers["shop-backend/backend"] ?? {};
        assert.deepEqual([URL_PREFIX, HTTPS_ONLY], ["/api", "true"]);
        assert.ok(ALLOWED_HOSTS?.split(",").includes("dev.local"));
        const { BACKUP_INTERVAL_SECONDS, BACKUPS_KEPT } = containers["shop-db/backup"] ?? {};
        assert.deepEqual([BACKUP_INTERVAL_SECONDS, BACKUPS_KEPT], ["1800", "7"]);
    });
});
