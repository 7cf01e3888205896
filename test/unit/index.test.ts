import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { AddressRange, defaultPool } from "../../lib/addressRange";
import { charts } from "../../lib/versions";
import { routeOf } from "../support/ingressNginx";
import { foreignMark, machineWithNodes, ownMark } from "../support/markedNodes";
import { environmentOf } from "../support/pods";
import { owner, type Registered, runProgram, type Stack } from "../support/program";
import { types } from "../support/resourceTypes";

const clusterTriggers = (stack: Stack) => stack.find(types.command, "cluster-nodes").inputs.triggers as string[];

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

    it("every resource has a component as its parent, but for the components and the endpoint check", () => {
        const roots = stack.resources
            .filter(({ parent }) => !parent || /Stack::/.test(parent))
            .map(({ type, name }) => `${type} ${name}`);
        assert.deepEqual(
            roots.filter((name) => !name.startsWith("load-balancing-lab:")),
            ["command:local:Command endpoint-check"],
        );
        assert.ok(roots.length > 1);
    });

    it("every resource in the cluster is made by the cluster's provider, and is deleted with the cluster", () => {
        const cluster = stack.find(types.command, "cluster-nodes");
        const provider = stack.find(types.provider, "cluster-provider");
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
        assert.equal(stack.find(types.command, "endpoint-check").deletedWith, cluster.urn);
        // The provider outlives a cluster that is replaced.
        assert.equal(inherited(provider, "deletedWith"), "");
        assert.equal(provider.inputs.clusterIdentifier, owner);
        assert.equal(provider.inputs.enableServerSideApply, "true");
    });

    it("the image is built while the cluster is made, and the charts are installed at the same time", () => {
        const cluster = stack.find(types.command, "cluster-nodes");
        assertWaits(stack.find(types.image, "backend-image"), cluster, false);
        const releases = ["calico", "metallb", "ingress-nginx"].map((name) => stack.find(types.release, name));
        for (const one of releases) {
            assertWaits(one, cluster);
            for (const other of releases) if (one !== other) assertWaits(one, other, false);
        }
    });

    for (const [type, name, otherType, other] of [
        [types.ipAddressPool, "metallb-reserved", types.command, "metallb-ready"],
        [types.l2Advertisement, "metallb-advertisement", types.ipAddressPool, "metallb-free"],
        [types.service, "web", types.l2Advertisement, "metallb-advertisement"],
        [types.ingress, "app", types.command, "ingress-nginx-ready"],
        [types.ingress, "web", types.command, "ingress-nginx-ready"],
        [types.job, "app-backend-migration", types.command, "backend-image-load"],
        [types.deployment, "app-backend", types.job, "app-backend-migration"],
        [types.deployment, "app-frontend", types.service, "app-backend"],
        [types.deployment, "web", types.command, "calico-nodes-ready"],
        [types.deployment, "app-frontend", types.command, "calico-nodes-ready"],
        [types.deployment, "app-backend", types.command, "calico-nodes-ready"],
        [types.command, "cluster-nodes", types.command, "cluster-cleanup"],
        [types.command, "endpoint-check", types.ingress, "app"],
        [types.command, "endpoint-check", types.ingress, "web"],
        [types.command, "endpoint-check", types.command, "web-rollout"],
        [types.command, "endpoint-check", types.command, "app-frontend-rollout"],
        [types.command, "endpoint-check", types.command, "app-backend-rollout"],
        [types.command, "endpoint-check", types.command, "ingress-nginx-ready"],
    ] as const) {
        const kind = (of: string) => of.split(":").at(-1);
        it(`the ${kind(type)} ${name} waits for the ${kind(otherType)} ${other}`, () => {
            assertWaits(stack.find(type, name), stack.find(otherType, other));
        });
    }

    it("passwords, keys and the kubeconfig are secrets, and are nowhere in plain text", () => {
        assert.deepEqual(stack.find(types.command, "cluster-nodes").secretOutputs, ["stdout"]);
        assert.ok(stack.find(types.provider, "cluster-provider").secrets.includes("kubeconfig"));
        for (const name of ["calico-nodes-ready", "metallb-ready", "ingress-nginx-ready"]) {
            assert.deepEqual(stack.find(types.command, name).secrets, ["stdin"], name);
        }
        const secrets = stack.resources.filter(({ type }) => type === types.secret);
        assert.deepEqual(secrets.map(({ name }) => name).sort(), [
            "app-backend-settings",
            "app-db-credentials",
            "app-tls",
            "web-tls",
        ]);
        for (const { name, secrets: paths } of secrets) {
            assert.ok(
                paths.some((at) => at.startsWith("stringData")),
                name,
            );
        }
        const password = /app-db-(app|report|superuser)-password-result|app-backend-secret-key-result|domain-key-pem/;
        let inSecrets = 0;
        for (const resource of stack.resources) {
            const plain = JSON.stringify(resource.inputs, (key, value: unknown) =>
                resource.secrets.some((at) => at.split(".").includes(key)) ? undefined : value,
            );
            assert.doesNotMatch(plain, password, resource.urn);
            if (password.test(JSON.stringify(resource.inputs))) inSecrets++;
        }
        assert.ok(inSecrets >= secrets.length);
    });

    it("each chart is installed in the version of lib/versions.ts, from the repository of the settings", () => {
        for (const [name, key] of [
            ["calico", "calico"],
            ["metallb", "metallb"],
            ["ingress-nginx", "ingressNginx"],
        ] as const) {
            const { inputs } = stack.find(types.release, name);
            assert.equal(inputs.name, name);
            assert.equal(inputs.version, charts[key].version);
            assert.match(inputs.repositoryOpts.repo, /^http:\/\/127\.0\.0\.1:\d+$/);
            assert.equal(inputs.skipAwait, true);
        }
    });

    it("Ingresses of a user's own need name no class, and the controller claims to be no cluster's default", () => {
        const { controller } = stack.find(types.release, "ingress-nginx").inputs.values;
        assert.equal(controller.watchIngressWithoutClass, true);
        assert.equal(controller.ingressClassResource, undefined);
    });

    it("the web demo has the pool's first address, the ingress its second, and Services of users get the rest", () => {
        const pool = (name: string) => stack.find(types.ipAddressPool, name).inputs.spec;
        assert.deepEqual(pool("metallb-reserved"), { addresses: ["172.18.200.0-172.18.200.1"], autoAssign: false });
        assert.deepEqual(pool("metallb-free"), { addresses: ["172.18.200.2-172.18.200.31"], autoAssign: true });
        const { metadata, spec } = stack.find(types.service, "web").inputs;
        assert.equal(spec.type, "LoadBalancer");
        assert.equal(metadata.annotations["metallb.io/loadBalancerIPs"], "172.18.200.0");
        const { service } = stack.find(types.release, "ingress-nginx").inputs.values.controller;
        assert.equal(service.annotations["metallb.io/loadBalancerIPs"], "172.18.200.1");
        assert.deepEqual(service.nodePorts, {});
    });

    it("the site's paths lead to the tiers: /frontend and /backend are stripped, /db is not, and / is the web demo", () => {
        const ingresses = ["app", "web"].map((name) => stack.find(types.ingress, name).inputs) as Parameters<
            typeof routeOf
        >[0];
        const routes: Record<string, string | undefined> = {
            "dev.local/frontend": "frontend:80/",
            "dev.local/frontend/": "frontend:80/",
            "dev.local/frontend/api/entries": "frontend:80/api/entries",
            "dev.local/frontends": "web:80/frontends",
            "dev.local/backend": "backend:8000/",
            "dev.local/backend/entries/3/delete": "backend:8000/entries/3/delete",
            "dev.local/db": "backend:8000/db",
            "dev.local/db/": "backend:8000/db/",
            "dev.local/dbx": "web:80/dbx",
            "dev.local/": "web:80/",
            "web.dev.local/": "web:80/",
            "web.dev.local/frontend": "web:80/frontend",
            "other.local/frontend": undefined,
        };
        for (const [url, target] of Object.entries(routes)) {
            const [host = "", ...elements] = url.split("/");
            assert.equal(routeOf(ingresses, host, `/${elements.join("/")}`), target, url);
        }
        // Without the web demo, the app's own Ingress knows no other path.
        for (const other of ["/frontends", "/dbx", "/"]) {
            assert.equal(routeOf(ingresses.slice(0, 1), "dev.local", other), undefined, other);
        }
    });

    it("both Ingresses redirect to https, and end TLS for their hosts with the domain's certificate", () => {
        for (const [name, hosts] of Object.entries({ app: ["dev.local"], web: ["dev.local", "web.dev.local"] })) {
            const { metadata, spec } = stack.find(types.ingress, name).inputs;
            assert.equal(metadata.annotations["nginx.ingress.kubernetes.io/ssl-redirect"], "true");
            assert.deepEqual(
                spec.rules.map(({ host }: { host: string }) => host),
                hosts,
            );
            assert.deepEqual(spec.tls[0].hosts, hosts);
            assert.ok(spec.tls[0].secretName.startsWith(`${name}-tls`));
        }
    });

    it("the app's namespace denies all traffic but for the flows between its tiers and from the ingress", () => {
        const policies = stack.resources.filter(({ type }) => type === types.networkPolicy);
        for (const { inputs } of policies) assert.equal(inputs.metadata.namespace, "app");
        const denyAll = policies.find(({ inputs }) => inputs.metadata.name === "default-deny");
        assert.deepEqual(denyAll?.inputs.spec, { podSelector: {}, policyTypes: ["Ingress", "Egress"] });
        const who = ({ podSelector, namespaceSelector }: any) =>
            namespaceSelector?.matchLabels["kubernetes.io/metadata.name"] ??
            podSelector.matchLabels["app.kubernetes.io/name"];
        const flows = policies.flatMap(({ inputs: { spec } }) => [
            ...(spec.ingress ?? []).map((rule: any) => `${who(rule.from[0])} → ${who(spec)}:${rule.ports[0].port}`),
            ...(spec.egress ?? []).map((rule: any) => `${who(spec)} → ${who(rule.to[0])}:${rule.ports[0].port}`),
        ]);
        // A flow inside the namespace is allowed on both ends.
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
        // These are the labels and ports of the pods.
        for (const [name, port] of [
            ["frontend", 8080],
            ["backend", 8000],
        ] as const) {
            const { template } = stack.find(types.deployment, `app-${name}`).inputs.spec;
            assert.equal(template.metadata.labels["app.kubernetes.io/name"], name);
            assert.equal(template.spec.containers[0].ports[0].containerPort, port);
        }
    });

    it("every namespace admits as little as its pods need: only MetalLB's is privileged", () => {
        const levels = stack.resources
            .filter(({ type }) => type === types.namespace)
            .map(({ inputs: { metadata } }) => [metadata.name, metadata.labels["pod-security.kubernetes.io/enforce"]]);
        assert.deepEqual(Object.fromEntries(levels), {
            app: "restricted",
            web: "restricted",
            "ingress-nginx": "restricted",
            "metallb-system": "privileged",
        });
    });

    it("the database is backed up every hour and keeps 24 backups, unless a setting says otherwise", () => {
        const { template } = stack.find(types.statefulSet, "app-db").inputs.spec;
        const { BACKUP_INTERVAL_SECONDS, BACKUPS_KEPT } = environmentOf(template.spec.initContainers[0]);
        assert.deepEqual([BACKUP_INTERVAL_SECONDS, BACKUPS_KEPT], ["3600", "24"]);
    });

    it("the outputs are the URLs, addresses, commands to try, kubeconfig and CA certificate of the stack", () => {
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
                "curl --noproxy '*' --insecure --resolve dev.local:443:172.18.200.1 https://dev.local/backend/whoami",
            ),
        );
        assert.equal(outputs.addressPool, "172.18.200.0-172.18.200.31");
        assert.equal(outputs.clusterName, "lb-dev");
        assert.equal(outputs.kubeProxyMode, "iptables");
        assert.equal(outputs.kubeconfig, "apiVersion: v1\n");
        assert.equal(outputs.caCertificate, "domain-ca-pem");
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

    it("the endpoint check asks the URLs of the outputs and all routes, at the ingress's address and with the stack's CA", () => {
        const { ROUTES, ADDRESS, CA } = stack.find(types.command, "endpoint-check").inputs.environment;
        const asked = (JSON.parse(ROUTES as string) as { url: string }[]).map(({ url }) => url);
        const routes = stack.resources
            .filter(({ type }) => type === types.ingress)
            .flatMap(({ inputs }) => inputs.spec.rules as any[])
            .flatMap(({ host, http }) =>
                http.paths.map(({ path }: any) => `https://${host}${(path as string).replace(/\(.*/, "")}`),
            );
        assert.ok(routes.length >= 5);
        const expected: string[] = [...Object.values(stack.outputs.urls as object), ...routes];
        assert.deepEqual(
            expected.filter((url) => !asked.includes(url)),
            [],
        );
        assert.equal(ADDRESS, "172.18.200.1");
        assert.equal(CA, stack.outputs.caCertificate);
    });

    it("the endpoint check expects of each route the version that the pods behind it carry", () => {
        const routes = JSON.parse(stack.find(types.command, "endpoint-check").inputs.environment.ROUTES as string) as {
            url: string;
            version: string;
        }[];
        const version = (deployment: string) =>
            stack.find(types.deployment, deployment).inputs.spec.template.metadata.labels[
                "app.kubernetes.io/version"
            ] as string;
        for (const { url, version: expected } of routes) {
            const tier = /\/(frontend|backend|db)$/.exec(url)?.[1] ?? "web";
            const deployment = { frontend: "app-frontend", backend: "app-backend", db: "app-backend" }[tier] ?? "web";
            assert.equal(expected, version(deployment), url);
        }
    });

    it("every manifest fits the schema of Kubernetes 1.35", function () {
        const python = path.join(process.cwd(), "node_modules/.cache/python/bin/python");
        if (!fs.existsSync(python)) this.skip();
        const known = stack.resources.filter(
            ({ type, inputs }) =>
                type.startsWith("kubernetes:") &&
                type !== types.release &&
                !/metallb/.test(inputs.apiVersion as string),
        );
        assert.ok(known.length > 20);
        const { status, stdout, stderr } = spawnSync(python, ["test/support/validate.py", "1.35"], {
            input: JSON.stringify(known.map(({ inputs }) => inputs)),
            encoding: "utf8",
        });
        assert.equal(status, 0, stdout + stderr);
        assert.match(stdout, new RegExp(`^${known.length} manifests`));
    });

    describe("an existing stack is kept", () => {
        for (const [type, name, oldName] of [
            [types.namespace, "app-namespace", "app"],
            ["load-balancing-lab:index:Database", "app-db", "db"],
            ["load-balancing-lab:index:Backend", "app-backend", "backend"],
            ["load-balancing-lab:index:Frontend", "app-frontend", "frontend"],
            ["load-balancing-lab:index:NetworkPolicies", "app-policies", "app"],
        ] as const) {
            it(`${name} has its old name ${oldName} as an alias, which had the stack as its parent`, () => {
                assert.deepEqual(stack.find(type, name).aliases, [{ name: oldName, parent: "", noParent: true }]);
            });
        }

        it("cluster-cleanup has its old name cluster-sweep as an alias, with the cluster as its parent", () => {
            const { aliases, parent } = stack.find(types.command, "cluster-cleanup");
            assert.deepEqual(aliases, [{ name: "cluster-sweep", parent, noParent: false }]);
            assert.match(parent, /KindCluster::cluster$/);
        });

        it("endpoint-check asks again after a change of a route or of pods", () => {
            // Two Ingresses, the web demo, and the two tiers that answer HTTP.
            assert.deepEqual(stack.find(types.command, "endpoint-check").inputs.triggers, [7, 7, 7, [7, 7]]);
        });

        it("endpoint-check has its old name answers as an alias, and as before no parent", () => {
            const { aliases, parent } = stack.find(types.command, "endpoint-check");
            assert.deepEqual(aliases, [{ name: "answers", parent: "", noParent: false }]);
            assert.doesNotMatch(parent, /load-balancing-lab:index/);
        });
    });
});

