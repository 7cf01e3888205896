import * as assert from "node:assert/strict";
import { hasEntry } from "../../../../scripts/lib/hostsFile";

describe("hosts file", () => {
    const entry = "172.18.255.201 dev.local web.dev.local";
    for (const [file, expected] of [
        ["127.0.0.1 localhost\n172.18.255.201 dev.local web.dev.local\n", true],
        ["172.18.255.201\tweb.dev.local  # lab\n172.18.255.201 dev.local\n", true],
        ["172.18.255.201 dev.local\n", false],
        ["# 172.18.255.201 dev.local web.dev.local\n", false],
        ["172.18.255.7 dev.local\n172.18.255.201 dev.local web.dev.local\n", false],
        ["", false],
    ] as const) {
        it(`hasEntry: ${JSON.stringify(file)} ${expected ? "has" : "lacks"} the entry`, () =>
            assert.equal(hasEntry(file, entry), expected));
    }
});
