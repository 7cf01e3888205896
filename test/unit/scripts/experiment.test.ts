import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jsonReport } from "../../../experiments/report/json";
import { FakeCluster } from "../../support/fakeCluster";
import { FakeTools } from "../../support/fakeTools";
import { useSandbox } from "../../support/sandbox";

describe("experiment", function () {
    // Each command is a process of its own, and runs pulumi and kubectl several times.
    this.timeout(120_000);

    const { file, run, start, answer } = useSandbox();
    let cluster: FakeCluster;
    let tools: FakeTools;
    beforeEach(async () => {
        cluster = new FakeCluster();
        await cluster.start();
        tools = new FakeTools(cluster);
        await tools.start(file("stubs"));
        fs.writeFileSync(file("stack"), "");
        fs.writeFileSync(file("outputs"), JSON.stringify({ ...cluster.outputs(), kubeconfig: "[secret]" }));
    });
    afterEach(() => {
        cluster.stop();
        tools.stop();
    });

    const small = ["--requests", "200", "--concurrency", "5"];
    const reports = (folder = file("reports")) => (fs.existsSync(folder) ? fs.readdirSync(folder) : []);
    /** Waits for something that a command does. */
    const until = async (what: () => boolean) => {
        for (let i = 0; !what() && i < 1200; i++) await sleep(50);
        assert.ok(what(), "it happens");
    };
    /** Lets a number of requests be answered, and no more. */
    const hang = (after: number) => {
        let asked = 0;
        cluster.intercept = () => ++asked > after;
        return () => asked > after;
    };

    it("without a name: lists them, in either language, and needs no stack", async () => {
        fs.rmSync(file("stack"));
        const listed = await run("experiment", []);
        assert.equal(listed.code, 0);
        assert.match(listed.stdout, /^ {2}spread {5}How requests are spread/m);
        assert.match(listed.stdout, /^ {2}keepalive {2}One connection/m);
        assert.match(listed.stdout, /For example: npm run experiment -- spread$/m);
        const korean = await run("experiment", ["--lang", "ko", "--stack", "s07"]);
        assert.match(korean.stdout, /예: npm run experiment -- --stack s07 spread --lang ko$/m);
        const unknown = await run("experiment", ["failover"]);
        assert.deepEqual([unknown.code, unknown.stdout], [1, ""]);
        assert.match(
            unknown.stderr,
            /^There is no experiment "failover"\. There are: spread, path, keepalive, routing\.$/m,
        );
    });

    it("measures, prints a verdict, and writes a report that is complete; leaves nothing else", async () => {
        const { code, stdout, stderr } = await run("experiment", ["spread", ...small]);
        assert.equal(code, 0, stderr);
        assert.match(stdout, /^Question: Who gets the next request/m);
        assert.match(stdout, /^Prediction: At random/m);
        assert.match(stdout, /^Verdict: The course says "round robin": refuted\. \d+ repeats in 30 requests/m);
        assert.match(stderr, /^200 requests, 5 at the same time$/m);
        const [name = "", ...more] = reports();
        assert.deepEqual(more, []);
        assert.match(name, /^\d{8}T\d{6}Z-spread$/);
        assert.match(stdout, new RegExp(`^Report: reports/${name}/report\\.html$`, "m"));
        assert.deepEqual(reports(file(`reports/${name}`)).sort(), ["report.html", "report.json"]);
        const data = jsonReport.parse(JSON.parse(fs.readFileSync(file(`reports/${name}/report.json`), "utf8")));
        assert.equal(data.command, "npm run experiment -- spread --requests 200 --concurrency 5");
        assert.deepEqual([data.outcome, data.claim.result, data.stack], ["random", "refuted", "dev"]);
        assert.match(fs.readFileSync(file(`reports/${name}/report.html`), "utf8"), /^<!doctype html>/);
        assert.deepEqual(tools.objects, []);
        assert.deepEqual(
            fs.readdirSync(file("tmp")).filter((left) => left.startsWith("kubeconfig")),
            [],
        );
    });

    it("--json: the report alone on stdout; --out: another folder, from where the user is", async () => {
        fs.mkdirSync(file("home"));
        const { code, stdout, stderr } = await run(
            "experiment",
            ["keepalive", "--requests", "20", "--json", "--out", "mine", "--lang", "ko"],
            { INIT_CWD: file("home") },
        );
        assert.equal(code, 0, stderr);
        const data = jsonReport.parse(JSON.parse(stdout));
        assert.deepEqual([data.experiment, data.outcome], ["keepalive", "connections"]);
        assert.match(data.verdict, /^The course says/);
        assert.match(stderr, /^질문: /m);
        const [name = ""] = reports(file("home/mine"));
        assert.match(fs.readFileSync(file(`home/mine/${name}/report.html`), "utf8"), /<html lang="ko">/);
        assert.deepEqual(reports(), []);
    });

    it("--predict: asks until it has a guess, and shows it beside the outcome", async () => {
        const { code, stdout } = await answer(
            "experiment",
            ["spread", "--predict", "--requests", "100"],
            ["Type a number from 1 to 4: ", "9\n"],
            ["Type a number from 1 to 4: ", "2\n"],
        );
        assert.equal(code, 0, stdout);
        assert.match(stdout, /^ {2}2 {2}in turn\r?$/m);
        // The prediction would give it away.
        assert.ok(stdout.indexOf("Prediction:") > stdout.indexOf("Type a number"));
        assert.match(stdout, /^Your guess: in turn\. You were wrong/m);
        const [name = ""] = reports();
        const data = jsonReport.parse(JSON.parse(fs.readFileSync(file(`reports/${name}/report.json`), "utf8")));
        assert.deepEqual(data.guess, { outcome: "inTurn", right: false });
    });

    it("--predict without a terminal: says so, and measures nothing", async () => {
        const { code, stderr } = await run("experiment", ["spread", "--predict"]);
        assert.equal(code, 1);
        assert.match(stderr, /--predict asks for a guess, and none was typed/);
        assert.deepEqual(reports(), []);
    });

    it("a stack that is not up, half up, gone or stopped, or a route that does not answer: says what to run", async () => {
        const fails = async (message: RegExp, args: string[] = []) => {
            const { code, stdout, stderr } = await run("experiment", ["spread", ...args]);
            assert.deepEqual([code, stdout], [1, ""], stderr);
            assert.match(stderr, message);
            assert.doesNotMatch(stderr, /^\s+at /m);
            assert.deepEqual(reports(), []);
        };
        const { nodes } = tools;
        tools.nodes = { ...nodes, "lb-dev-worker2": "exited" };
        await fails(/^These nodes of the cluster are stopped: lb-dev-worker2\. Start them: npm run up$/m);
        tools.nodes = {};
        await fails(/^The cluster lb-dev does not exist any more\. Make it again: npm run up$/m);
        tools.nodes = nodes;
        cluster.intercept = (_asked, response) => {
            response.writeHead(503).end();
            return true;
        };
        await fails(/ does not answer as it should: 503\. Look at the pods: npm run kubectl -- get pods -A -o wide$/m);
        fs.writeFileSync(file("outputs"), "{}");
        await fails(/^Stack dev is only half up\. Finish it: npm run up$/m);
        fs.writeFileSync(file("outputs"), JSON.stringify(cluster.outputs()));
        fs.rmSync(file("stack"));
        await fails(/^스택 dev: 올라와 있지 않다\. 올리려면: npm run up$/m, ["--lang", "ko"]);
    });

    for (const args of [[], ["--affinity"]]) {
        it(`Ctrl-C ${args.join(" ")}: stops at once, writes no report, and leaves the stack as it was`, async () => {
            const isHanging = hang(45);
            const { child, result } = start("experiment", ["spread", ...args]);
            await until(isHanging);
            assert.equal(tools.objects.length, args.length);
            const pressed = Date.now();
            // The terminal sends it to everybody, and npm passes it on.
            child.kill("SIGINT");
            await sleep(50);
            child.kill("SIGINT");
            const { code, stdout, stderr } = await result;
            assert.equal(code, 130);
            assert.ok(Date.now() - pressed < 4000, `after ${Date.now() - pressed} ms`);
            assert.match(stderr, /^Stopping, and putting the stack back as it was\.$/m);
            assert.match(stderr, /Stopped\. No report was written, and the stack is as it was\.\n$/);
            assert.doesNotMatch(stdout, /Verdict/);
            assert.deepEqual([tools.objects, reports()], [[], []]);
        });
    }

    it("kill -9: the next run says so, deletes what was left, and goes on", async () => {
        const isHanging = hang(45);
        const { child, result } = start("experiment", ["spread", "--affinity"]);
        await until(isHanging);
        child.kill("SIGKILL");
        await result;
        const [left] = tools.objects;
        assert.equal(tools.objects.length, 1);
        assert.match(left?.metadata.labels?.["load-balancing-lab/experiment"] ?? "", /^[a-z0-9]+-[a-z0-9]+$/);
        assert.deepEqual(reports(), [".dev.lock"]);
        fs.mkdirSync(file("reports/.partial-old"));

        cluster.intercept = () => false;
        const { code, stderr } = await run("experiment", ["keepalive", "--requests", "20"]);
        assert.equal(code, 0, stderr);
        assert.match(stderr, /^An earlier run was cut off\.$/m);
        assert.match(stderr, /^Deleted what an earlier run had left: Service web\/experiment-[a-z0-9]+-[a-z0-9]+\.$/m);
        assert.deepEqual(tools.objects, []);
        assert.match(reports().join(), /^\d{8}T\d{6}Z-keepalive$/);
    });

    it("two at once on one stack: the second is refused", async () => {
        const isHanging = hang(45);
        const { child, result } = start("experiment", ["spread"]);
        await until(isHanging);
        const { code, stderr } = await run("experiment", ["keepalive"]);
        assert.equal(code, 1);
        assert.match(stderr, new RegExp(`^Another experiment runs on this stack \\(process ${child.pid}\\)\\.`, "m"));
        child.kill("SIGTERM");
        assert.equal((await result).code, 143);
        assert.deepEqual(reports(), []);
    });

    it("where something can't be deleted, the command that does it is printed", async () => {
        tools.deletes = false;
        const { code, stderr } = await run("experiment", ["spread", "--affinity", ...small]);
        assert.equal(code, 1);
        assert.equal(reports().length, 1);
        assert.match(
            stderr,
            /service web\/experiment-\S+ could not be deleted: the server is currently unable to handle the request$/m,
        );
        assert.match(stderr, /By hand: npm run kubectl -- delete service experiment-\S+ -n web$/m);
    });

    it("a folder that can't be made is refused before anything is measured", async () => {
        fs.writeFileSync(file("taken"), "");
        const { code, stderr } = await run("experiment", ["spread", "--out", path.join(file("taken"), "in")]);
        assert.equal(code, 1);
        assert.match(stderr, /There is no folder .*taken\/in, or it can't be written to\./);
        assert.deepEqual(tools.calls, []);
    });
});
