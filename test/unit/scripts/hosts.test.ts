import * as assert from "node:assert/strict";
import { useSandbox } from "../../support/sandbox";

describe("hosts", function () {
    this.timeout(30_000);

    const { run } = useSandbox();

    it("hosts: where the stack has no hosts entry yet, prints the command that finishes the stack", async () => {
        const { code, stderr } = await run("hosts");
        assert.deepEqual([code, stderr], [1, "Stack dev has no hosts entry yet. To finish it: npm run up\n"]);
    });
});
