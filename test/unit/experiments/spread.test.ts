import * as assert from "node:assert/strict";
import { parseApacheBench } from "../../../experiments/apacheBench";
import { catalogues } from "../../../experiments/catalogue";
import { Fault } from "../../../experiments/fault";
import { spread, type SpreadMeasured } from "../../../experiments/spread";
import { FakeCluster, type FakeOptions } from "../../support/fakeCluster";
import { lazy, sticky } from "../../support/pickers";

const defaults = { requests: 3000, concurrency: 20, to: "web", keepAlive: false, affinity: false, tool: "own" };
const { en } = catalogues;

describe("spread", function () {
    this.timeout(60_000);
    let cluster: FakeCluster;
    afterEach(() => cluster.stop());

    const perform = async (options: Partial<Record<keyof typeof defaults, unknown>>, fake: FakeOptions = {}) => {
        cluster = new FakeCluster(fake);
        await cluster.start();
        const begun = await spread.begin(cluster.lab(), { ...defaults, ...options });
        const { measured, conclusion } = await begun.perform();
        const { outcome, claim, prediction } = conclusion;
        return {
            predicted: begun.prediction.outcome,
            prediction: begun.prediction.text(en),
            verdicts: { outcome, claim, prediction },
            verdict: conclusion.verdict(en),
            remarks: conclusion.remarks.map((say) => say(en)),
            sections: conclusion.sections(en),
            measured: measured as SpreadMeasured,
        };
    };
    const agreements = ({ checks }: SpreadMeasured) => checks.map(({ of, agree }) => [of, agree]);
    const sources = ({ checks }: SpreadMeasured) => checks.map(({ columns }) => columns.map(({ source }) => source));
    const refuses = async (options: Partial<typeof defaults>, fake: FakeOptions, message: RegExp) => {
        cluster = new FakeCluster(fake);
        await cluster.start();
        await assert.rejects(spread.begin(cluster.lab(), { ...defaults, ...options }), (error: Error) => {
            assert.ok(error instanceof Fault);
            assert.match(error.message, message);
            return true;
        });
    };

    it("iptables: at random, which refutes round robin; answers, logs and kernel agree", async () => {
        const { predicted, verdicts, verdict, measured, remarks, sections } = await perform({ requests: 1200 });
        assert.equal(predicted, "random");
        assert.deepEqual(verdicts, { outcome: "random", claim: "refuted", prediction: "confirmed" });
        assert.match(verdict, /^The course says "round robin": refuted\. \d+ repeats in 30 requests .* \(p = 0\.\d+\)/);
        assert.deepEqual(agreements(measured), [
            ["requests", true],
            ["connections", true],
        ]);
        assert.deepEqual(sources(measured), [
            ["answers", "podLogs"],
            ["answers", "iptables"],
        ]);
        // Here the pods are in the sender's own process, and so keep it busy.
        assert.deepEqual(
            remarks.filter((remark) => !remark.startsWith("The sender was the limit")),
            [],
        );
        assert.equal(measured.node, "lb-dev-worker");
        assert.equal(
            measured.load.counts.reduce((total, count) => total + count, 0),
            1200,
        );
        assert.equal(sections.length, 6);
        assert.deepEqual(cluster.made, []);
    });

    it("nftables: the kernel's list of connections agrees, and where there is none, that is said", async () => {
        const { verdicts, measured } = await perform({ requests: 600 }, { mode: "nftables" });
        assert.deepEqual(verdicts, { outcome: "random", claim: "refuted", prediction: "confirmed" });
        assert.deepEqual(sources(measured)[1], ["answers", "conntrack"]);
        assert.deepEqual(agreements(measured)[1], ["connections", true]);
        cluster.stop();
        const without = await perform({ requests: 300 }, { mode: "nftables", missing: ["conntrack"] });
        assert.equal(without.verdicts.outcome, "random");
        assert.deepEqual(agreements(without.measured)[1], ["connections", undefined]);
        assert.ok(
            without.sections.some(({ text }) =>
                text?.includes("kernel: conntrack: the node does not have the program conntrack"),
            ),
        );
    });

    it("ipvs: in turn, which confirms round robin; counts differ by one at most", async () => {
        const { predicted, verdicts, verdict, measured } = await perform({ requests: 1000 }, { mode: "ipvs" });
        assert.equal(predicted, "inTurn");
        assert.deepEqual(verdicts, { outcome: "inTurn", claim: "confirmed", prediction: "confirmed" });
        assert.match(verdict, /confirmed\. 0 repeats in 30 requests .* differ by 1\.$/);
        assert.deepEqual(sources(measured)[1], ["answers", "ipvs"]);
        assert.deepEqual(agreements(measured)[1], ["connections", true]);
        cluster.stop();
        const without = await perform({ requests: 300 }, { mode: "ipvs", missing: ["ipvsadm"] });
        assert.deepEqual(sources(without.measured)[1], ["answers", "conntrack"]);
        assert.deepEqual(agreements(without.measured)[1], ["connections", true]);
    });

    for (const to of ["ingress", "backend"]) {
        it(`${to}: in turn on one connection; the counts differ by no more than there are worker processes`, async () => {
            const { predicted, prediction, verdicts, verdict, measured } = await perform({ to, requests: 1000 });
            assert.equal(predicted, "perWorker");
            assert.match(prediction, /It has 4 worker processes/);
            assert.deepEqual(verdicts, { outcome: "perWorker", claim: "confirmed", prediction: "confirmed" });
            assert.match(verdict, /On one connection 0 repeats in 30 requests/);
            const { counts } = measured.load;
            assert.ok(Math.max(...counts) - Math.min(...counts) <= 4, String(counts));
            assert.deepEqual(sources(measured), [
                ["answers", "podLogs", "ingressLogs"],
                ["ingressLogs", "iptables"],
            ]);
            assert.deepEqual(
                agreements(measured).map(([, agree]) => agree),
                [true, true],
            );
            assert.equal(measured.node, "lb-dev-worker2");
        });
    }

    it("keep-alive: a connection stays with one pod; through the ingress it sees all of them", async () => {
        const web = await perform({ keepAlive: true, requests: 400 });
        assert.equal(web.predicted, "perConnection");
        assert.deepEqual(web.verdicts, { outcome: "perConnection", claim: "refuted", prediction: "confirmed" });
        assert.match(web.verdict, /400 requests went by 20 connections, and each connection stayed with one pod/);
        assert.deepEqual(agreements(web.measured)[1], ["connections", true]);
        cluster.stop();
        const ingress = await perform({ keepAlive: true, requests: 400, to: "backend" });
        assert.equal(ingress.verdicts.outcome, "perWorker");
        assert.equal(ingress.measured.load.podsPerConnection, 2);
        assert.deepEqual(agreements(ingress.measured)[1], ["connections", true]);
    });

    it("affinity: by a Service of the experiment's own, one pod gets everything", async () => {
        const { predicted, verdicts, measured } = await perform({ affinity: true, requests: 300 });
        assert.equal(predicted, "onePod");
        assert.deepEqual(verdicts, { outcome: "onePod", claim: "refuted", prediction: "confirmed" });
        assert.deepEqual(cluster.made, [
            {
                apiVersion: "v1",
                kind: "Service",
                metadata: { name: "experiment-m4x1k2-ab12", namespace: "web" },
                spec: {
                    type: "LoadBalancer",
                    sessionAffinity: "ClientIP",
                    selector: { "app.kubernetes.io/name": "web" },
                    ports: [{ name: "http", port: 80, targetPort: "http" }],
                },
            },
        ]);
        assert.equal(measured.node, "lb-dev-control-plane");
        assert.deepEqual(agreements(measured)[1], ["connections", true]);
    });

    it("what is not as predicted is told: one pod, or mostly the same, in iptables mode", async () => {
        const one = await perform({ requests: 300 }, { picker: sticky });
        assert.deepEqual(one.verdicts, { outcome: "onePod", claim: "refuted", prediction: "refuted" });
        cluster.stop();
        const mostly = await perform({ requests: 300 }, { picker: (pods, random) => lazy(pods, 0.95, random) });
        assert.deepEqual(mostly.verdicts, { outcome: "sticky", claim: "refuted", prediction: "refuted" });
    });

    it("Apache Bench: sent as the course does, counted by the logs", async () => {
        const { verdicts, measured, remarks } = await perform({ tool: "ab", requests: 600 });
        assert.deepEqual(verdicts, { outcome: "random", claim: "refuted", prediction: "confirmed" });
        assert.deepEqual(sources(measured), [["podLogs"], ["podLogs", "iptables"]]);
        assert.deepEqual(agreements(measured)[1], ["connections", true]);
        assert.match(remarks.join(), /Apache Bench does not say which pod answered/);
        cluster.stop();
        const ingress = await perform({ tool: "ab", requests: 300, to: "backend", keepAlive: true });
        assert.equal(ingress.verdicts.outcome, "perWorker");
        assert.deepEqual(sources(ingress.measured), [["podLogs", "ingressLogs"], ["iptables"]]);
        cluster.stop();
        const kept = await perform({ tool: "ab", requests: 300, keepAlive: true });
        assert.deepEqual(kept.verdicts, { outcome: undefined, claim: "undecided", prediction: "undecided" });
        assert.match(kept.verdict, /Apache Bench does not tell which of them went by which connection/);
    });

    it("Apache Bench: another length is no failure, since pods' names differ in length", () => {
        const printed = `Complete requests:      3000
Failed requests:        12
   (Connect: 0, Receive: 2, Length: 9, Exceptions: 1)
Non-2xx responses:      4
`;
        assert.deepEqual(parseApacheBench(printed), { receive: 2, exceptions: 1, status: 4 });
        assert.deepEqual(parseApacheBench("Complete requests:      3000\nFailed requests:        0\n"), {});
    });

    it("failed requests are told, and not counted for any pod", async () => {
        cluster = new FakeCluster();
        await cluster.start();
        const begun = await spread.begin(cluster.lab(), { ...defaults, requests: 300 });
        let index = 0;
        cluster.intercept = (_asked, answer) => {
            if (++index % 50 !== 0) return false;
            answer.writeHead(503).end();
            return true;
        };
        const { measured, conclusion } = await begun.perform();
        const { load } = measured as SpreadMeasured;
        const failed = load.failures["503"] ?? 0;
        assert.ok(failed >= 5);
        assert.equal(
            load.counts.reduce((total, count) => total + count, 0),
            300 - failed,
        );
        assert.match(conclusion.remarks.map((say) => say(en)).join(), new RegExp(`Requests failed: 503 ${failed}×`));
    });

    it("where the pods change meanwhile, nothing is concluded", async () => {
        cluster = new FakeCluster();
        await cluster.start();
        const begun = await spread.begin(cluster.lab(), { ...defaults, requests: 300 });
        cluster.web.push({ name: "web-5d9c7b6f4d-zzzzz", ip: "192.168.1.99", node: "lb-dev-worker", log: [] });
        const { conclusion } = await begun.perform();
        assert.deepEqual(
            [conclusion.outcome, conclusion.claim, conclusion.prediction],
            [undefined, "undecided", "undecided"],
        );
        assert.match(conclusion.verdict(en), /undecided\. The pods changed/);
    });

    it("where somebody else asks too, the cross-check says so", async () => {
        cluster = new FakeCluster();
        await cluster.start();
        const begun = await spread.begin(cluster.lab(), { ...defaults, requests: 300 });
        let asked = 0;
        cluster.intercept = () => {
            // A connection in the kernel's counters that no request of the run has made.
            if (++asked === 200) cluster.connections["192.168.1.10"] = (cluster.connections["192.168.1.10"] ?? 0) + 1;
            return false;
        };
        const { measured, conclusion } = await begun.perform();
        assert.deepEqual(agreements(measured as SpreadMeasured), [
            ["requests", true],
            ["connections", false],
        ]);
        assert.match(conclusion.remarks.map((say) => say(en)).join(), /The cross-checks do not agree/);
    });

    it("where the sender is the limit, that is said", async () => {
        cluster = new FakeCluster();
        await cluster.start();
        const lab = { ...cluster.lab(), ceiling: () => Promise.resolve({ perSecond: 10, requests: 1500 }) };
        const { conclusion } = await (await spread.begin(lab, { ...defaults, requests: 300 })).perform();
        assert.match(conclusion.remarks.map((say) => say(en)).join(), /The sender was the limit, not the cluster/);
    });

    it("refuses what can't be measured, and says what to run", async () => {
        await refuses(
            {},
            { webPods: 1 },
            /1 ready pod, .* npm run kubectl -- scale -n web deployment\/web --replicas 3$/,
        );
        cluster.stop();
        await refuses({ affinity: true, to: "backend" }, {}, /npm run experiment -- spread --affinity$/);
        cluster.stop();
        await refuses({ tool: "ab" }, { missing: ["ab"] }, /Apache Bench \(ab\) is not installed/);
        cluster.stop();
        await refuses({}, { reachable: false }, /npm run experiment -- spread --to backend$/);
        cluster.stop();
        const closed = { ...new FakeCluster().lab() };
        const outputs = { ...closed.outputs, urls: { ...closed.outputs.urls, web: "http://127.0.0.1:9/" } };
        await assert.rejects(
            spread.begin({ ...closed, outputs }, defaults),
            /does not answer as it should: ECONNREFUSED\. .*npm run kubectl -- get pods -A -o wide\n.*npm run up$/,
        );
    });
});
