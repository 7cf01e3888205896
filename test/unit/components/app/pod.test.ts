import * as assert from "node:assert/strict";
import { podSpec, servingProbes } from "../../../../components/app/pod";
import { containersOf, type PodTemplate, podTemplates } from "../../../support/pods";
import { type Registered, runProgram } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

/** The pods of the whole stack: every one is built here. */
describe("a pod of the stack", () => {
    let resources: Registered[];
    let pods: PodTemplate[];
    let containers: ReturnType<typeof containersOf>;
    before(async () => {
        ({ resources } = await runProgram());
        pods = podTemplates(resources);
        containers = pods.flatMap(containersOf);
    });

    it("all pods of the stack are looked at by the tests in this file", () => {
        assert.deepEqual(pods.map(({ name, kind }) => `${kind} ${name}`).sort(), [
            "Deployment app-backend",
            "Deployment app-frontend",
            "Deployment web",
            "Job app-backend-migration",
            "StatefulSet app-db",
        ]);
        assert.deepEqual(containers.map(({ at }) => at).sort(), [
            "app-backend-migration/migrate",
            "app-backend/backend",
            "app-backend/logger",
            "app-db/backup",
            "app-db/postgres",
            "app-frontend/frontend",
            "app-frontend/logger",
            "web/web",
        ]);
    });

    it("every pod meets the Pod Security Standard restricted, and has no API token and no share in its node", () => {
        for (const { name, spec } of pods) {
            assert.equal(spec.automountServiceAccountToken, false, name);
            assert.equal(spec.serviceAccountName, undefined, name);
            assert.equal(spec.securityContext.runAsNonRoot, true, name);
            assert.ok(spec.securityContext.runAsUser > 0, name);
            assert.equal(spec.securityContext.seccompProfile.type, "RuntimeDefault", name);
            for (const share of ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"]) {
                assert.equal(spec[share], undefined, `${name} ${share}`);
            }
            for (const volume of spec.volumes) {
                assert.ok(volume.emptyDir || volume.configMap, `${name}/${volume.name}`);
            }
        }
        for (const { at, container } of containers) {
            assert.deepEqual(
                container.securityContext,
                {
                    allowPrivilegeEscalation: false,
                    capabilities: { drop: ["ALL"] },
                    privileged: false,
                    readOnlyRootFilesystem: true,
                },
                at,
            );
            for (const { containerPort, hostPort } of container.ports ?? []) {
                assert.ok(containerPort >= 1024 && hostPort === undefined, at);
            }
        }
    });

    it("every container has requests and limits of CPU and memory, and an image of a named version", () => {
        for (const { at, container } of containers) {
            const { requests, limits } = container.resources;
            assert.ok(requests.cpu && requests.memory && limits.cpu && limits.memory, at);
            assert.match(container.image, /:(?!latest$)[^:]+$/, at);
        }
    });

    it("every container has a /tmp of its own", () => {
        for (const pod of pods) {
            const volumes = containersOf(pod).map(({ at, container }) => {
                const [mount, ...more] = container.volumeMounts.filter((one: any) => one.mountPath === "/tmp");
                assert.deepEqual(more, [], at);
                const volume = pod.spec.volumes.find(({ name }: any) => name === mount?.name);
                assert.deepEqual(volume?.emptyDir, {}, at);
                assert.ok(!mount.readOnly && mount.subPath === undefined, at);
                return volume.name as string;
            });
            assert.equal(new Set(volumes).size, volumes.length, pod.name);
        }
    });

    it("every container knows its pod and node by its environment", () => {
        for (const { at, container } of containers) {
            const paths = container.env.flatMap(({ name, valueFrom }: any) =>
                /^(POD|NODE)_NAME$/.test(name) ? [`${name}=${valueFrom.fieldRef.fieldPath}`] : [],
            );
            assert.deepEqual(paths, ["POD_NAME=metadata.name", "NODE_NAME=spec.nodeName"], at);
        }
    });

    it("what is secret comes into a container from Secrets alone", () => {
        let secrets = 0;
        for (const { at, container } of containers) {
            for (const { name, value, valueFrom } of container.env) {
                if (/PASSWORD|SECRET|DATABASE_URL/.test(name)) {
                    assert.equal(value, undefined, `${at} ${name}`);
                    assert.ok(valueFrom.secretKeyRef.key, `${at} ${name}`);
                    secrets++;
                }
            }
        }
        assert.equal(secrets, 9);
    });

    it("every container that serves has a readiness and a liveness probe", () => {
        for (const { name, kind, spec } of pods) {
            if (kind === "Job") continue;
            for (const container of spec.containers) {
                assert.ok(container.readinessProbe && container.livenessProbe, name);
            }
        }
    });

    it("every Deployment replaces its pods without a lost request: a new pod is Ready first, the old one serves on", () => {
        const deployments = resources.filter(({ type }) => type === types.deployment);
        assert.equal(deployments.length, 3);
        for (const { name, inputs } of deployments) {
            const { strategy, template } = inputs.spec;
            assert.equal(strategy.rollingUpdate.maxUnavailable, 0, name);
            const longest = template.spec.terminationGracePeriodSeconds ?? 30;
            assert.ok(template.spec.containers[0].lifecycle.preStop.sleep.seconds < longest, name);
        }
    });

    it("every probe waits at least five seconds for its answer", () => {
        let probes = 0;
        for (const { at, container } of containers) {
            for (const kind of ["startupProbe", "readinessProbe", "livenessProbe"]) {
                if (container[kind] === undefined) continue;
                assert.ok(container[kind].timeoutSeconds >= 5, `${at} ${kind}`);
                probes++;
            }
        }
        assert.ok(probes >= 12);
    });

    it("the loggers and the backup are native sidecars, which start before the container and end after it", () => {
        const sidecars = containers.filter(({ container }) => container.restartPolicy === "Always").map(({ at }) => at);
        assert.deepEqual(sidecars.sort(), ["app-backend/logger", "app-db/backup", "app-frontend/logger"]);
        for (const { name, spec } of pods) {
            for (const { restartPolicy } of spec.initContainers ?? []) assert.equal(restartPolicy, "Always", name);
        }
    });
});

