import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { sumOf } from "../../../../scripts/lib/download";

const sha256 = (content: string) => createHash("sha256").update(content).digest("hex");

describe("download", () => {
    it("sumOf: finds a complete SHA-256 in a list or alone", () => {
        const sum = sha256("a");
        assert.equal(sumOf(`${sha256("b")}  other\n${sum}  kind\n`, "kind"), sum);
        assert.equal(sumOf(`${sum} *kind\n`, "kind"), sum);
        assert.equal(sumOf(sum.toUpperCase(), "kubectl"), sum);
        assert.equal(sumOf(`${sum}  other\n`, "kind"), undefined);
        assert.equal(sumOf(sum.slice(1), "kind"), undefined);
        assert.equal(sumOf("<html>Not found</html>", "kind"), undefined);
    });
});
