import * as assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { useSandbox } from "../../support/sandbox";

describe("forward", function () {
    // Each command is a process of its own, and runs pulumi several times.
    this.timeout(30_000);

    const { file, calls, run, interrupt } = useSandbox();

    const listens = (port: number, target: number) => ({
        KUBECTL_SAYS: `Forwarding from 127.0.0.1:${port} -> ${target}`,
    });

    it("forward: listens on 127.0.0.1 only, until Ctrl-C, and leaves no kubeconfig", async () => {
        fs.writeFileSync(file("stack"), "");
        const { code, stdout } = await interrupt("forward", ["db", "15432"], listens(15432, 5432));
        assert.equal(code, 130);
        const forward = "port-forward --address=127.0.0.1 --namespace=app service/db-service 15432:5432";
        assert.ok(calls().includes(`kubectl ${forward}`));
        assert.match(
            stdout,
            /^Forwarding from .*\nIn another terminal: psql .*@127\.0\.0\.1:15432\/.*\nCtrl-C ends it\.$/m,
        );
        if (process.platform === "linux") assert.doesNotMatch(fs.readFileSync(file("there"), "utf8"), /kubeconfig/);
        assert.doesNotMatch(fs.readdirSync(file("tmp")).join(), /kubeconfig/);
    });

    it("forward: says what to open only when the port listens", async () => {
        fs.writeFileSync(file("stack"), "");
        const { stdout } = await interrupt("forward", ["web", "18082"], {});
        assert.doesNotMatch(stdout, /Open|Ctrl-C/);
        fs.rmSync(file("calls"));
        const { stdout: later } = await interrupt("forward", ["web", "18082"], listens(18082, 80));
        assert.match(later, /^Open http:\/\/127\.0\.0\.1:18082\/$/m);
    });

    it("forward: names the stack's own domain for the ingress, in a line that works as it stands", async () => {
        fs.writeFileSync(file("stack"), "");
        const { stdout } = await interrupt("forward", ["ingress", "18444"], listens(18444, 443));
        assert.match(
            stdout,
            /: curl --noproxy '\*' --insecure --resolve a\.local:18444:127\.0\.0\.1 https:\/\/a\.local:18444\/frontend\/whoami$/m,
        );
    });

    it("forward: refuses a port that another program has, and proposes one that is free", async () => {
        fs.writeFileSync(file("stack"), "");
        const server = createServer().listen(0, "127.0.0.1");
        await once(server, "listening");
        const { port } = server.address() as AddressInfo;
        const { code, stderr } = await run("forward", ["web", String(port)]);
        server.close();
        assert.equal(code, 1);
        assert.match(
            stderr,
            new RegExp(
                `^Another program has the port ${port} of 127\\.0\\.0\\.1 already\\. .*\n  npm run forward -- web \\d+\n$`,
            ),
        );
        assert.deepEqual(calls(), []);
    });

    for (const [args, error] of [
        [[], /missing required argument 'tier'/],
        [["cache"], /'cache' is invalid .* Allowed choices are db, backend, frontend, web, ingress/],
        [["db", "x"], /'x' is invalid .* A port is a number from 1 to 65535/],
        [["db", "1", "2"], /too many arguments/],
    ] as const) {
        it(`forward: refuses the arguments ${JSON.stringify(args)} and shows its help`, async () => {
            const { code, stderr } = await run("forward", [...args]);
            assert.equal(code, 1);
            assert.match(stderr, error);
            assert.match(stderr, /^Usage: npm run forward -- \[options\] <tier> \[local-port\]$/m);
        });
    }
});
