import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { setTimeout } from "node:timers/promises";
import { KubectlWait } from "../../../../components";
import { useCommandStubs } from "../../../support/commandStubs";
import { type Registered, runResources, testCluster } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

describe("KubectlWait", () => {
    let rollouts: Registered;
    let status: Registered;
    before(async () => {
        const stack = await runResources(() => {
            const cluster = testCluster();
            new KubectlWait("rollouts", {
                cluster,
                namespaces: ["balancer"],
                conditions: ["rollout status deployment/controller", "rollout status daemonset/speaker"],
                triggers: [3],
            });
            new KubectlWait("status", {
                cluster,
                namespaces: ["operator", "network"],
                explain: ["get status", "get *"],
                conditions: ["wait --for=create status/network", "wait --for=condition=Available status/network"],
                triggers: [],
            });
        });
        [rollouts, status] = ["rollouts", "status"].map((name) => stack.find(types.command, name)) as [
            Registered,
            Registered,
        ];
    });
    const { file, stub, calls, run, kill } = useCommandStubs();
    /** A kubectl that succeeds but for the cases of a shell `case` for its arguments. */
    const kubectl = (cases = "") => stub("kubectl", `shift 2; case "$*" in ${cases} *) ;; esac`);

    it("a wait is repeated when one of its triggers changes, and takes the kubeconfig as a secret", () => {
        assert.deepEqual(rollouts.inputs.triggers, [3]);
        assert.equal(rollouts.inputs.stdin, "apiVersion: v1");
        assert.deepEqual(rollouts.secrets, ["stdin"]);
    });

    it("kubectl waits for each condition with a time limit", () => {
        kubectl();
        assert.deepEqual(run(rollouts, "create"), { status: 0, stdout: "", stderr: "" });
        const said = calls().map((call) => call.replace(/--kubeconfig \S+ /, "").replace(/\d+s$/, "Ns"));
        assert.deepEqual(said, [
            "kubectl rollout status deployment/controller --timeout Ns",
            "kubectl rollout status daemonset/speaker --timeout Ns",
        ]);
    });

    it("kubectl is called again until the condition is met, each time for so short that it ends soon after a kill", () => {
        kubectl(`
            wait*) n=$(cat "${"$"}0.n" 2>/dev/null || echo 0); echo $((n + 1)) >"${"$"}0.n"
                [ "$n" -ge 3 ] || { echo "error: timed out waiting for the condition on status/network" >&2; exit 1; } ;;`);
        assert.equal(run(status, "create").status, 0);
        assert.equal(calls().length, 5);
        for (const call of calls()) assert.match(call, / --timeout 5s$/);
    });

    it("another failure than that time is up is none to wait for", () => {
        kubectl(`wait*) echo "error: the server doesn't have a resource type status" >&2; exit 1 ;;`);
        const { status: code, stderr } = run(status, "create");
        assert.equal(code, 1);
        assert.match(stderr, /^Waited for up to 600 s: kubectl wait .*doesn't have a resource type/);
        assert.equal(calls().filter((call) => call.includes(" wait ")).length, 1);
    });

    it("the kubeconfig is never a file, and kubectl reads it as one", () => {
        stub("kubectl", `ls "${file("tmp")}" >>"${file("there")}"; cat "$2" >"${file("kubeconfig")}"`);
        assert.equal(run(rollouts, "create").status, 0);
        assert.equal(fs.readFileSync(file("there"), "utf8"), "");
        assert.equal(fs.readFileSync(file("kubeconfig"), "utf8"), "apiVersion: v1");
    });

    it("where the shell is killed, all that it started ends within a few seconds", async () => {
        // As kubectl does, it takes as long as it is told to.
        kubectl(`wait*) for last; do :; done; sleep "${"$"}{last%s}"; echo "error: timed out waiting" >&2; exit 1 ;;`);
        const seconds = await kill(status, "create", "kubectl ");
        assert.ok(seconds < 8, `${seconds} s`);
        // Nobody goes on with the next one.
        const before = calls().length;
        await setTimeout(1000);
        assert.equal(calls().length, before);
    });

    it("a condition that is not met in time shows the pods and events of the namespaces, and what explains it", () => {
        kubectl(`
            wait*) echo "error: timed out waiting for the condition" >&2; exit 1 ;;
            get\\ pods*operator*) echo "operator-x   0/1   CrashLoopBackOff" ;;
            get\\ pods*network*) echo "calico-node-x   0/1   ImagePullBackOff" ;;
            get\\ events*) echo "Failed to pull image" ;;
            get\\ status*) echo "no such type" >&2; exit 1 ;;
            get\\ \\**) echo everything ;;`);
        const { status: code, stderr } = run(status, "create", { TIMEOUT_SECONDS: "0" });
        assert.equal(code, 1);
        assert.match(stderr, /^Waited for up to 0 s: kubectl wait --for=create status\/network: error: timed out/);
        assert.deepEqual(stderr.split("\n").slice(1), [
            "Pods of operator:",
            "operator-x   0/1   CrashLoopBackOff",
            "Last events of operator:",
            "Failed to pull image",
            "Pods of network:",
            "calico-node-x   0/1   ImagePullBackOff",
            "Last events of network:",
            "Failed to pull image",
            "kubectl get status:",
            "no such type",
            "kubectl get *:",
            "everything",
            "",
        ]);
        // The conditions after it are not tried.
        assert.equal(calls().filter((call) => call.includes(" wait ")).length, 1);
    });
});
