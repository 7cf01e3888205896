import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { KindCluster, type KindClusterArgs } from "../../../../components";
import { useCommandStubs } from "../../../support/commandStubs";
import { foreignMark, machineWithNodes, ownMark } from "../../../support/markedNodes";
import { type Machine, owner, type Registered, runResources, type Stack } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

/** A program that makes a cluster, and publishes an image to it. */
const makeCluster = (changed: Partial<KindClusterArgs> = {}, machine: Machine = {}, registered?: Registered[]) =>
    runResources(
        async () => {
            const cluster = new KindCluster("cluster", {
                clusterName: "lb-dev",
                nodeImage: "kindest/node:v1.35.8",
                workers: 2,
                podSubnet: "192.168.0.0/16",
                serviceSubnet: "10.96.0.0/16",
                kubeProxyMode: "iptables",
                advice: { nameIsTaken: "Give it another name.", imageIsMissing: "Build it again: make image" },
                ...changed,
            });
            const { clusterName, networkSubnet, kubeconfig } = cluster;
            const published = cluster.publish("backend-image", {
                imageName: pulumi.output("lb-dev-backend:1"),
                repoDigest: pulumi.output("sha256:1"),
            });
            await cluster.checked;
            return { clusterName, networkSubnet, kubeconfig, published };
        },
        machine,
        registered,
    );
const nodesOf = (stack: Stack) => stack.find(types.command, "cluster-nodes");

