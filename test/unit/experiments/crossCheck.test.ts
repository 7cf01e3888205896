import * as assert from "node:assert/strict";
import { catalogues } from "../../../experiments/catalogue";
import { crossCheck, describeCheck, type Column } from "../../../experiments/crossCheck";

const { en } = catalogues;

describe("cross-checks", () => {
    const names = ["web-1", "web-2"];
    const logs = (...counts: number[]): Column => ({ source: "podLogs", counts });
    const kernel = (...counts: number[]): Column => ({ source: "iptables", counts });

    for (const [what, columns, surplus, agree] of [
        ["the same figures agree", [logs(3, 4), kernel(3, 4)], 0, true],
        ["one connection more does not agree", [logs(3, 4), kernel(3, 5)], 0, false],
        ["another distribution of as many does not agree", [logs(3, 4), kernel(4, 3)], 20, false],
        ["connections that were not used may be more", [logs(3, 4), kernel(5, 5)], 3, true],
        ["but no more than can have been opened", [logs(3, 4), kernel(5, 6)], 3, false],
        ["the kernel can't have seen fewer", [logs(3, 4), kernel(2, 5)], 3, false],
        ["of three, each has to agree", [logs(3, 4), logs(3, 4), kernel(3, 3)], 0, false],
        ["one alone neither agrees nor disagrees", [logs(3, 4)], 0, undefined],
        [
            "what could not be counted is left out",
            [logs(3, 4), { source: "ipvs", missing: { reason: "noRules" } }],
            0,
            undefined,
        ],
    ] satisfies [string, Column[], number, boolean | undefined][]) {
        it(what, () => assert.equal(crossCheck("connections", names, columns, surplus).agree, agree));
    }

    it("a surplus is explained where it was allowed for", () => {
        const [text] = describeCheck(crossCheck("connections", names, [logs(3, 4), kernel(3, 5)], 20), en).text ?? [];
        assert.match(text ?? "", /^They agree\. Apache Bench opens up to 20 connections more/);
        const [plain] = describeCheck(crossCheck("connections", names, [logs(3, 4), kernel(3, 4)]), en).text ?? [];
        assert.equal(plain, en.checks.agree);
    });
});
