import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Database, type DatabaseArgs } from "../../../../components";
import { environmentOf } from "../../../support/pods";
import { runResources, type Stack, testCluster } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

describe("Database", () => {
    const make = (args: Partial<DatabaseArgs> = {}) =>
        runResources(() => {
            const { url, reportUrl, pods, port } = new Database("db", {
                cluster: testCluster(),
                namespace: "shop",
                image: "postgres:17",
                scripts: "app-database",
                backupIntervalMinutes: 60,
                backupsKept: 24,
                ...args,
            });
            return { url, reportUrl, pods, port };
        });
    let stack: Stack;
    before(async () => {
        stack = await make();
    });
    const setOf = (from: Stack) => from.find(types.statefulSet, "db").inputs.spec;
    const backup = () => setOf(stack).template.spec.initContainers[0];

    it("a failed backup leaves the database in service, and its pod can still be replaced", () => {
        const { spec } = stack.find(types.service, "db").inputs;
        assert.equal(spec.publishNotReadyAddresses, true);
        assert.equal(setOf(stack).podManagementPolicy, "Parallel");
    });

    it("a failed backup makes the sidecar not ready, and its readiness probe says why", () => {
        const check = (failure?: string) => {
            const folder = fs.mkdtempSync(path.join(os.tmpdir(), "probe-"));
            if (failure !== undefined) fs.writeFileSync(path.join(folder, "backup-failure"), failure);
            const [shell, ...args] = backup().readinessProbe.exec.command as string[];
            const ran = spawnSync(
                shell ?? "",
                args.map((text) => text.replace("/tmp/", `${folder}/`)),
                { encoding: "utf8" },
            );
            fs.rmSync(folder, { recursive: true });
            return { ready: ran.status === 0, said: ran.stdout };
        };
        assert.deepEqual(check(), { ready: true, said: "" });
        assert.deepEqual(check("disk full"), { ready: false, said: "disk full" });
    });

    it("the backup sidecar gets its interval in seconds and the number of backups to keep", async () => {
        const { BACKUP_INTERVAL_SECONDS, BACKUPS_KEPT } = environmentOf(backup());
        assert.deepEqual(
            { BACKUP_INTERVAL_SECONDS, BACKUPS_KEPT },
            { BACKUP_INTERVAL_SECONDS: "3600", BACKUPS_KEPT: "24" },
        );
        const other = await make({ backupIntervalMinutes: 5, backupsKept: 3 });
        const env = environmentOf(setOf(other).template.spec.initContainers[0]);
        assert.deepEqual([env.BACKUP_INTERVAL_SECONDS, env.BACKUPS_KEPT], ["300", "3"]);
    });

    it("data and backups are on two volumes, of which the backup sidecar has the second alone", () => {
        const { volumeClaimTemplates, template } = setOf(stack);
        assert.deepEqual(
            volumeClaimTemplates.map(({ metadata }: any) => metadata.name),
            ["data", "backups"],
        );
        const mounts = (container: any) =>
            container.volumeMounts
                .map(({ name }: any) => name as string)
                .filter((name: string) => /data|backups/.test(name));
        assert.deepEqual(mounts(template.spec.containers[0]), ["data"]);
        assert.deepEqual(mounts(backup()), ["backups"]);
    });

    it("the scripts of the folder are mounted where PostgreSQL's image runs them, and where the sidecar finds them", () => {
        const { inputs } = stack.find(types.configMap, "db-scripts");
        assert.equal(inputs.immutable, true);
        for (const file of ["create-roles.sh", "backup"]) {
            assert.equal(inputs.data[file], fs.readFileSync(path.join("app-database", file), "utf8"), file);
        }
        const scripts = (container: any) =>
            container.volumeMounts
                .filter(({ name }: any) => name === "scripts")
                .map(({ subPath, mountPath }: any) => `${subPath} ${mountPath}`);
        assert.deepEqual(scripts(setOf(stack).template.spec.containers[0]), [
            "create-roles.sh /docker-entrypoint-initdb.d/create-roles.sh",
        ]);
        assert.deepEqual(scripts(backup()), ["backup /usr/local/bin/backup"]);
        assert.deepEqual(backup().command, ["backup", "run"]);
    });

    it("the URLs for the application and for reports name the Service, its port, and a role with its own password", async () => {
        const { outputs } = await make({ objectName: "store" });
        assert.equal(outputs.url, "postgres://guestbook:db-app-password-result@store-service:5432/guestbook");
        assert.equal(outputs.reportUrl, "postgres://report:db-report-password-result@store-service:5432/guestbook");
    });

    it("the passwords are random, and reach PostgreSQL from a Secret", () => {
        const { inputs, secrets } = stack.find(types.secret, "db-credentials");
        assert.deepEqual(inputs.stringData, {
            superuser: "db-superuser-password-result",
            app: "db-app-password-result",
            report: "db-report-password-result",
        });
        assert.ok(secrets.some((at) => at.startsWith("stringData")));
        const fromSecret = setOf(stack).template.spec.containers[0].env.flatMap(({ name, valueFrom }: any) =>
            valueFrom?.secretKeyRef ? [`${name}=${valueFrom.secretKeyRef.key}`] : [],
        );
        assert.deepEqual(fromSecret, ["POSTGRES_PASSWORD=superuser", "APP_PASSWORD=app", "REPORT_PASSWORD=report"]);
    });

    it("the Service and the NetworkPolicies select the database's pod, at the port on which it listens", async () => {
        const renamed = await make({ objectName: "store" });
        for (const [one, name] of [
            [stack, "db"],
            [renamed, "store"],
        ] as const) {
            const { selector, template } = setOf(one);
            const { labels } = template.metadata;
            assert.deepEqual(labels, { "app.kubernetes.io/name": name });
            assert.deepEqual(selector.matchLabels, labels);
            assert.deepEqual(one.outputs.pods.labels, labels);
            const { spec } = one.find(types.service, "db").inputs;
            assert.deepEqual(spec.selector, labels);
            const [container] = template.spec.containers;
            assert.deepEqual(container.ports, [{ name: spec.ports[0].targetPort, containerPort: one.outputs.port }]);
            assert.equal(spec.ports[0].port, one.outputs.port);
        }
    });
});