describe("KindCluster", () => {
    const whole = machineWithNodes(ownMark);
    const triggersOf = async (changed: Partial<KindClusterArgs>, machine: Machine) =>
        nodesOf(await makeCluster(changed, machine)).inputs.triggers as string[];

    it("a cluster that exists with all its nodes is kept", async () => {
        const triggers = await triggersOf({}, whole);
        assert.equal(triggers[0], ownMark);
        assert.deepEqual(await triggersOf({}, whole), triggers);
    });

    it("a cluster that exists is kept when the subnet of a new network or the advice changes", async () => {
        const advice = { nameIsTaken: "", imageIsMissing: "" };
        const changed = await makeCluster({ networkSubnet: "172.30.0.0/16", advice }, whole);
        assert.deepEqual(nodesOf(changed).inputs.triggers, await triggersOf({}, whole));
    });

    it("the subnet of the last time is not a change once there is a network, and not kept where there is none", async () => {
        assert.deepEqual(nodesOf(await makeCluster({}, whole)).ignoreChanges, ["environment.NETWORK_SUBNET"]);
        const anew = nodesOf(await makeCluster({ networkSubnet: "172.30.0.0/16" }));
        assert.deepEqual(anew.ignoreChanges, []);
        assert.equal(anew.inputs.environment.NETWORK_SUBNET, "172.30.0.0/16");
    });

    it("while another stack's cluster has the name, nothing is replaced or cleaned up", async () => {
        const registered: Registered[] = [];
        const made = makeCluster({}, machineWithNodes(foreignMark), registered);
        await assert.rejects(made, /this stack did not make it/);
        await setTimeout(100);
        assert.deepEqual(
            registered.filter(({ type }) => type === types.command),
            [],
        );
    });

    for (const [what, changed] of Object.entries({
        "number of workers": { workers: 1 },
        "pod subnet": { podSubnet: "10.244.0.0/16" },
        "Service subnet": { serviceSubnet: "10.97.0.0/16" },
        "kube-proxy mode": { kubeProxyMode: "nftables" },
        "list of published ports": { portMappings: [{ hostPort: 18080, containerPort: 30080 }] },
        name: { clusterName: "other" },
        "node image": { nodeImage: "kindest/node:v1.34.0" },
        "registry mirror": { registryMirror: "http://mirror.test" },
        "list of trusted authorities": { caCertificates: "-----BEGIN CERTIFICATE-----\n" },
    } satisfies Record<string, Partial<KindClusterArgs>>)) {
        it(`a new ${what} replaces the cluster, and the old cluster is deleted first`, async () => {
            // All that exists has as many nodes as the changed cluster, so that the mark alone changes nothing.
            const machine = machineWithNodes(ownMark, 1 + ((changed as { workers?: number }).workers ?? 2));
            const stack = await makeCluster(changed, machine);
            const [mark, ...triggers] = nodesOf(stack).inputs.triggers as string[];
            const [markBefore, ...triggersBefore] = await triggersOf({}, whole);
            assert.equal(mark, markBefore);
            assert.notDeepEqual(triggers, triggersBefore);
            assert.equal(nodesOf(stack).deleteBeforeReplace, true);
        });
    }

    it("without certificates the inputs are those of clusters from before there was this argument, which stay", async () => {
        const { environment, triggers } = nodesOf(await makeCluster({}, whole)).inputs;
        const known = ["CLUSTER_NAME", "MARK", "MARKS", "NETWORK_SUBNET", "OWNER", "REGISTRY_MIRROR"];
        assert.deepEqual(Object.keys(environment as object).sort(), known);
        assert.equal((triggers as string[]).length, 4);
    });

    it("a cluster that vanished is made again", async () => {
        const [mark] = await triggersOf({}, {});
        assert.match(mark ?? "", new RegExp(`^${owner}\\.(?!first)`));
    });

    it("a cluster that lost a node is made again", async () => {
        const [mark] = await triggersOf({}, machineWithNodes(ownMark, 2));
        assert.match(mark ?? "", new RegExp(`^${owner}\\.(?!first)`));
    });

    it("the nodes' configuration for kind carries the cluster's mark", async () => {
        const { stdin, environment } = nodesOf(await makeCluster({}, whole)).inputs;
        assert.equal(environment.MARK, ownMark);
        const { nodes } = JSON.parse(stdin as string) as { nodes: { extraMounts: { containerPath: string }[] }[] };
        assert.deepEqual(
            nodes.map(({ extraMounts }) => extraMounts[0]?.containerPath),
            Array.from({ length: 3 }, () => `/etc/load-balancing-lab/${ownMark}`),
        );
    });

    it("the first line that the program prints is the network's subnet, the rest the kubeconfig, a secret", async () => {
        const stack = await makeCluster();
        assert.equal(stack.outputs.networkSubnet, "172.18.0.0/16");
        assert.equal(stack.outputs.kubeconfig, "apiVersion: v1\n");
        assert.equal(stack.outputs.clusterName, "lb-dev");
        assert.deepEqual(nodesOf(stack).secretOutputs, ["stdout"]);
        assert.ok(stack.find(types.provider, "cluster-provider").secrets.includes("kubeconfig"));
    });

    it("the provider outlives a cluster that is replaced, and applies on the server's side", async () => {
        const provider = (await makeCluster()).find(types.provider, "cluster-provider");
        assert.equal(provider.deletedWith, "");
        assert.equal(provider.inputs.clusterIdentifier, owner);
        assert.equal(provider.inputs.enableServerSideApply, "true");
    });

    it("an image is published again when its name, its content or the cluster changes", async () => {
        const { inputs, dependencies } = (await makeCluster()).find(types.command, "backend-image-load");
        assert.deepEqual(inputs.triggers, ["lb-dev-backend:1", "sha256:1", "lb-dev"]);
        assert.ok(dependencies.some((urn) => urn.endsWith("::cluster-nodes")));
        assert.equal((await makeCluster()).outputs.published, "lb-dev-backend:1");
    });
});

