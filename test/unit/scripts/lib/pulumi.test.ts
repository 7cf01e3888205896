import * as assert from "node:assert/strict";
import { hints } from "../../../../scripts/lib/pulumi";

describe("hints", () => {
    for (const [said, hint] of [
        [
            "error: getting stack configuration: get stack secrets manager: incorrect passphrase",
            /PULUMI_CONFIG_PASSPHRASE/,
        ],
        [
            "error: the stack is currently locked by 1 lock(s). Either wait",
            /^ {2}eval "\$\(npm run -s env -- --stack s07\)" && pulumi cancel --yes$/m,
        ],
        ["error: failed to download plugin: time-0.1.0: failed all 5 attempts", /~\/\.pulumi\/plugins/],
    ] as const) {
        it(`hints: "${said}" is explained`, () => {
            const found = hints(said, "s07");
            assert.equal(found.length, 1);
            assert.match(found[0] ?? "", hint);
        });
    }
    it("hints: an unknown error has none", () => assert.deepEqual(hints("error: update failed", "dev"), []));
});
