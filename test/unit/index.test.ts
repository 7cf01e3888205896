import * as assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { Calico, type CalicoArgs } from "../../components";
import { type Machine, type Registered, runProgram, runResources } from "../support/program";

const command = "command:local:Command";
const release = "kubernetes:helm.sh/v3:Release";
const owner = "0123456789ab";
const markedNode = (id: string) =>
    JSON.stringify([{ Destination: "/lib/modules" }, { Destination: `/etc/load-balancing-lab/${id}` }]);
const nodesOf = (id: string, count = 3): Machine => ({ mounts: Array.from({ length: count }, () => markedNode(id)) });

type Stack = Awaited<ReturnType<typeof runProgram>>;
const manifestsOf = ({ resources }: Stack) =>
    resources.filter(({ type }) => type.startsWith("kubernetes:") && type !== release);

describe("the stack", () => {
    let stack: Stack;
    before(async () => {
        stack = await runProgram({ addressPool: "172.18.200.0-172.18.200.31" }, { mirror: true });
    });

    /** An option that Pulumi's engine hands down from parent to child. */
    const inherited = (resource: Registered, option: "deletedWith"): string => {
        const parent = stack.resources.find(({ urn }) => urn === resource.parent);
        return resource[option] || (parent === undefined ? "" : inherited(parent, option));
    };
    /** Everything that a resource waits for, directly or not; a component stands for what is in it. */
    const waitsFor = (resource: Registered, seen = new Set<string>()): Set<string> => {
        const provider = resource.provider.replace(/::[^:]*$/, "");
        for (const urn of [...resource.dependencies, provider, resource.parent]) {
            if (seen.has(urn)) continue;
            seen.add(urn);
            const found = stack.resources.find((other) => other.urn === urn);
            if (found) waitsFor(found, seen);
        }
        return seen;
    };
    const assertWaits = (resource: Registered, other: Registered, yes = true) =>
        assert.equal(waitsFor(resource).has(other.urn), yes, `${resource.name} waits for ${other.name}: ${!yes}`);

    it("has a parent for all that a component makes", () => {
        const roots = stack.resources
            .filter(({ parent }) => !parent || /Stack::/.test(parent))
            .map(({ type, name }) => `${type} ${name}`);
        assert.deepEqual(
            roots.filter((name) => !name.startsWith("load-balancing-lab:")),
            ["kubernetes:core/v1:Namespace app", "command:local:Command answers"],
        );
    });

    it("reaches all that is in the cluster by the cluster's provider, and deletes it with the cluster", () => {
        const cluster = stack.find(command, "cluster-nodes");
        const provider = stack.find("pulumi:providers:kubernetes", "cluster-provider");
        const inside = stack.resources.filter(
            ({ type, name }) => type.startsWith("kubernetes:") || / (calico|metallb|ingress-nginx)-/.test(` ${name}`),
        );
        assert.ok(inside.length > 30);
        for (const resource of inside) {
            assert.equal(inherited(resource, "deletedWith"), cluster.urn, resource.urn);
            if (resource.type.startsWith("kubernetes:")) {
                assert.equal(resource.provider, `${provider.urn}::cluster-provider-id`, resource.urn);
            }
        }
        // It outlives a cluster that is replaced.
        assert.equal(provider.deletedWith, "");
        assert.equal(provider.inputs.clusterIdentifier, owner);
        assert.equal(provider.inputs.enableServerSideApply, "true");
    });

    it("builds the image beside the cluster, and charts beside each other", () => {
        const cluster = stack.find(command, "cluster-nodes");
        assertWaits(stack.find("docker:index/image:Image", "backend-image"), cluster, false);
        const releases = ["calico", "metallb", "ingress-nginx"].map((name) => stack.find(release, name));
        for (const one of releases) {
            assertWaits(one, cluster);
            for (const other of releases) if (one !== other) assertWaits(one, other, false);
        }
    });

    it("holds back what has to wait", () => {
        const waits: [string, string, string, string][] = [
            ["kubernetes:metallb.io/v1beta1:IPAddressPool", "metallb-reserved", command, "metallb-ready"],
            [
                "kubernetes:metallb.io/v1beta1:L2Advertisement",
                "metallb-advertisement",
                "kubernetes:metallb.io/v1beta1:IPAddressPool",
                "metallb-free",
            ],
            [
                "kubernetes:core/v1:Service",
                "web",
                "kubernetes:metallb.io/v1beta1:L2Advertisement",
                "metallb-advertisement",
            ],
            ["kubernetes:networking.k8s.io/v1:Ingress", "app", command, "ingress-nginx-ready"],
            ["kubernetes:networking.k8s.io/v1:Ingress", "web", command, "ingress-nginx-ready"],
            ["kubernetes:batch/v1:Job", "backend-migration", command, "backend-image-load"],
            ["kubernetes:apps/v1:Deployment", "backend", "kubernetes:batch/v1:Job", "backend-migration"],
            ["kubernetes:apps/v1:Deployment", "frontend", "kubernetes:core/v1:Service", "backend"],
            ["kubernetes:apps/v1:Deployment", "web", command, "calico-nodes-ready"],
            [command, "cluster-nodes", command, "cluster-sweep"],
            [command, "answers", "kubernetes:networking.k8s.io/v1:Ingress", "app"],
            [command, "answers", "kubernetes:networking.k8s.io/v1:Ingress", "web"],
        ];
        for (const [type, name, otherType, other] of waits) {
            assertWaits(stack.find(type, name), stack.find(otherType, other));
        }
    });

    it("keeps secrets secret", () => {
        assert.deepEqual(stack.find(command, "cluster-nodes").secretOutputs, ["stdout"]);
        assert.ok(stack.find("pulumi:providers:kubernetes", "cluster-provider").secrets.includes("kubeconfig"));
        for (const name of ["calico-nodes-ready", "metallb-ready", "ingress-nginx-ready"]) {
            assert.deepEqual(stack.find(command, name).secrets, ["stdin"], name);
        }
        const secrets = stack.resources.filter(({ type }) => type === "kubernetes:core/v1:Secret");
        assert.deepEqual(secrets.map(({ name }) => name).sort(), [
            "app-tls",
            "backend-settings",
            "db-credentials",
            "web-tls",
        ]);
        for (const { name, secrets: paths } of secrets) {
            assert.ok(
                paths.some((at) => at.startsWith("stringData")),
                name,
            );
        }
        // The passwords stand nowhere else.
        const password = /db-(app|report|superuser)-password-result|backend-secret-key-result|domain-key-pem/;
        for (const resource of stack.resources) {
            const plain = JSON.stringify(resource.inputs, (key, value: unknown) =>
                resource.secrets.some((at) => at.split(".").includes(key)) ? undefined : value,
            );
            assert.doesNotMatch(plain, password, resource.urn);
        }
    });

    it("sets up the charts without what the lab does not need", () => {
        const calico = stack.find(release, "calico").inputs;
        assert.equal(calico.chart, "tigera-operator");
        const { installation, ...off } = calico.values;
        assert.deepEqual(off, {
            apiServer: { enabled: false },
            goldmane: { enabled: false },
            whisker: { enabled: false },
        });
        assert.deepEqual(installation.calicoNetwork, {
            bgp: "Disabled",
            ipPools: [{ cidr: "192.168.0.0/16", encapsulation: "VXLAN", natOutgoing: "Enabled" }],
        });
        const metallb = stack.find(release, "metallb").inputs.values;
        assert.equal(metallb.frrk8s.enabled, false);
        assert.equal(metallb.speaker.frr.enabled, false);
        const { controller } = stack.find(release, "ingress-nginx").inputs.values;
        assert.equal(controller.service.annotations["metallb.io/loadBalancerIPs"], "172.18.200.1");
        assert.deepEqual(controller.service.nodePorts, {});
        for (const name of ["calico", "metallb", "ingress-nginx"]) {
            const { inputs } = stack.find(release, name);
            assert.equal(inputs.name, name);
            assert.ok(inputs.version && inputs.repositoryOpts.repo && inputs.skipAwait);
        }
    });

    it("reserves two addresses and gives out the rest", () => {
        const pool = (name: string) => stack.find("kubernetes:metallb.io/v1beta1:IPAddressPool", name).inputs.spec;
        assert.deepEqual(pool("metallb-reserved"), { addresses: ["172.18.200.0-172.18.200.1"], autoAssign: false });
        assert.deepEqual(pool("metallb-free"), { addresses: ["172.18.200.2-172.18.200.31"], autoAssign: true });
        const { metadata, spec } = stack.find("kubernetes:core/v1:Service", "web").inputs;
        assert.equal(spec.type, "LoadBalancer");
        assert.equal(metadata.annotations["metallb.io/loadBalancerIPs"], "172.18.200.0");
    });

    it("routes by host and path, rewrites by capture group, redirects and ends TLS", () => {
        const ingress = (name: string) => stack.find("kubernetes:networking.k8s.io/v1:Ingress", name).inputs;
        const app = ingress("app");
        assert.equal(app.metadata.annotations["nginx.ingress.kubernetes.io/rewrite-target"], "/$1");
        assert.equal(app.metadata.annotations["nginx.ingress.kubernetes.io/ssl-redirect"], "true");
        const paths = app.spec.rules[0].http.paths as { path: string; backend: { service: { name: string } } }[];
        const route = (url: string) => {
            for (const { path: pattern, backend } of paths) {
                const match = new RegExp(`^${pattern}`).exec(url);
                if (match) return `${backend.service.name}/${match[1]}`;
            }
            return undefined;
        };
        const routes: Record<string, string | undefined> = {
            "/frontend": "frontend/",
            "/frontend/": "frontend/",
            "/frontend/api/entries": "frontend/api/entries",
            "/frontends": undefined,
            "/backend": "backend/",
            "/backend/entries/3/delete": "backend/entries/3/delete",
            "/db": "backend/db",
            "/db/": "backend/db/",
            "/dbx": undefined,
            "/": undefined,
        };
        for (const [url, target] of Object.entries(routes)) assert.equal(route(url), target, url);
        const web = ingress("web");
        assert.deepEqual(
            web.spec.rules.map(({ host }: { host: string }) => host),
            ["dev.local", "web.dev.local"],
        );
        assert.deepEqual(web.spec.tls[0].hosts, ["dev.local", "web.dev.local"]);
        assert.ok(web.spec.tls[0].secretName.startsWith("web-tls"));
    });

    it("shuts the app's namespace but for the flows between its tiers", () => {
        const policies = stack.resources.filter(({ type }) => type === "kubernetes:networking.k8s.io/v1:NetworkPolicy");
        const spec = (name: string) => {
            const found = policies.find(({ inputs }) => inputs.metadata.name === name);
            assert.ok(found, name);
            assert.equal(found.inputs.metadata.namespace, "app");
            return found.inputs.spec;
        };
        assert.deepEqual(spec("default-deny"), { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
        const who = ({ podSelector, namespaceSelector }: any) =>
            namespaceSelector?.matchLabels["kubernetes.io/metadata.name"] ??
            podSelector.matchLabels["app.kubernetes.io/name"];
        const flows = policies.flatMap(({ inputs: { spec: each } }) => [
            ...(each.ingress ?? []).map((rule: any) => `${who(rule.from[0])} → ${who(each)}:${rule.ports[0].port}`),
            ...(each.egress ?? []).map((rule: any) => `${who(each)} → ${who(rule.to[0])}:${rule.ports[0].port}`),
        ]);
        // Each inner flow is opened on both ends.
        assert.deepEqual(flows.sort(), [
            "backend → db:5432",
            "backend → db:5432",
            "backend → kube-system:53",
            "backend-migration → db:5432",
            "backend-migration → db:5432",
            "backend-migration → kube-system:53",
            "frontend → backend:8000",
            "frontend → backend:8000",
            "frontend → kube-system:53",
            "ingress-nginx → backend:8000",
            "ingress-nginx → frontend:8080",
        ]);
        // They name what the pods are called and listen on.
        for (const [name, port] of [
            ["frontend", 8080],
            ["backend", 8000],
        ] as const) {
            const { template } = stack.find("kubernetes:apps/v1:Deployment", name).inputs.spec;
            assert.equal(template.metadata.labels["app.kubernetes.io/name"], name);
            assert.equal(template.spec.containers[0].ports[0].containerPort, port);
        }
    });

    it("says what to open", () => {
        const { outputs } = stack;
        assert.equal(outputs.webAddress, "172.18.200.0");
        assert.equal(outputs.ingressAddress, "172.18.200.1");
        assert.equal(outputs.hostsEntry, "172.18.200.1 dev.local web.dev.local");
        assert.deepEqual(outputs.urls, {
            frontend: "https://dev.local/frontend",
            backend: "https://dev.local/backend",
            db: "https://dev.local/db",
            web: "http://172.18.200.0/",
        });
        assert.ok(
            outputs.try.includes(
                "curl --insecure --resolve dev.local:443:172.18.200.1 https://dev.local/backend/whoami",
            ),
        );
        assert.deepEqual(Object.keys(outputs).sort(), [
            "addressPool",
            "caCertificate",
            "clusterName",
            "hostsEntry",
            "ingressAddress",
            "kubeProxyMode",
            "kubeconfig",
            "try",
            "urls",
            "webAddress",
        ]);
    });

    describe("is up when it answers", () => {
        const ask = async (answer: () => number, timeout: string) => {
            const server = http
                .createServer((_, response) => response.writeHead(answer()).end())
                .listen(0, "127.0.0.1");
            await once(server, "listening");
            const { port } = server.address() as AddressInfo;
            const { interpreter, create, environment } = stack.find(command, "answers").inputs;
            assert.deepEqual(JSON.parse(environment.URLS as string), Object.values(stack.outputs.urls as object));
            const env = {
                ...process.env,
                ...environment,
                URLS: JSON.stringify([`http://dev.local:${port}/`]),
                ADDRESS: "127.0.0.1",
                TIMEOUT_SECONDS: timeout,
            };
            const [node, ...args] = [...interpreter, create] as string[];
            const child = spawn(node ?? "", args, { env, stdio: ["ignore", "ignore", "pipe"] });
            let said = "";
            child.stderr.on("data", (text) => (said += text));
            const [code] = (await once(child, "close")) as [number];
            server.close();
            return { code, said };
        };

        it("several times in a row, after however many refusals", async () => {
            let asked = 0;
            const answers = [503, 200, 200, 404];
            assert.deepEqual(await ask(() => answers[asked++] ?? 200, "20"), { code: 0, said: "" });
            assert.equal(asked, 9);
        });

        it("and else says what is wrong", async () => {
            const { code, said } = await ask(() => 503, "0");
            assert.equal(code, 1);
            assert.match(said, /^http:\/\/dev\.local:\d+\/ at 127\.0\.0\.1 does not answer as it should: HTTP 503/);
        });
    });

    describe("pods", () => {
        const templates = () =>
            stack.resources
                .filter(({ inputs }) => inputs.spec?.template?.spec?.containers)
                .map(({ name, inputs: { kind, spec } }) => ({ name, kind, spec: spec.template.spec }));
        const containers = () =>
            templates().flatMap(({ name, spec }) =>
                [...spec.containers, ...(spec.initContainers ?? [])].map((container: any) => ({
                    at: `${name}/${container.name}`,
                    container,
                    volumes: spec.volumes as any[],
                })),
            );

        it("are all looked at here", () => {
            assert.deepEqual(
                templates()
                    .map(({ name, kind }) => `${kind} ${name}`)
                    .sort(),
                [
                    "Deployment backend",
                    "Deployment frontend",
                    "Deployment web",
                    "Job backend-migration",
                    "StatefulSet db",
                ],
            );
        });

        it("meet the Pod Security Standard restricted, and have no token and no share in the node", () => {
            for (const { name, spec } of templates()) {
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
            for (const { at, container } of containers()) {
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

        it("have requests and limits, and an image of a named version", () => {
            for (const { at, container } of containers()) {
                const { requests, limits } = container.resources;
                assert.ok(requests.cpu && requests.memory && limits.cpu && limits.memory, at);
                assert.match(container.image, /:(?!latest$)[^:]+$/, at);
            }
        });

        it("take what is secret from Secrets alone", () => {
            for (const { at, container } of containers()) {
                for (const { name, value, valueFrom } of container.env ?? []) {
                    if (/PASSWORD|SECRET|DATABASE_URL/.test(name)) {
                        assert.equal(value, undefined, `${at} ${name}`);
                        assert.ok(valueFrom.secretKeyRef.key, `${at} ${name}`);
                    }
                }
            }
        });

        it("are in namespaces that admit nothing else; MetalLB alone needs more", () => {
            const levels = stack.resources
                .filter(({ type }) => type === "kubernetes:core/v1:Namespace")
                .map(({ inputs: { metadata } }) => [
                    metadata.name,
                    metadata.labels["pod-security.kubernetes.io/enforce"],
                ]);
            assert.deepEqual(Object.fromEntries(levels), {
                app: "restricted",
                web: "restricted",
                "ingress-nginx": "baseline",
                "metallb-system": "privileged",
            });
        });

        it("are probed, and lose no request when they go", () => {
            for (const { name, kind, spec } of templates()) {
                if (kind === "Job") continue;
                for (const container of spec.containers) {
                    assert.ok(container.readinessProbe && container.livenessProbe, name);
                }
                if (kind !== "Deployment") continue;
                const longest = spec.terminationGracePeriodSeconds ?? 30;
                assert.ok(spec.containers[0].lifecycle.preStop.sleep.seconds < longest, name);
                const { strategy } = stack.find("kubernetes:apps/v1:Deployment", name).inputs.spec;
                assert.equal(strategy.rollingUpdate.maxUnavailable, 0, name);
            }
        });

        it("have their logger and backup as native sidecars", () => {
            const sidecars = containers()
                .filter(({ container }) => container.restartPolicy === "Always")
                .map(({ at }) => at);
            assert.deepEqual(sidecars.sort(), ["backend/logger", "db/backup", "frontend/logger"]);
        });
    });

    it("migrates once for each image, and again after a failure", () => {
        const { inputs } = stack.find("kubernetes:batch/v1:Job", "backend-migration");
        // Named by Pulumi, so that the next image's is another one.
        assert.equal(inputs.metadata.name, undefined);
        assert.equal(inputs.metadata.annotations["pulumi.com/replaceUnready"], "true");
        assert.equal(inputs.spec.backoffLimit, 0);
        const [migrate] = inputs.spec.template.spec.containers;
        const deployment = stack.find("kubernetes:apps/v1:Deployment", "backend").inputs;
        assert.equal(migrate.image, deployment.spec.template.spec.containers[0].image);
        assert.equal(migrate.terminationMessagePolicy, "FallbackToLogsOnError");
        // The Service must not take it for a pod of the tier.
        const { selector } = stack.find("kubernetes:core/v1:Service", "backend").inputs.spec;
        assert.notDeepEqual(inputs.spec.template.metadata.labels, selector);
    });

    it("shows a failed backup in the pod, and serves the database on", () => {
        const { spec } = stack.find("kubernetes:core/v1:Service", "db").inputs;
        assert.equal(spec.publishNotReadyAddresses, true);
        const database = stack.find("kubernetes:apps/v1:StatefulSet", "db").inputs.spec;
        assert.equal(database.podManagementPolicy, "Parallel");
        const [backup] = database.template.spec.initContainers;
        const env = Object.fromEntries(
            backup.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
        );
        assert.equal(env.BACKUP_INTERVAL_SECONDS, "3600");
        assert.equal(env.BACKUPS_KEPT, "24");
        const check = (marker?: string) => {
            const folder = fs.mkdtempSync(path.join(os.tmpdir(), "probe-"));
            if (marker !== undefined) fs.writeFileSync(path.join(folder, "backup-failure"), marker);
            const [shell, ...args] = backup.readinessProbe.exec.command as string[];
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

    it("makes manifests that Kubernetes 1.35's schema takes", function () {
        const python = path.join(process.cwd(), "node_modules/.cache/python/bin/python");
        if (!fs.existsSync(python)) this.skip();
        const known = manifestsOf(stack).filter(({ inputs }) => !/metallb/.test(inputs.apiVersion));
        assert.ok(known.length > 20);
        const { status, stdout, stderr } = spawnSync(python, ["test/support/validate.py", "1.35"], {
            input: JSON.stringify(known.map(({ inputs }) => inputs)),
            encoding: "utf8",
        });
        assert.equal(status, 0, stdout + stderr);
        assert.match(stdout, new RegExp(`^${known.length} manifests`));
    });
});

describe("Calico", () => {
    const network = async (args: Partial<CalicoArgs>) => {
        const chart = { repository: "https://charts.test", version: "v3.31.7" };
        const made = await runResources(() => {
            new Calico("calico", { kubeconfig: "", chart, podSubnet: "10.244.0.0/16", ...args });
        });
        return made.find(release, "calico").inputs.values.installation.calicoNetwork as Record<string, any>;
    };

    it("carries packets by VXLAN without BGP, or by IPIP with it", async () => {
        const { bgp, ipPools } = await network({});
        assert.deepEqual([bgp, ipPools[0].encapsulation], ["Disabled", "VXLAN"]);
        const ipip = await network({ encapsulation: "IPIP" });
        assert.deepEqual([ipip.bgp, ipip.ipPools[0].encapsulation], ["Enabled", "IPIP"]);
    });

    it("writes nftables rules where kube-proxy does and the version can", async () => {
        const chart = { repository: "https://charts.test", version: "v3.28.5" };
        assert.equal((await network({})).linuxDataplane, undefined);
        assert.equal((await network({ kubeProxyMode: "nftables" })).linuxDataplane, "Nftables");
        assert.equal((await network({ kubeProxyMode: "nftables", chart })).linuxDataplane, undefined);
    });
});

describe("the cluster", () => {
    const config = (stack: Stack) => JSON.parse(stack.find(command, "cluster-nodes").inputs.stdin as string);
    const triggers = (stack: Stack) => JSON.stringify(stack.find(command, "cluster-nodes").inputs.triggers);
    const own = nodesOf(`${owner}.first`);

    it("is the course's: a control plane that takes pods, two workers, no default network", async () => {
        const { networking, nodes } = config(await runProgram());
        assert.deepEqual(networking, {
            disableDefaultCNI: true,
            podSubnet: "192.168.0.0/16",
            serviceSubnet: "10.96.0.0/16",
            kubeProxyMode: "iptables",
        });
        assert.deepEqual(
            nodes.map(({ role }: { role: string }) => role),
            ["control-plane", "worker", "worker"],
        );
        for (const node of nodes) {
            assert.deepEqual(node.labels, { "ingress-ready": "true" });
            assert.match(node.image, /^kindest\/node:v1\.35\.\d+@sha256:[0-9a-f]{64}$/);
        }
        assert.deepEqual(JSON.parse(nodes[0].kubeadmConfigPatches[0]).nodeRegistration.taints, []);
        assert.deepEqual(nodes[0].extraPortMappings, []);
    });

    it("publishes localhost's ports alone where containers live in a virtual machine", async () => {
        const stack = await runProgram({}, { system: "Docker Desktop" });
        assert.deepEqual(config(stack).nodes[0].extraPortMappings, [
            { hostPort: 8080, containerPort: 30080, listenAddress: "127.0.0.1", protocol: "TCP" },
            { hostPort: 8443, containerPort: 30443, listenAddress: "127.0.0.1", protocol: "TCP" },
        ]);
        assert.deepEqual(stack.find(release, "ingress-nginx").inputs.values.controller.service.nodePorts, {
            http: 30080,
            https: 30443,
        });
        assert.equal(stack.outputs.urls.frontend, "https://dev.local:8443/frontend");
        assert.equal(stack.outputs.hostsEntry, "127.0.0.1 dev.local web.dev.local");
        const { annotations } = stack.find("kubernetes:networking.k8s.io/v1:Ingress", "app").inputs.metadata;
        assert.equal(annotations["nginx.ingress.kubernetes.io/ssl-redirect"], "false");
    });

    it("is kept while it is whole, whatever else changes", async () => {
        const before = triggers(await runProgram({}, own));
        assert.match(before, /0123456789ab\.first/);
        assert.equal(
            triggers(
                await runProgram({ addressPool: "172.18.77.0/24", domain: "other.test", httpsRedirect: false }, own),
            ),
            before,
        );
    });

    for (const [what, cluster] of Object.entries({
        workers: { workers: 3 },
        podSubnet: { podSubnet: "10.244.0.0/16" },
        serviceSubnet: { serviceSubnet: "10.97.0.0/16" },
        kubeProxyMode: { kubeProxyMode: "nftables" },
        hostPorts: { hostPorts: { http: 18080, https: 18443 } },
        name: { name: "other" },
    })) {
        it(`is replaced when ${what} changes, the old one first`, async () => {
            const stack = await runProgram({ cluster }, { ...own, mounts: own.mounts });
            assert.notEqual(triggers(stack), triggers(await runProgram({}, own)));
            assert.equal(stack.find(command, "cluster-nodes").deleteBeforeReplace, true);
        });
    }

    it("is made again where it vanished, and where it lost a node", async () => {
        for (const machine of [{}, nodesOf(`${owner}.first`, 2)]) {
            const mark = JSON.parse(triggers(await runProgram({}, machine)))[0] as string;
            assert.match(mark, new RegExp(`^${owner}\\.(?!first)`));
        }
    });

    for (const [who, machine] of Object.entries({
        "another stack's": nodesOf("ffffffffffff.first"),
        "made by hand": { mounts: ["[]", "[]"] },
        "there before the stack": { ...nodesOf("ffffffffffff.first"), preview: true },
    })) {
        it(`of that name is refused where it is ${who}`, async () => {
            await assert.rejects(
                runProgram({}, machine),
                /A kind cluster named "lb-dev" exists, and this stack did not make it; it is left alone/,
            );
        });
    }

    it("is not asked for where Docker does not answer, or is not there", async () => {
        await assert.rejects(runProgram({}, { docker: "stopped" }), /Docker does not answer. Start Docker Desktop/);
        await assert.rejects(runProgram({}, { docker: "absent" }), /Docker is not installed .* Install it: https:/);
    });

    it("is not asked for where a setting can't work", async () => {
        await assert.rejects(runProgram({ addressPool: "172.99.0.0/28" }), /addressPool: .* is not inside the subnet/);
        await assert.rejects(runProgram({ pool: "172.18.0.0/28" }), /pool: no such setting/);
    });
});