describe("kindCluster.sh", () => {
    let nodes: Registered;
    let cleanup: Registered;
    let inspect: Pick<Registered, "inputs">;
    before(async () => {
        const stack = await makeCluster();
        nodes = nodesOf(stack);
        cleanup = stack.find(types.command, "cluster-cleanup");
        const [call] = stack.invokes.filter(({ token }) => token === "command:local:run");
        inspect = { inputs: { ...call?.inputs, create: call?.inputs.command } };
    });
    const { file, stub, calls, run } = useCommandStubs();

    /** @param subnets of the network kind; `mtu` is the default network's. */
    const docker = (
        ids: string,
        mark: string,
        network = "",
        networkUsers = "",
        { subnets = "fc00::/64\\n172.18.0.0/16\\n", mtu = "", exists = false } = {},
    ) =>
        stub(
            "docker",
            `case "$*" in
                *kind.cluster=*) echo "${ids}" ;;
                inspect*) echo '[{"Destination":"/etc/load-balancing-lab/${mark}"}]' ;;
                "network inspect kind") exit ${exists ? 0 : 1} ;;
                "network inspect"*" bridge") echo "${mtu}" ;;
                "network inspect"*) printf '${subnets}' ;;
                "network ls"*) echo "${network}" ;;
                ps*network=kind) echo "${networkUsers}" ;;
                exec*) cat >>"${file("input")}" ;;
            esac`,
        );
    beforeEach(() =>
        stub(
            "kind",
            `case "$1 $2" in
                create*) for last; do :; done; echo "apiVersion: v1" >"$last" ;;
                "get nodes") echo n1; echo n2 ;;
            esac`,
        ),
    );
    /** The calls that change something. */
    const changes = () => calls().filter((call) => /^kind (create|delete)|network (create|rm)/.test(call));

    it("create makes a network with the subnet and a cluster in it, and prints the subnet and the kubeconfig", () => {
        docker("", "");
        const { status, stdout } = run(nodes, "create", { NETWORK_SUBNET: "172.18.0.0/16" });
        assert.equal(status, 0);
        assert.equal(stdout, "172.18.0.0/16\napiVersion: v1\n");
        assert.match(changes()[0] ?? "", /network create .*--subnet 172\.18\.0\.0\/16 kind$/);
        assert.match(changes()[1] ?? "", /^kind create cluster --name lb-dev --config - --kubeconfig /);
        assert.equal(changes().length, 2);
    });

    it("create lets Docker choose the network's subnet if none is given", () => {
        docker("", "");
        assert.equal(run(nodes, "create").status, 0);
        assert.match(changes()[0] ?? "", /network create .* kind$/);
        assert.doesNotMatch(changes()[0] ?? "", /--subnet/);
    });

    it("create makes the network with the MTU of Docker's default network, if that has one", () => {
        docker("", "", "", "", { mtu: "1400" });
        assert.equal(run(nodes, "create").status, 0);
        assert.match(changes()[0] ?? "", /network create .*--opt com\.docker\.network\.driver\.mtu=1400 kind$/);
        for (const mtu of ["", "<no value>"]) {
            docker("", "", "", "", { mtu });
            assert.equal(run(nodes, "create").status, 0);
            assert.doesNotMatch(changes().at(-2) ?? "", /mtu/);
        }
    });

    it("create makes no cluster in a network without IPv4, and says how the network is made anew", () => {
        docker("", "", "", "", { subnets: "fc00::/64\\n", exists: true });
        const { status, stdout, stderr } = run(nodes, "create");
        assert.deepEqual([status, stdout, changes()], [1, "", []]);
        assert.match(stderr, /network kind has no IPv4 subnet\. .*delete the clusters.*: docker network rm kind$/m);
    });

    it("create makes no cluster if another stack makes the network meanwhile, with another subnet", () => {
        docker("", "");
        const { status, stdout, stderr } = run(nodes, "create", { NETWORK_SUBNET: "172.20.0.0/16" });
        assert.deepEqual([status, stdout, changes().length], [1, "", 1]);
        assert.match(stderr, /with the subnet 172\.18\.0\.0\/16 meanwhile, and not with 172\.20\.0\.0\/16\. Try again/);
    });

    it("create leaves a network that exists as it is, whichever subnet the last one had", () => {
        docker("", "", "", "", { exists: true });
        const { status, stdout } = run(nodes, "create", { NETWORK_SUBNET: "172.20.0.0/16" });
        assert.deepEqual([status, stdout], [0, "172.18.0.0/16\napiVersion: v1\n"]);
    });

    it("create hands kind the configuration that the resource has as its input", () => {
        docker("", "");
        stub("kind", `cat >"${file("input")}"; for last; do :; done; echo "apiVersion: v1" >"$last"`);
        assert.equal(run(nodes, "create").status, 0);
        assert.equal(fs.readFileSync(file("input"), "utf8"), nodes.inputs.stdin);
    });

    it("create fails and changes nothing if a cluster of that name is another stack's", () => {
        docker("n1 n2", foreignMark);
        const { status, stderr } = run(nodes, "create");
        assert.equal(status, 1);
        assert.match(stderr, /a cluster named lb-dev exists, and this stack did not make it/);
        assert.deepEqual(changes(), []);
    });

    it("create deletes what an interrupted run of this stack left, and makes the cluster anew", () => {
        docker("n1 n2", `${owner}.x`);
        assert.equal(run(nodes, "create").status, 0);
        assert.deepEqual(
            changes()
                .filter((call) => call.startsWith("kind"))
                .map((call) => call.split(" ")[1]),
            ["delete", "create"],
        );
    });

    it("create tells every node to ask the registry mirror first, for each of the public registries", () => {
        docker("", "");
        assert.equal(run(nodes, "create", { REGISTRY_MIRROR: "http://mirror.test" }).status, 0);
        const told = calls().flatMap(
            (call) => /^docker exec .* (n\d) .*certs\.d\/([\w.]+) /.exec(call)?.slice(1) ?? [],
        );
        const registries = ["docker.io", "quay.io", "registry.k8s.io", "ghcr.io"];
        assert.deepEqual(
            told,
            ["n1", "n2"].flatMap((node) => registries.flatMap((registry) => [node, registry])),
        );
        const hosts = '[host."http://mirror.test"]\n  capabilities = ["pull", "resolve"]\n';
        assert.equal(fs.readFileSync(file("input"), "utf8"), hosts.repeat(8));
    });

    it("create configures no registry mirror if none is given", () => {
        docker("", "");
        assert.equal(run(nodes, "create").status, 0);
        assert.deepEqual(
            calls().filter((call) => call.startsWith("docker exec")),
            [],
        );
    });

    describe("with certificates of authorities", () => {
        const certificate = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
        const authorities = { CA_CERTIFICATES: certificate("Y29tcGFueQ==") + certificate("Y2FtcHVz") };
        const trusted = "/usr/local/share/ca-certificates";
        const certificatesOf = (node: string) =>
            Object.fromEntries(
                fs
                    .readdirSync(file(`nodes/${node}`))
                    .map((name) => [name, fs.readFileSync(file(`nodes/${node}/${name}`), "utf8")]),
            );

        /** Each node runs here what it would run, with a folder of its own. */
        const withNodes = (updates = "echo '2 added, 0 removed; done.'") => {
            for (const node of ["n1", "n2"]) fs.mkdirSync(file(`nodes/${node}`), { recursive: true });
            docker("", "");
            fs.renameSync(file("bin/docker"), file("bin/docker-client"));
            stub(
                "docker",
                `case "$*" in
                    *certs.d*) echo "mirror of $3" >>"${file("order")}"; cat >/dev/null ;;
                    "exec --interactive n"*)
                        echo "certificates of $3" >>"${file("order")}"
                        sh -c "$(printf '%s' "$6" | sed "s#${trusted}#${file("nodes")}/$3#")" ;;
                    *) "${file("bin/docker-client")}" "$@" ;;
                esac`,
            );
            stub("update-ca-certificates", `echo update >>"${file("order")}"; ${updates}`);
            stub("systemctl", `echo "$*" >>"${file("order")}"`);
        };
        /** What the nodes did, one after the other. */
        const order = () =>
            fs
                .readFileSync(file("order"), "utf8")
                .trim()
                .split("\n")
                // Each of the four registries has a mirror.
                .filter((line, index, lines) => line !== lines[index - 1]);

        it("create gives them to every node, each in a file of its own, before the mirror, and has containerd read them", () => {
            withNodes();
            const { status, stdout, stderr } = run(nodes, "create", {
                ...authorities,
                REGISTRY_MIRROR: "https://mirror.test",
            });
            // What else is printed would become the state.
            assert.deepEqual([status, stdout], [0, "172.18.0.0/16\napiVersion: v1\n"], stderr);
            assert.doesNotMatch(stderr, /added/);
            for (const node of ["n1", "n2"]) {
                assert.deepEqual(certificatesOf(node), {
                    "load-balancing-lab-1.crt": certificate("Y29tcGFueQ=="),
                    "load-balancing-lab-2.crt": certificate("Y2FtcHVz"),
                });
            }
            assert.deepEqual(order(), [
                "certificates of n1",
                "update",
                "restart containerd",
                "certificates of n2",
                "update",
                "restart containerd",
                "mirror of n1",
                "mirror of n2",
            ]);
        });

        it("create fails where a node does not take them, with the node's own words", () => {
            withNodes("echo 'no space left'; exit 1");
            const { status, stdout, stderr } = run(nodes, "create", authorities);
            assert.deepEqual([status, stdout], [1, ""]);
            assert.match(stderr, /^no space left$/m);
            assert.deepEqual(order(), ["certificates of n1", "update"]);
        });
    });

    it("update keeps the cluster and prints the state as it is", () => {
        docker("n1", `${owner}.x`);
        const state = "172.18.0.0/16\napiVersion: v1";
        assert.equal(run(nodes, "update", { PULUMI_COMMAND_STDOUT: state }).stdout, state);
        assert.deepEqual(changes(), []);
    });

    it("delete deletes the cluster that has the resource's mark, and no other of its name", () => {
        docker("n1", foreignMark);
        assert.equal(run(nodes, "delete").status, 0);
        assert.deepEqual(changes(), []);
        docker("n1", nodes.inputs.environment.MARK as string);
        assert.equal(run(nodes, "delete").status, 0);
        assert.match(changes()[0] ?? "", /^kind delete cluster --name lb-dev/);
    });

    it("cleanup deletes the nodes of an interrupted run, and the network kind if a stack made it and it is unused", () => {
        docker("n1", `${owner}.half`, "network-id");
        assert.equal(run(cleanup, "delete").status, 0);
        assert.match(changes()[0] ?? "", /^kind delete cluster --name lb-dev/);
        assert.match(changes()[1] ?? "", /network rm kind/);
    });

    it("cleanup leaves the network kind while a container of another cluster is in it", () => {
        docker("", "", "network-id", "other-node");
        assert.equal(run(cleanup, "delete").status, 0);
        assert.deepEqual(changes(), []);
    });

    it("cleanup removes the copies of the cluster's kubeconfig, and no other cluster's", () => {
        const write = (name: string, cluster: string) =>
            fs.writeFileSync(path.join(file("tmp"), name), `current-context: kind-${cluster}\nkind: Config\n`);
        for (const name of ["kubeconfig123", "tmp.Ab3dEfGhIj"]) write(name, "lb-dev");
        const folder = `load-balancing-lab.${process.getuid?.()}.lb-dev`;
        fs.mkdirSync(path.join(file("tmp"), folder));
        // The user's own file has a name that begins as the cluster's.
        const others = ["kubeconfig456", "lb-dev.backup", "tmp.other"];
        for (const name of others) write(name, "lb-dev2");
        docker("n1", foreignMark);
        assert.equal(run(cleanup, "delete").status, 0);
        assert.equal(fs.readdirSync(file("tmp")).length, 6);
        docker("n1", `${owner}.half`);
        assert.equal(run(cleanup, "delete").status, 0);
        assert.deepEqual(fs.readdirSync(file("tmp")).sort(), others);
        for (const name of others) fs.rmSync(path.join(file("tmp"), name));
    });

    it("cleanup leaves nodes of another stack, and a network that no stack made", () => {
        docker("n1", foreignMark);
        assert.equal(run(cleanup, "delete").status, 0);
        assert.deepEqual(changes(), []);
    });

    it("inspect prints the mounts of the cluster's nodes, and nothing if there is no cluster", () => {
        docker("n1 n2", ownMark);
        const mounts = `[{"Destination":"/etc/load-balancing-lab/${ownMark}"}]\n`;
        assert.deepEqual(run(inspect, "create"), { status: 0, stdout: mounts, stderr: "" });
        assert.match(calls().at(-1) ?? "", /^docker inspect .*\.Mounts.* n1 n2$/);
        docker("", ownMark);
        assert.deepEqual(run(inspect, "create"), { status: 0, stdout: "", stderr: "" });
    });
});

