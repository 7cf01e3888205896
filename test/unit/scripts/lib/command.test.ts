import * as assert from "node:assert/strict";
import { stackName } from "../../../../scripts/lib/command";

describe("stack's name", () => {
    it("stackName: takes the option, else PULUMI_STACK, else dev", () => {
        assert.equal(stackName("s07", { PULUMI_STACK: "s08" }), "s07");
        assert.equal(stackName(undefined, { PULUMI_STACK: "s08" }), "s08");
        assert.equal(stackName(undefined, {}), "dev");
    });
    it("stackName: refuses a name with a slash, a space or shell syntax", () => {
        for (const name of ["", "a/b", "a b", "$(x)"]) {
            assert.throws(() => stackName(name, {}), /stack's name "[^"]*" is invalid/);
        }
    });
});
