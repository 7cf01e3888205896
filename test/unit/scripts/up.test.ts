import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { settings, useSandbox } from "../../support/sandbox";

describe("up", function () {
    // Each command is a process of its own, and runs pulumi several times.
    this.timeout(30_000);

    const { file, calls, changes, run, interrupt } = useSandbox();

    it("up: makes the stack, runs pulumi, and prints what to open", async () => {
        const { code, stdout, stderr } = await run("up");
        assert.equal(code, 0, stderr);
        assert.deepEqual(changes(), [
            "pulumi stack init dev --no-select",
            "pulumi plugin install",
            "pulumi up --yes --stack dev",
            "pulumi stack output --stack dev --json",
        ]);
        assert.match(stdout, /^-rw-------$/m);
        assert.match(stdout, /^ {2}curl http:\/\/1\.2\.3\.4\/$/m);
        assert.doesNotMatch(stdout, /secret/);
        assert.equal(fs.readFileSync(file("Pulumi.dev.yaml"), "utf8"), `${settings}encryptionsalt: v1:new\n`);
    });

    it("up: a second run does not make the stack again", async () => {
        await run("up");
        await run("up");
        assert.equal(calls().filter((call) => call.includes("init")).length, 1);
    });

    it("up: where Docker does not answer, stops before anything is made", async () => {
        const { code, stderr } = await run("up", [], { DOCKER_DOWN: "1" });
        assert.equal(code, 1);
        assert.match(stderr, /FAIL {2}Docker: Docker does not answer\. Start Docker Desktop/);
        assert.deepEqual(changes(), []);
        assert.equal(fs.existsSync(file(".state")), false);
    });

    it("up: starts its own cluster's stopped nodes, control plane first, and checks the endpoints again", async () => {
        const node = (name: string, state: string) =>
            `${name.replace(/-(control|worker).*/, "")}\t${name}\t${state}\t\n`;
        fs.writeFileSync(
            file("nodes"),
            [
                node("lb-dev-worker2", "exited"),
                node("lb-dev-worker", "exited"),
                node("lb-dev-control-plane", "exited"),
                node("lb-other-control-plane", "exited"),
            ].join(""),
        );
        const { code } = await run("up");
        assert.equal(code, 0);
        const [started, asked] = calls().filter((call) => call.startsWith("docker"));
        assert.equal(started, "docker start lb-dev-control-plane lb-dev-worker lb-dev-worker2");
        assert.match(asked ?? "", /^docker exec lb-dev-control-plane kubectl .*\/readyz$/);
        assert.ok(calls().includes("pulumi up --yes --stack dev --replace **::endpoint-check"));
    });

    it("up: leaves the nodes that a run was cut off at to pulumi, which makes them anew", async () => {
        fs.writeFileSync(file("nodes"), "lb-dev\tlb-dev-control-plane\tcreated\t\n");
        fs.writeFileSync(file("unmade"), "");
        const { code, stderr } = await run("up");
        assert.equal(code, 0, stderr);
        assert.deepEqual(
            calls().filter((call) => call.startsWith("docker")),
            [],
        );
        assert.ok(calls().includes("pulumi up --yes --stack dev"));
    });

    it("up: ends with pulumi's exit code, and says what to do about a known failure and how to go on", async () => {
        const { code, stdout, stderr } = await run("up", [], { PULUMI_FAILS: "error: incorrect passphrase" });
        assert.equal(code, 255);
        assert.match(stderr, /^error: incorrect passphrase\nThe passphrase is not the one/m);
        assert.match(
            stderr,
            /\nFailed, for the reason above: what was made stays\.\nOnce the reason is mended, go on from here: npm run up\n$/,
        );
        assert.doesNotMatch(stdout, /is up/);
    });

    it("up: passes Ctrl-C to pulumi once, says what is being stopped, waits for it, and prints how to go on", async () => {
        const { code, stderr } = await interrupt("up", [], { PULUMI_WAITS: "1" });
        assert.equal(code, 3);
        assert.deepEqual(changes().slice(-3), ["waiting", "asked to stop", "stopped"]);
        assert.match(
            stderr,
            /\nStopping the work on stack dev: what has begun is brought to an end first\. This can take a minute\.\nA second /,
        );
        assert.match(stderr, /\nStopped before the end: what was made stays\.\nTo go on from here: npm run up\n$/);
    });

    // On a terminal pulumi's display takes Ctrl-C itself, and shows its messages where nobody else can read them.
    it("up: where only pulumi gets the Ctrl-C, says that it was stopped, and puts Helm's advice right", async () => {
        const told = [
            {
                stdoutEvent: {
                    message: "^C received; cancelling. If you would like to terminate immediately, press ^C again.\n",
                },
            },
            {
                diagnosticEvent: {
                    severity: "error",
                    message:
                        '<{%reset%}>Helm release "a/b" was created, but failed. Use Helm CLI to investigate: context canceled\n',
                },
            },
            { summaryEvent: { isPreview: false } },
        ];
        const { code, stderr } = await run("up", [], {
            PULUMI_TELLS: told.map((event) => JSON.stringify(event)).join("\n"),
        });
        assert.equal(code, 1);
        assert.match(
            stderr,
            /^Helm's command line is not needed\. .*the next run brings it to its end:\n {2}npm run up\n/m,
        );
        assert.match(stderr, /\nStopped before the end: what was made stays\.\nTo go on from here: npm run up\n$/);
        assert.deepEqual(
            fs.readdirSync(file("tmp")).filter((name) => name.startsWith("events")),
            [],
        );
    });

    it("up: where the preview fails, says that nothing was changed", async () => {
        const told = '{"summaryEvent":{"isPreview":true}}';
        const { stderr } = await run("up", [], { PULUMI_TELLS: told });
        assert.match(stderr, /\nFailed, for the reason above: nothing was changed\.\n/);
    });

    it("up: clears what a pulumi that was killed left in the state", async () => {
        const state = '{"deployment":{"pending_operations":[{"type":"creating"}]}}';
        fs.writeFileSync(file("pending"), state);
        const { code, stderr } = await run("up");
        assert.equal(code, 0, stderr);
        assert.equal(fs.readFileSync(file("imported"), "utf8"), state);
        assert.match(stderr, /^Cleared the notes of a run that was cut off\.$/m);
        const order = ["stack export", "stack import", "up --yes"].map((part) =>
            calls().findIndex((call) => call.startsWith(`pulumi ${part}`)),
        );
        assert.deepEqual(
            order,
            [...order].sort((one, other) => one - other),
        );
        // Once.
        assert.doesNotMatch((await run("up")).stderr, /Cleared/);
    });

    it("up: a stack that is made again gets a new salt", async () => {
        fs.writeFileSync(file("Pulumi.dev.yaml"), `${settings}encryptionsalt: v1:old\n`);
        assert.equal((await run("up")).code, 0);
        assert.equal(fs.readFileSync(file("Pulumi.dev.yaml"), "utf8"), `${settings}encryptionsalt: v1:new\n`);
    });

    it("up: refuses an unknown option and shows its help", async () => {
        const { code, stderr } = await run("up", ["--stak", "s07"]);
        assert.equal(code, 1);
        assert.match(
            stderr,
            /^error: unknown option '--stak'\n\(Did you mean --stack\?\)\n\nUsage: npm run up -- \[options\]/,
        );
        assert.deepEqual(calls(), []);
    });

    it("up: --help describes the command and runs nothing", async () => {
        const { code, stdout } = await run("up", ["--help"]);
        assert.equal(code, 0);
        assert.match(stdout, /^Usage: npm run up -- \[options\]\n\nBrings the stack up/);
        assert.match(stdout, /--stack <name>/);
        assert.deepEqual(calls(), []);
    });
});
