import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { useSandbox } from "../../support/sandbox";

describe("forward", function () {
    // Each command is a process of its own, and runs pulumi several times.
    this.timeout(30_000);

    const { file, calls, run, interrupt } = useSandbox();

    it("forward: listens on 127.0.0.1 only, until Ctrl-C, and leaves no kubeconfig", async () => {
        fs.writeFileSync(file("stack"), "");
        const { code, stdout } = await interrupt("forward", ["db", "15432"], {});
        assert.equal(code, 130);
        const forward = "port-forward --address=127.0.0.1 --namespace=app service/db-service 15432:5432";
        assert.ok(calls().includes(`kubectl ${forward}`));
        assert.match(stdout, /psql .*@127\.0\.0\.1:15432\//);
        assert.equal(fs.existsSync(fs.readFileSync(file("kubeconfig"), "utf8").trim()), false);
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