describe("podSpec", () => {
    const container = { name: "main", image: "main:1", resources: { cpu: "1m", memory: "1Mi", memoryLimit: "2Mi" } };

    it("a probe keeps a time limit of its own", () => {
        const livenessProbe = { exec: { command: ["true"] }, timeoutSeconds: 30 };
        const readinessProbe = { exec: { command: ["true"] } };
        const { containers } = podSpec({ user: 1, container: { ...container, livenessProbe, readinessProbe } }) as any;
        assert.equal(containers[0].livenessProbe.timeoutSeconds, 30);
        assert.equal(containers[0].readinessProbe.timeoutSeconds, 5);
        assert.equal(containers[0].startupProbe, undefined);
    });

    it("the containers run as the user and the group that are given, and the volumes belong to that group", () => {
        const { securityContext } = podSpec({ user: 101, container }) as any;
        const { runAsUser, runAsGroup, fsGroup } = securityContext;
        assert.deepEqual({ runAsUser, runAsGroup, fsGroup }, { runAsUser: 101, runAsGroup: 101, fsGroup: 101 });
    });

    it("a pod keeps the volumes, mounts, environment and resources that are given", () => {
        const volume = { name: "data", configMap: { name: "data" } };
        const mount = { name: "data", mountPath: "/data" };
        const variable = { name: "COLOUR", value: "green" };
        const spec = podSpec({
            user: 1,
            container: { ...container, env: [variable], volumeMounts: [mount] },
            volumes: [volume],
        }) as any;
        assert.deepEqual(spec.volumes[0], volume);
        assert.deepEqual(spec.containers[0].volumeMounts[0], mount);
        assert.deepEqual(spec.containers[0].env.at(-1), variable);
        assert.deepEqual(spec.containers[0].resources.requests, { cpu: "1m", memory: "1Mi" });
        assert.equal(spec.containers[0].resources.limits.memory, "2Mi");
        assert.equal(spec.initContainers, undefined);
    });

    it("a start may take as many seconds as are given, before liveness counts", () => {
        const live = { exec: { command: ["live"] } };
        const { startupProbe, readinessProbe, livenessProbe } = servingProbes(
            live,
            { exec: { command: ["ready"] } },
            90,
        );
        assert.deepEqual(startupProbe, { ...live, periodSeconds: 1, failureThreshold: 90 });
        assert.deepEqual(livenessProbe.exec, live.exec);
        assert.deepEqual(readinessProbe.exec, { command: ["ready"] });
    });
});
