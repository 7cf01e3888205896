import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { runProgram } from "../../../support/program";

/*
 * The commands that the stack hands to @pulumi/command, run for real as the plugin would, with stubs of docker, kind and
 * kubectl in their place.
 */
describe("commands of the stack", () => {
    let root: string;
    let stack: Awaited<ReturnType<typeof runProgram>>;
    const file = (name: string) => path.join(root, name);
    const calls = () => (fs.existsSync(file("calls")) ? fs.readFileSync(file("calls"), "utf8").trim().split("\n") : []);

    before(async () => {
        stack = await runProgram({ addressPool: "172.18.200.0-172.18.200.31" });
    });
    beforeEach(() => {
        root = fs.mkdtempSync(path.join(os.tmpdir(), "shell-"));
        fs.mkdirSync(file("tmp"));
    });
    afterEach(() => {
        // Whatever happens, no kubeconfig stays.
        assert.deepEqual(fs.readdirSync(file("tmp")), []);
        fs.rmSync(root, { recursive: true });
    });

    /** Writes a stub whose script knows its arguments as "$*". */
    const stub = (name: string, script: string) => {
        fs.mkdirSync(file("bin"), { recursive: true });
        const text = `#!/bin/sh\necho "${name} $*" >>"${file("calls")}"\n${script}\n`;
        fs.writeFileSync(path.join(file("bin"), name), text, { mode: 0o755 });
    };
    const run = (name: string, operation: "create" | "update" | "delete", env: Record<string, string> = {}) => {
        const { interpreter, environment, stdin, ...commands } = stack.find("command:local:Command", name).inputs;
        const [shell, ...args] = [...(interpreter as string[]), (commands[operation] ?? commands.create) as string];
        const { status, stdout, stderr } = spawnSync(shell ?? "", args, {
            input: (stdin ?? "") as string,
            encoding: "utf8",
            env: {
                ...environment,
                PATH: `${file("bin")}:/usr/bin:/bin`,
                TMPDIR: file("tmp"),
                ...env,
            } as NodeJS.ProcessEnv,
        });
        return { status, stdout, stderr };
    };

    describe("condition", () => {
        const kubectl = (failing: string) => stub("kubectl", `shift 2; case "$*" in ${failing} *) ;; esac`);

        it("waits with a limit, then tries whether the webhook admits an object", () => {
            kubectl("");
            assert.deepEqual(run("metallb-ready", "create"), { status: 0, stdout: "", stderr: "" });
            const said = calls().map((call) => call.replace(/--kubeconfig \S+ /, "").replace(/\d+s$/, "Ns"));
            assert.deepEqual(said.slice(0, 2), [
                "kubectl rollout status deployment/metallb-controller --namespace metallb-system --timeout Ns",
                "kubectl rollout status daemonset/metallb-speaker --namespace metallb-system --timeout Ns",
            ]);
            assert.match(said[2] ?? "", /^kubectl apply --server-side --dry-run=server --filename/);
            assert.equal(said.length, 3);
        });

        it("shows the pods and events that explain it, when the limit is reached", () => {
            kubectl(`
                wait*) echo "error: timed out waiting for the condition" >&2; exit 1 ;;
                get\\ pods*) echo "calico-node-x   0/1   ImagePullBackOff" ;;
                get\\ events*) echo "Failed to pull image" ;;`);
            const { status, stderr } = run("calico-available", "create");
            assert.equal(status, 1);
            assert.match(
                stderr,
                /^Waited for up to 600 s: kubectl wait --for=create tigerastatus\/calico: error: timed out/,
            );
            assert.match(
                stderr,
                /Pods of calico-system:\ncalico-node-x .*ImagePullBackOff\nLast events of calico-system:\nFailed to pull image/,
            );
        });

        it("bears with a webhook that does not answer yet", () => {
            kubectl(`
                apply*) n=$(cat "${"$"}0.n" 2>/dev/null || echo 0); echo $((n + 1)) >"${"$"}0.n"
                    [ "$n" -ge 2 ] || { echo 'failed calling webhook "x": connection refused' >&2; exit 1; } ;;`);
            assert.equal(run("ingress-nginx-ready", "create").status, 0);
            assert.equal(calls().filter((call) => call.includes(" apply ")).length, 3);
        });

        it("does not try again what is refused for another reason", () => {
            kubectl(`apply*) echo "error: You must be logged in" >&2; exit 1 ;;`);
            const { status, stderr } = run("ingress-nginx-ready", "create");
            assert.equal(status, 1);
            assert.match(stderr, /^error: You must be logged in/);
            assert.equal(calls().filter((call) => call.includes(" apply ")).length, 1);
        });
    });

    describe("cluster", () => {
        const owner = "0123456789ab";
        const docker = (nodes: string, mark: string, network = "") =>
            stub(
                "docker",
                `case "$*" in
                    *kind.cluster=*) echo "${nodes}" ;;
                    inspect*) echo '[{"Destination":"/etc/load-balancing-lab/${mark}"}]' ;;
                    "network inspect kind") exit 1 ;;
                    "network inspect"*) printf 'fc00::/64\\n172.18.0.0/16\\n' ;;
                    "network ls"*) echo "${network}" ;;
                esac`,
            );
        const kind = () =>
            stub("kind", 'case "$1" in create) for last; do :; done; echo "apiVersion: v1" >"$last" ;; esac');
        const changes = () => calls().filter((call) => /^kind |network (create|rm)/.test(call));

        it("is made with a network for its pool, and tells subnet and kubeconfig", () => {
            docker("", "");
            kind();
            const { status, stdout } = run("cluster-nodes", "create", { NETWORK_SUBNET: "172.18.0.0/16" });
            assert.equal(status, 0);
            assert.equal(stdout, "172.18.0.0/16\napiVersion: v1\n");
            assert.match(changes()[0] ?? "", /network create .*--subnet 172\.18\.0\.0\/16 kind$/);
            assert.match(changes()[1] ?? "", /^kind create cluster --name lb-dev --config - --kubeconfig /);
        });

        it("is refused where another of its name is there", () => {
            docker("n1 n2", "ffffffffffff.x");
            kind();
            const { status, stderr } = run("cluster-nodes", "create");
            assert.equal(status, 1);
            assert.match(stderr, /a cluster named lb-dev exists, and this stack did not make it/);
            assert.deepEqual(changes(), []);
        });

        it("takes the place of what an interrupted run left", () => {
            docker("n1 n2", `${owner}.x`);
            kind();
            assert.equal(run("cluster-nodes", "create").status, 0);
            assert.deepEqual(
                changes()
                    .filter((call) => call.startsWith("kind"))
                    .map((call) => call.split(" ")[1]),
                ["delete", "create"],
            );
        });

        it("stays as it is when only its commands change", () => {
            docker("n1", `${owner}.x`);
            kind();
            const state = "172.18.0.0/16\napiVersion: v1";
            assert.equal(run("cluster-nodes", "update", { PULUMI_COMMAND_STDOUT: state }).stdout, state);
            assert.deepEqual(changes(), []);
        });

        it("is deleted where it is this one, and left alone where it is not", () => {
            kind();
            const { MARK } = stack.find("command:local:Command", "cluster-nodes").inputs.environment as {
                MARK: string;
            };
            docker("n1", "ffffffffffff.x");
            assert.equal(run("cluster-nodes", "delete").status, 0);
            assert.deepEqual(changes(), []);
            docker("n1", MARK);
            assert.equal(run("cluster-nodes", "delete").status, 0);
            assert.match(changes()[0] ?? "", /^kind delete cluster --name lb-dev/);
        });

        it("leaves no node of an interrupted run, and no network that a stack made", () => {
            kind();
            docker("n1", `${owner}.half`, "network-id");
            assert.equal(run("cluster-sweep", "delete").status, 0);
            assert.match(changes()[0] ?? "", /^kind delete cluster --name lb-dev/);
            assert.match(changes()[1] ?? "", /network rm kind/);
        });

        it("leaves no copy of its kubeconfig, but others' files", () => {
            kind();
            const write = (name: string, cluster: string) =>
                fs.writeFileSync(path.join(file("tmp"), name), `current-context: kind-${cluster}\nkind: Config\n`);
            for (const name of ["kubeconfig123", "tmp.Ab3dEfGhIj", "lb-dev.aBc1d2"]) write(name, "lb-dev");
            const others = ["kubeconfig456", "lb-dev2.aBc1d2", "tmp.other"];
            for (const name of others) write(name, "lb-dev2");
            docker("n1", "ffffffffffff.x");
            assert.equal(run("cluster-sweep", "delete").status, 0);
            assert.equal(fs.readdirSync(file("tmp")).length, 6);
            docker("n1", `${owner}.half`);
            assert.equal(run("cluster-sweep", "delete").status, 0);
            assert.deepEqual(fs.readdirSync(file("tmp")).sort(), others);
            for (const name of others) fs.rmSync(path.join(file("tmp"), name));
        });

        it("leaves others' nodes and networks", () => {
            kind();
            docker("n1", "ffffffffffff.x");
            assert.equal(run("cluster-sweep", "delete").status, 0);
            assert.deepEqual(changes(), []);
        });
    });
});
