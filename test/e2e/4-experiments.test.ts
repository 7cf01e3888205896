import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jsonReport, type JsonReport } from "../../experiments/report/json";
import { atMost, during, finish, killFamily, pressCtrlC, startCommand, type Command } from "../support/commands";
import { eventually, project, run, testStack, type TestStack } from "../support/stacks";

/*
 * The experiments, as a student runs them, in a small size: what must hold holds on a real cluster, and the stack is afterwards as it
 * was. A verdict is wrong by chance once in a thousand runs, as its α says.
 */
describe("experiments", () => {
    const name = "e2e-lb";
    let test: TestStack;
    let reports: string;
    /** All that were started, to be ended if a test fails. */
    const commands: Command[] = [];

    before(async () => {
        reports = fs.mkdtempSync(path.join(os.tmpdir(), "experiments-"));
        test = await testStack(name, { addressPool: "172.18.204.0-172.18.204.15", cluster: { workers: 2 } });
        await test.stack.up();
    });
    after(async () => {
        for (const { child } of commands) {
            if (child.exitCode === null && child.signalCode === null) await killFamily(child);
        }
        await test?.takeAway();
        if (reports) fs.rmSync(reports, { recursive: true, force: true });
        const own = path.join(project, "reports");
        if (fs.existsSync(own) && fs.readdirSync(own).length === 0) fs.rmdirSync(own);
    });

    const start = (args: string[], terminal = false): Command => {
        const all = ["--stack", name, ...args, "--out", reports];
        const command = startCommand("experiment", all, { cwd: project, env: test.env, terminal });
        commands.push(command);
        return command;
    };
    /** Does an experiment, and reads its report. */
    const perform = async (...args: string[]): Promise<JsonReport> => {
        const before = fs.readdirSync(reports);
        const command = start(args);
        await finish(command, 180);
        assert.doesNotMatch(command.said(), /Warning/);
        console.log(/^Verdict: .*$/m.exec(command.said())?.[0].replace(/^/, "      "));
        const [made = "", ...more] = fs.readdirSync(reports).filter((folder) => !before.includes(folder));
        assert.deepEqual(more, []);
        assert.match(fs.readFileSync(path.join(reports, made, "report.html"), "utf8"), /^<!doctype html>/);
        return jsonReport.parse(JSON.parse(fs.readFileSync(path.join(reports, made, "report.json"), "utf8")));
    };
    const verdictOf = ({ outcome, claim, prediction }: JsonReport) => [outcome, claim.result, prediction.result];
    /** Each cross-check: what was counted, by whom, and whether they agree. */
    const checksOf = ({ measured }: JsonReport) =>
        (measured.checks as { of: string; columns: { source: string }[]; agree?: boolean }[]).map(
            ({ of, columns, agree }) => [of, columns.map(({ source }) => source).join(), agree],
        );
    const load = ({ measured }: JsonReport) => measured.load as { counts: number[]; failures: Record<string, number> };
    /** What an experiment has made. */
    const leftObjects = async () => {
        const what = ["services,ingresses", "--all-namespaces", "--selector=load-balancing-lab/experiment"];
        return (await test.kubectl("get", ...what, "--output=name")).split("\n").filter(Boolean);
    };

    it("spread: kube-proxy in iptables mode chooses at random; answers, logs and kernel agree", async () => {
        const report = await perform("spread", "--requests", "600");
        assert.deepEqual(verdictOf(report), ["random", "refuted", "confirmed"]);
        assert.deepEqual(checksOf(report), [
            ["requests", "answers,podLogs", true],
            ["connections", "answers,iptables", true],
        ]);
        assert.deepEqual(load(report).failures, {});
        assert.equal(
            load(report).counts.reduce((total, count) => total + count, 0),
            600,
        );
    });

    for (const to of ["ingress", "backend"]) {
        it(`spread --to ${to}: ingress-nginx takes turns; counts differ by at most one for each worker process`, async () => {
            const report = await perform("spread", "--to", to, "--requests", "300");
            assert.deepEqual(verdictOf(report), ["perWorker", "confirmed", "confirmed"]);
            const { controllers } = report.facts as { controllers: { workers: number }[] };
            assert.equal(controllers.length, 2);
            const workers = controllers.reduce((total, pod) => total + pod.workers, 0);
            const { counts } = load(report);
            assert.ok(Math.max(...counts) - Math.min(...counts) <= workers, `${counts.join()}: ${workers} workers`);
            assert.deepEqual(checksOf(report), [
                ["requests", "answers,podLogs,ingressLogs", true],
                ["connections", "ingressLogs,iptables", true],
            ]);
            // On one connection, the pods answer strictly one after the other.
            const kept = report.measured.kept as number[];
            assert.ok(kept.every((pod, index) => index === 0 || pod !== kept[index - 1]));
        });
    }

    it("spread --keep-alive: a connection stays with its pod", async () => {
        const report = await perform("spread", "--keep-alive", "--requests", "300");
        assert.deepEqual(verdictOf(report), ["perConnection", "refuted", "confirmed"]);
        assert.deepEqual(checksOf(report)[1], ["connections", "answers,iptables", true]);
    });

    it("spread --affinity: one pod gets everything, by a Service that is gone afterwards", async () => {
        const report = await perform("spread", "--affinity", "--requests", "100");
        assert.deepEqual(verdictOf(report), ["onePod", "refuted", "confirmed"]);
        assert.deepEqual(checksOf(report)[1], ["connections", "answers,iptables", true]);
        assert.deepEqual(await leftObjects(), []);
    });

    it("spread --tool ab: Apache Bench, counted by the logs", async function () {
        if ((await run("sh", ["-c", "command -v ab || true"])) === "") this.skip();
        const report = await perform("spread", "--tool", "ab", "--requests", "600");
        assert.deepEqual(verdictOf(report), ["random", "refuted", "confirmed"]);
        assert.deepEqual(checksOf(report), [
            ["requests", "podLogs", undefined],
            ["connections", "podLogs,iptables", true],
        ]);
        // Over https and by name, too.
        const ingress = await perform("spread", "--tool", "ab", "--to", "backend", "--requests", "100");
        assert.deepEqual(verdictOf(ingress), ["perWorker", "confirmed", "confirmed"]);
    });

    it("path: the ingress goes past kube-proxy, and with service-upstream it does not", async () => {
        const report = await perform("path");
        assert.deepEqual(verdictOf(report), ["past", "refuted", "confirmed"]);
        assert.deepEqual(report.remarks, []);
        const { announced, controller, behind, outside } = report.measured as any;
        // The kernel lists a connection for each request, to the pod that answered it; and none where the ingress goes past it.
        assert.deepEqual(behind.pods.tracked, [0, 0]);
        const answered = [0, 1].map((pod) => behind.service.picks.filter((pick: number) => pick === pod).length);
        assert.deepEqual([answered, answered[0] + answered[1]], [behind.service.tracked, 30]);
        // MetalLB and this machine's neighbour table know the same node.
        assert.match(announced.mac, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
        assert.equal(announced.byNeighbours, announced.byStatus);
        assert.match(controller, /^ingress-nginx-controller-/);
        // With Local, the pod on the node that announces answers, and sees this machine.
        const { webPods } = report.facts as { webPods: { node: string }[] };
        const local = webPods.findIndex(({ node }) => node === outside.Local.node);
        assert.deepEqual(
            outside.Local.counts,
            webPods.map((_, pod) => (pod === local ? 30 : 0)),
        );
        assert.deepEqual(outside.Local.clients[local], ["172.18.0.1"]);
        const clients = outside.Cluster.clients.flat() as string[];
        assert.ok(clients.length > 0 && !clients.includes("172.18.0.1"), clients.join());
        assert.deepEqual(await leftObjects(), []);
    });

    it("keepalive: one connection sees one pod, and through the ingress all of them", async () => {
        const report = await perform("keepalive", "--lang", "ko");
        assert.deepEqual(verdictOf(report), ["connections", "refuted", "confirmed"]);
        const { kept, byIngress } = report.measured as Record<"kept" | "byIngress", { picks: number[] }>;
        assert.deepEqual([new Set(kept.picks).size, new Set(byIngress.picks).size], [1, 3]);
    });

    it("routing: every request goes where the rules say, and rewrite-target: / takes all of the path", async () => {
        const report = await perform("routing");
        assert.deepEqual(verdictOf(report), ["path", "refuted", "confirmed"]);
        // All of them by what nginx's own configuration and three logs say.
        assert.deepEqual(report.remarks, []);
        const { rewriteAll, rewriteRest } = report.measured.cases as Record<string, Record<string, string>>;
        assert.deepEqual(
            [rewriteAll?.rewrite, rewriteAll?.askedFor, rewriteRest?.rewrite, rewriteRest?.askedFor],
            ["/", "/", "/$1", "/whoami"],
        );
        assert.deepEqual(await leftObjects(), []);
    });

    it("Ctrl-C: ends within seconds, without a report and without a Service left", async () => {
        const before = fs.readdirSync(reports);
        const command = start(["spread", "--affinity", "--requests", "100000"], true);
        await during(
            command,
            eventually("requests under way", 90, () => Promise.resolve(/100,000 requests/.test(command.said()))),
        );
        await sleep(2000);
        assert.equal((await leftObjects()).length, 1);
        pressCtrlC(command);
        assert.equal(await atMost(30, command), 130);
        assert.match(command.said(), /Stopped\. No report was written, and the stack is as it was\./);
        assert.deepEqual([await leftObjects(), fs.readdirSync(reports)], [[], before]);
    });

    it("kill -9: the next experiment says what was left, and deletes it", async () => {
        const killed = start(["spread", "--affinity", "--requests", "100000"]);
        await during(
            killed,
            eventually("requests under way", 90, () => Promise.resolve(/100,000 requests/.test(killed.said()))),
        );
        await killFamily(killed.child);
        assert.equal((await leftObjects()).length, 1);
        const next = start(["keepalive", "--requests", "20"]);
        await finish(next, 120);
        assert.match(next.said(), /An earlier run was cut off\./);
        assert.match(next.said(), /Deleted what an earlier run had left: Service web\/experiment-\S+\./);
        assert.deepEqual(await leftObjects(), []);
    });

    it("afterwards the stack is as it was", async () => {
        await test.stack.refresh();
        await test.stack.preview({ expectNoChanges: true });
    });
});
