import * as assert from "node:assert/strict";
import { fail, formatFinding, invalid, pass, warn } from "../../../settings/finding";

describe("findings", () => {
    it("formatFinding: a check that passed is one line", () =>
        assert.equal(formatFinding(pass("CPUs", "8"), "s07"), "PASS  CPUs: 8"));

    it("formatFinding: a remedy is below, each of its lines on its own", () => {
        assert.equal(
            formatFinding(fail("Disk", "full", "docker system prune"), "dev"),
            "FAIL  Disk: full\n      docker system prune",
        );
        assert.equal(formatFinding(warn("PATH", "no kind", "a\nb"), "dev"), "WARN  PATH: no kind\n      a\n      b");
    });

    it("formatFinding: the example of a setting is a command that sets it for the stack", () => {
        const finding = invalid("cluster.workers", "0 is invalid", "2");
        assert.equal(
            formatFinding(finding, "dev"),
            "FAIL  cluster.workers: 0 is invalid\n      For example: npm run set -- cluster.workers 2",
        );
        assert.match(formatFinding(finding, "s07"), /: npm run set -- --stack s07 cluster\.workers 2$/);
    });

    it("formatFinding: no login of a URL is shown, wherever it is", () => {
        const url = "https://kim:secret@charts.example";
        const formatted = formatFinding({ ...invalid("a", `${url} fails`, url), remedy: url }, "dev");
        assert.doesNotMatch(formatted, /kim|secret/);
        assert.equal(formatted.match(/https:\/\/\*\*\*@charts\.example/g)?.length, 3);
    });
});
