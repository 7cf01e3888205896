import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { settings, useSandbox } from "../../support/sandbox";

describe("commands", function () {
    // Each is a process of its own, and several run pulumi several times.
    this.timeout(30_000);

    const { file, calls, changes, run, interrupt } = useSandbox();

    describe("up", () => {
        it("makes the stack, runs pulumi, and prints what to open", async () => {
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

        it("makes the stack once", async () => {
            await run("up");
            await run("up");
            assert.equal(calls().filter((call) => call.includes("init")).length, 1);
        });

        it("stops before anything is made where Docker doesn't answer", async () => {
            const { code, stderr } = await run("up", [], { DOCKER_DOWN: "1" });
            assert.equal(code, 1);
            assert.match(stderr, /FAIL {2}Docker — Docker does not answer\. Start Docker Desktop/);
            assert.deepEqual(changes(), []);
            assert.equal(fs.existsSync(file(".state")), false);
        });

        it("starts the nodes of its own cluster after a reboot, control plane first", async () => {
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
            // Up is what answers, so that is asked again.
            assert.ok(calls().includes("pulumi up --yes --stack dev --replace **::answers"));
        });

        it("passes pulumi's failure on, and says what to do where it is a known one", async () => {
            const { code, stdout, stderr } = await run("up", [], { PULUMI_FAILS: "error: incorrect passphrase" });
            assert.equal(code, 255);
            assert.match(stderr, /^error: incorrect passphrase\nThe passphrase is not the one/m);
            assert.doesNotMatch(stdout, /is up/);
        });

        it("hands an interruption to pulumi once, and waits for it", async () => {
            const { code, stderr } = await interrupt("up", [], { PULUMI_WAITS: "1" });
            assert.equal(code, 3);
            assert.deepEqual(changes().slice(-3), ["waiting", "asked to stop", "stopped"]);
            assert.match(stderr, /the next `npm run up` goes on from here/);
        });

        it("gives a stack that was made anew a new salt", async () => {
            fs.writeFileSync(file("Pulumi.dev.yaml"), `${settings}encryptionsalt: v1:old\n`);
            assert.equal((await run("up")).code, 0);
            assert.equal(fs.readFileSync(file("Pulumi.dev.yaml"), "utf8"), `${settings}encryptionsalt: v1:new\n`);
        });

        it("names what it doesn't understand", async () => {
            const { code, stderr } = await run("up", ["--stak", "s07"]);
            assert.equal(code, 1);
            assert.match(stderr, /^Unknown option '--stak'[^\n]*\n$/);
        });
    });

    describe("down", () => {
        it("takes all away that up made, and has nothing to do after that", async () => {
            await run("up");
            fs.rmSync(file("calls"));
            const { code, stderr } = await run("down");
            assert.equal(code, 0, stderr);
            assert.deepEqual(changes(), [
                "pulumi stack output --stack dev --json",
                "pulumi destroy --yes --stack dev",
                "pulumi stack rm --yes --preserve-config --stack dev",
            ]);
            assert.equal(fs.readFileSync(file("Pulumi.dev.yaml"), "utf8"), settings);
            assert.equal(fs.existsSync(file(".state")), false);

            const again = await run("down");
            assert.equal(again.code, 0);
            assert.match(again.stdout, /nothing to take away/);
        });

        it("has nothing to do before any up, Docker or not", async () => {
            const { code, stdout } = await run("down", [], { DOCKER_DOWN: "1" });
            assert.equal(code, 0);
            assert.match(stdout, /There is no stack dev: nothing to take away/);
            assert.deepEqual(changes(), []);
        });

        it("points at a cluster of that name whose state is gone, and leaves it alone", async () => {
            fs.writeFileSync(file("nodes"), "lb-dev\tlb-dev-control-plane\trunning\t\n");
            const { stdout } = await run("down");
            assert.match(stdout, /kind delete cluster --name lb-dev/);
            assert.deepEqual(changes(), []);
        });

        it("waits for Docker rather than fail half-way", async () => {
            await run("up");
            fs.rmSync(file("calls"));
            const { code, stderr } = await run("down", [], { DOCKER_DOWN: "1" });
            assert.equal(code, 1);
            assert.match(stderr, /^Docker does not answer\./);
            assert.deepEqual(changes(), []);
            assert.ok(fs.existsSync(file(".state/passphrase")));
        });

        it("keeps the passphrase while settings hold secrets", async () => {
            await run("up");
            const secret = "config:\n    a:b:\n        secure: v1:x\nencryptionsalt: v1:new\n";
            fs.writeFileSync(file("Pulumi.dev.yaml"), secret);
            const { stdout } = await run("down");
            assert.match(stdout, /\.state is kept: .* Pulumi\.dev\.yaml/);
            assert.equal(fs.readFileSync(file("Pulumi.dev.yaml"), "utf8"), secret);
            assert.ok(fs.existsSync(file(".state/passphrase")));
        });
    });

    describe("kubectl", () => {
        it("gets its arguments unchanged and a kubeconfig that is gone afterwards", async () => {
            fs.writeFileSync(file("stack"), "");
            const { code, stdout } = await run("kubectl", ["--stack", "dev", "get", "pods", "-A", "--", "--stack=x"]);
            assert.equal(code, 7);
            assert.equal(stdout, "-rw-------\napiVersion: v1\n");
            assert.ok(calls().includes("kubectl get pods -A -- --stack=x"));
            assert.deepEqual(
                fs.readdirSync(file("tmp")).filter((name) => name.startsWith("kubeconfig")),
                [],
            );
        });

        it("says so where the stack is not up", async () => {
            const { code, stderr } = await run("kubectl", ["get", "pods"]);
            assert.equal(code, 1);
            assert.equal(stderr, "Stack dev is not up. Bring it up: npm run up -- --stack dev\n");
        });
    });

    describe("forward", () => {
        it("listens on this machine alone, until Ctrl-C, and leaves no kubeconfig", async () => {
            fs.writeFileSync(file("stack"), "");
            const { code, stdout } = await interrupt("forward", ["db", "15432"], {});
            assert.equal(code, 130);
            const forward = "port-forward --address=127.0.0.1 --namespace=app service/db-service 15432:5432";
            assert.ok(calls().includes(`kubectl ${forward}`));
            assert.match(stdout, /psql .*@127\.0\.0\.1:15432\//);
            assert.equal(fs.existsSync(fs.readFileSync(file("kubeconfig"), "utf8").trim()), false);
        });

        for (const args of [[], ["cache"], ["db", "x"], ["db", "1", "2"]]) {
            it(`explains itself when asked for ${JSON.stringify(args)}`, async () => {
                const { code, stderr } = await run("forward", args);
                assert.equal(code, 1);
                assert.match(stderr, /^Usage: npm run forward -- db\|backend\|frontend\|web\|ingress \[LOCAL_PORT\]/);
            });
        }
    });
});
