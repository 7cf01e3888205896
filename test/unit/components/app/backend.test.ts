import * as assert from "node:assert/strict";
import { Backend, type BackendArgs } from "../../../../components";
import { containersOf, environmentOf, podTemplates } from "../../../support/pods";
import { runResources, type Stack, testCluster } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

describe("Backend", () => {
    const make = (args: Partial<BackendArgs> = {}) =>
        runResources(() => {
            const { service, url } = new Backend("backend", {
                cluster: testCluster(),
                namespace: "shop",
                image: "registry.test:5000/backend:0a1b",
                loggerImage: "busybox:1",
                databaseUrl: "postgres://owner",
                reportUrl: "postgres://reader",
                domain: "dev.local",
                urlPrefix: "/backend",
                httpsOnly: true,
                ...args,
            });
            return { service, url };
        });
    let stack: Stack;
    before(async () => {
        stack = await make();
    });
    const container = (from: Stack) => from.find(types.deployment, "backend").inputs.spec.template.spec.containers[0];

    it("the database is migrated once for each image, and again after a failure", () => {
        const { inputs } = stack.find(types.job, "backend-migration");
        // Named by Pulumi, so that the next image's is another one.
        assert.equal(inputs.metadata.name, undefined);
        assert.equal(inputs.metadata.annotations["pulumi.com/replaceUnready"], "true");
        assert.equal(inputs.spec.backoffLimit, 0);
        const [migrate] = inputs.spec.template.spec.containers;
        assert.equal(migrate.image, container(stack).image);
        assert.deepEqual(migrate.command, ["python", "manage.py", "migrate_when_ready"]);
    });

    it("a migration that fails leaves its last words in the pod's status", () => {
        const [migrate] = stack.find(types.job, "backend-migration").inputs.spec.template.spec.containers;
        assert.equal(migrate.terminationMessagePolicy, "FallbackToLogsOnError");
    });

    it("the backend's pods wait for the migration", () => {
        const { urn } = stack.find(types.job, "backend-migration");
        assert.ok(stack.find(types.deployment, "backend").dependencies.includes(urn));
    });

    it("the backend's Service does not select the pod that migrates", () => {
        const { selector } = stack.find(types.service, "backend").inputs.spec;
        const { labels } = stack.find(types.job, "backend-migration").inputs.spec.template.metadata;
        assert.ok(Object.entries(selector as object).some(([key, value]) => labels[key] !== value));
    });

    it("the database's URLs and Django's secret key are in an immutable Secret, for serving and for migrating", () => {
        const { inputs, secrets } = stack.find(types.secret, "backend-settings");
        assert.equal(inputs.immutable, true);
        assert.deepEqual(inputs.stringData, {
            DATABASE_URL: "postgres://owner",
            REPORT_DATABASE_URL: "postgres://reader",
            DJANGO_SECRET_KEY: "backend-secret-key-result",
        });
        assert.ok(secrets.some((at) => at.startsWith("stringData")));
        const django = podTemplates(stack.resources)
            .flatMap(containersOf)
            .filter(({ at }) => !at.endsWith("/logger"));
        assert.equal(django.length, 2);
        for (const { at, container: one } of django) {
            const keys = one.env.flatMap(({ name, valueFrom }: any) =>
                valueFrom?.secretKeyRef ? [`${name}=${valueFrom.secretKeyRef.key}`] : [],
            );
            assert.deepEqual(
                keys.sort(),
                Object.keys(inputs.stringData as object)
                    .map((key) => `${key}=${key}`)
                    .sort(),
                at,
            );
        }
    });

    it("Django answers for the domain, for localhost and for its Service's name alone", async () => {
        assert.equal(environmentOf(container(stack)).ALLOWED_HOSTS, "dev.local,localhost,127.0.0.1,backend");
        const renamed = await make({ objectName: "api", domain: "shop.test" });
        assert.equal(environmentOf(container(renamed)).ALLOWED_HOSTS, "shop.test,localhost,127.0.0.1,api");
        assert.deepEqual(renamed.outputs, { service: { name: "api", port: 8000 }, url: "http://api:8000" });
    });

    it("Django knows the ingress's prefix, and whether https alone is used", async () => {
        const { URL_PREFIX, HTTPS_ONLY } = environmentOf(container(stack));
        assert.deepEqual({ URL_PREFIX, HTTPS_ONLY }, { URL_PREFIX: "/backend", HTTPS_ONLY: "true" });
        assert.equal(environmentOf(container(await make({ httpsOnly: false }))).HTTPS_ONLY, "false");
    });

    it("the access log goes to the pipe that the logger reads", () => {
        const { initContainers } = stack.find(types.deployment, "backend").inputs.spec.template.spec;
        const log = environmentOf(container(stack)).ACCESS_LOG ?? "";
        assert.ok(log.startsWith("/"));
        assert.ok(initContainers[0].command.join(" ").includes(`mkfifo ${log}`));
    });

    it("a pod of the backend is Ready when Django says so, and is restarted only if its process no longer answers", () => {
        const { readinessProbe, livenessProbe } = container(stack);
        assert.equal(readinessProbe.httpGet.path, "/readyz");
        assert.equal(livenessProbe.httpGet.path, "/healthz");
    });
});
