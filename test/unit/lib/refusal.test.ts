import * as assert from "node:assert/strict";
import { inspect } from "node:util";
import { RunError } from "@pulumi/pulumi/errors";
import { Refusal } from "../../../lib/refusal";

describe("refusal", () => {
    it("Refusal: is one of the errors of which Pulumi shows the message alone", () => {
        const refusal = new Refusal("Set another name.");
        assert.ok(RunError.isInstance(refusal) && refusal instanceof Error);
        assert.equal(refusal.message, "Set another name.");
    });

    it("Refusal: has no stack, whose colouring takes some versions of Node.js half a minute", () => {
        const refusal = new Refusal("Set another name.");
        assert.equal(refusal.stack, undefined);
        assert.match(inspect(refusal, { colors: true }), /Set another name\./);
    });
});
