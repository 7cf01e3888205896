import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { useSandbox } from "../../support/sandbox";

describe("kubectl", function () {
    // Each command is a process of its own, and runs pulumi several times.
    this.timeout(30_000);

    const { file, calls, run } = useSandbox();

    it("kubectl: passes its arguments on unchanged, with a kubeconfig that is deleted afterwards", async () => {
        fs.writeFileSync(file("stack"), "");
        const { code, stdout } = await run("kubectl", ["--stack", "dev", "get", "pods", "--help", "--", "--stack=x"]);
        assert.equal(code, 7);
        assert.equal(stdout, "-rw-------\napiVersion: v1\n");
        assert.ok(calls().includes("kubectl get pods --help -- --stack=x"));
        assert.deepEqual(
            fs.readdirSync(file("tmp")).filter((name) => name.startsWith("kubeconfig")),
            [],
        );
    });

    it("kubectl: where the stack is not up, prints the command that brings it up", async () => {
        const { code, stderr } = await run("kubectl", ["get", "pods"]);
        assert.equal(code, 1);
        assert.equal(stderr, "Stack dev is not up. Bring it up: npm run up\n");
    });
});
