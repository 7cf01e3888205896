import * as assert from "node:assert/strict";
import { RunError } from "@pulumi/pulumi/errors";
import { invalid } from "../../../settings/finding";
import { SettingsError } from "../../../settings/settingsError";

describe("settings error", () => {
    it("SettingsError: names the stack and lists each finding with the command for that stack", () => {
        const error = new SettingsError([invalid("a.b", "is wrong", "1"), invalid("c", "too")], "s07");
        assert.equal(
            error.message,
            "Stack s07 can't be brought up with these settings:\nFAIL  a.b: is wrong\n" +
                "      For example: npm run set -- --stack s07 a.b 1\nFAIL  c: too",
        );
    });

    it("SettingsError: is one of those that Pulumi shows without a stack trace", () =>
        assert.ok(RunError.isInstance(new SettingsError([], "dev"))));
});