describe("kindLoad.sh", () => {
    let load: Registered;
    before(async () => {
        load = (await makeCluster()).find(types.command, "backend-image-load");
    });
    const { file, stub, calls, run, kill } = useCommandStubs();

    it("kind load gets the image and the cluster's name", () => {
        stub("docker", "");
        stub("kind", "");
        assert.equal(run(load, "create").status, 0);
        assert.deepEqual(calls(), [
            "docker image inspect lb-dev-backend:1",
            "kind load docker-image lb-dev-backend:1 --name lb-dev",
        ]);
    });

    it("an image that Docker no longer has is not loaded, and the error ends with the advice", () => {
        stub("docker", "echo 'No such image' >&2; exit 1");
        stub("kind", "");
        const { status, stderr } = run(load, "create");
        assert.equal(status, 1);
        assert.match(stderr, /^Docker no longer has the image lb-dev-backend:1.* Build it again: make image\n$/);
        assert.deepEqual(calls(), ["docker image inspect lb-dev-backend:1"]);
    });

    it("an image that kind can't load fails the resource, with kind's own words", () => {
        stub("docker", "");
        stub("kind", "echo 'ERROR: no nodes found' >&2; exit 1");
        assert.deepEqual(run(load, "create"), { status: 1, stdout: "", stderr: "ERROR: no nodes found\n" });
    });

    it("kind writes the image into a folder that nobody else can read, and that is gone afterwards", () => {
        stub("docker", "");
        stub("kind", `ls -ld "$TMPDIR" | cut -c1-10; touch "$TMPDIR/images.tar"`);
        assert.deepEqual(run(load, "create"), { status: 0, stdout: "drwx------\n", stderr: "" });
    });

    it("what a load left that was killed with all its children is removed by the next", () => {
        stub("docker", "");
        stub("kind", `ls "$TMPDIR"; touch "$TMPDIR/images.tar"; kill -9 0`);
        spawnSync("setsid", ["/bin/sh", "-c", (load.inputs.interpreter as string[])[2] ?? ""], {
            env: { ...(load.inputs.environment as object), PATH: `${file("bin")}:/usr/bin:/bin`, TMPDIR: file("tmp") },
        });
        assert.equal(fs.readdirSync(file("tmp")).length, 1);
        stub("kind", `ls "$TMPDIR"`);
        assert.deepEqual(run(load, "create"), { status: 0, stdout: "", stderr: "" });
    });

    it("where the shell is killed, kind ends within a few seconds, and leaves no file", async () => {
        stub("docker", "");
        stub("kind", `touch "$TMPDIR/images.tar"; exec sleep 60`);
        const seconds = await kill(load, "create", "kind ");
        assert.ok(seconds < 4, `${seconds} s`);
        for (let i = 0; fs.readdirSync(file("tmp")).length > 0 && i < 100; i++) await setTimeout(100);
        assert.deepEqual(fs.readdirSync(file("tmp")), []);
    });

    it("where the shell is killed, a kind that does not listen is ended all the same", async () => {
        stub("docker", "");
        stub("kind", `trap "" TERM; while :; do sleep 0.2; done`);
        const seconds = await kill(load, "create", "kind ");
        assert.ok(seconds > 4 && seconds < 10, `${seconds} s`);
        for (let i = 0; fs.readdirSync(file("tmp")).length > 0 && i < 100; i++) await setTimeout(100);
    });
});