describe("the stack's cluster", () => {
    it("by default the cluster is the course's: three nodes by digest, one of them a control plane that takes pods", async () => {
        const { networking, nodes } = JSON.parse(
            (await runProgram()).find(types.command, "cluster-nodes").inputs.stdin as string,
        );
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

    it("where containers live in a virtual machine, ports of localhost lead to the ingress, without a redirect", async () => {
        const stack = await runProgram({}, { system: "Docker Desktop" });
        const { inputs } = stack.find(types.command, "cluster-nodes");
        assert.deepEqual(JSON.parse(inputs.stdin as string).nodes[0].extraPortMappings, [
            { hostPort: 8080, containerPort: 30080, listenAddress: "127.0.0.1", protocol: "TCP" },
            { hostPort: 8443, containerPort: 30443, listenAddress: "127.0.0.1", protocol: "TCP" },
        ]);
        assert.deepEqual(stack.find(types.release, "ingress-nginx").inputs.values.controller.service.nodePorts, {
            http: 30080,
            https: 30443,
        });
        assert.equal(stack.outputs.urls.frontend, "https://dev.local:8443/frontend");
        assert.equal(stack.outputs.hostsEntry, "127.0.0.1 dev.local web.dev.local");
        assert.equal(stack.find(types.command, "endpoint-check").inputs.environment.ADDRESS, "127.0.0.1");
        const { annotations } = stack.find(types.ingress, "app").inputs.metadata;
        assert.equal(annotations["nginx.ingress.kubernetes.io/ssl-redirect"], "false");
    });

    it("the cluster is kept when pool, domain and redirect change, which the cluster does not depend on", async () => {
        const own = machineWithNodes(ownMark);
        const before = await runProgram({}, own);
        assert.equal(clusterTriggers(before)[0], ownMark);
        const changed = await runProgram(
            { addressPool: "172.18.77.0/24", domain: "other.test", httpsRedirect: false },
            own,
        );
        assert.deepEqual(clusterTriggers(changed), clusterTriggers(before));
        // The pool that is the default lies in the network's subnet.
        const subnet = AddressRange.parse("172.18.0.0/16");
        assert.equal(before.outputs.addressPool, defaultPool(subnet).toString());
        assert.equal(changed.outputs.addressPool, "172.18.77.0/24");
        const { host } = changed.find(types.ingress, "app").inputs.spec.rules[0];
        assert.equal(host, "other.test");
    });

    it("the certificates of sources.caCertificates reach the nodes and the image build, and without them nothing changes", async () => {
        const inputsOf = (stack: Stack) => ({
            nodes: stack.find(types.command, "cluster-nodes").inputs.environment.CA_CERTIFICATES as unknown,
            build: stack.find(types.image, "backend-image").inputs.build.args.CA_CERTIFICATES as unknown,
        });
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "authority-"));
        try {
            const args = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out ca.pem -subj /CN=company -days 2";
            spawnSync("openssl", args.split(" "), { cwd: folder });
            const file = path.join(folder, "ca.pem");
            const pem = fs.readFileSync(file, "utf8");
            const stack = await runProgram({ sources: { caCertificates: file } });
            assert.deepEqual(inputsOf(stack), { nodes: pem, build: pem });
            assert.ok(clusterTriggers(stack).includes(pem));
        } finally {
            fs.rmSync(folder, { recursive: true });
        }
        assert.deepEqual(inputsOf(await runProgram()), { nodes: undefined, build: undefined });
    });

    it("each setting of the cluster is one of kind's configuration, so that a change of it replaces the cluster", async () => {
        const cluster = {
            name: "other",
            workers: 3,
            podSubnet: "10.244.0.0/16",
            serviceSubnet: "10.97.0.0/16",
            kubeProxyMode: "nftables",
            hostPorts: { http: 18080, https: 18443 },
        };
        const stack = await runProgram({ cluster });
        const [, name, configuration = ""] = clusterTriggers(stack);
        assert.equal(name, "other");
        const { networking, nodes } = JSON.parse(configuration);
        const { podSubnet, serviceSubnet, kubeProxyMode } = cluster;
        assert.deepEqual(networking, { disableDefaultCNI: true, podSubnet, serviceSubnet, kubeProxyMode });
        assert.equal(nodes.length, 4);
        assert.deepEqual(
            nodes[0].extraPortMappings.map(({ hostPort }: { hostPort: number }) => hostPort),
            [18080, 18443],
        );
        assert.equal(stack.find(types.command, "cluster-nodes").deleteBeforeReplace, true);
        // Calico gets the same subnet, and writes the same kind of rules.
        const { calicoNetwork } = stack.find(types.release, "calico").inputs.values.installation;
        assert.equal(calicoNetwork.ipPools[0].cidr, podSubnet);
        assert.equal(calicoNetwork.linuxDataplane, "Nftables");
        assert.match(stack.find(types.image, "backend-image").inputs.imageName, /^other-backend:/);
    });
});

describe("the program", () => {
    let registered: Registered[];
    beforeEach(() => {
        registered = [];
    });

    it("a cluster of that name that another stack made is refused before anything is made, with the commands that solve it", async () => {
        await assert.rejects(runProgram({}, machineWithNodes(foreignMark), registered), ({ message }: Error) => {
            const [refusal, deletion] = message.split("\n");
            assert.match(
                refusal ?? "",
                /^A kind cluster named "lb-dev" exists, and this stack did not make it\. It is left alone\. Give this stack's cluster another name: npm run set -- (--stack dev )?cluster\.name lb-dev-2$/,
            );
            assert.match(
                deletion ?? "",
                /^Or, if the other cluster is yours, delete it: eval "\$\(npm run -s env.*\)" && kind delete cluster --name lb-dev$/,
            );
            return true;
        });
        // The id by which the stack knows its own cluster, and no more.
        const made = registered.filter(({ type }) => !/^(pulumi:pulumi:Stack|load-balancing-lab:)/.test(type));
        assert.deepEqual(
            made.map(({ name }) => name),
            ["cluster-owner"],
        );
    });

    it("what makes resources is not loaded before the settings are read, so that a refusal comes soon", () => {
        const printLoaded = `require("./index"); console.log(Object.keys(require.cache).join("\\n"))`;
        const { stdout } = spawnSync(process.execPath, ["--require", "tsx/cjs", "--eval", printLoaded], {
            encoding: "utf8",
        });
        assert.match(stdout, /\/settings\/index\.ts$/m);
        assert.doesNotMatch(stdout, /@pulumi\/(kubernetes|docker|command|pulumi\/index)/);
    });

    it("without Docker's answer nothing is made, and the message says how to start Docker", async () => {
        await assert.rejects(
            runProgram({}, { docker: "stopped" }, registered),
            /Docker does not answer. Start Docker Desktop/,
        );
        assert.deepEqual(registered, []);
    });

    it("without Docker nothing is made, and the message says where to get Docker", async () => {
        await assert.rejects(
            runProgram({}, { docker: "absent" }, registered),
            /Docker is not installed .* Install it: https:/,
        );
        assert.deepEqual(registered, []);
    });

    it("with an address pool outside of Docker's network nothing is made", async () => {
        await assert.rejects(
            runProgram({ addressPool: "172.99.0.0/28" }, {}, registered),
            /addressPool: .* is not inside the subnet/,
        );
        assert.deepEqual(registered, []);
    });

    it("with a setting that does not exist nothing is made", async () => {
        await assert.rejects(runProgram({ pool: "172.18.0.0/28" }, {}, registered), /pool: no such setting/);
        assert.deepEqual(registered, []);
    });
});
