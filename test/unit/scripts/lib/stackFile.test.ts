import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { hasSecrets, withoutSalt, withSaltOf, writeStackFile } from "../../../../scripts/lib/stackFile";

describe("stack's file", () => {
    const settings =
        "# mine\nconfig:\n    load-balancing-lab:domain: a.local   # why\n\n    load-balancing-lab:cluster: { name: mine }\n";
    const salted = `${settings}encryptionsalt: v1:abc=:v1:def\n`;

    it("withSaltOf, withoutSalt: a salt that is added and removed leaves the text as it was", () => {
        assert.equal(withSaltOf("config: {}\nencryptionsalt: v1:abc=:v1:def\n", settings), salted);
        assert.equal(withoutSalt(salted), settings);
    });
    it("withSaltOf: replaces the old salt, wherever it is", () => {
        assert.equal(withSaltOf(salted, `encryptionsalt: old\n${settings}`), salted);
        assert.equal(withSaltOf(salted, settings.trimEnd()), salted);
        assert.equal(withSaltOf(salted, ""), "encryptionsalt: v1:abc=:v1:def\n");
        assert.equal(withSaltOf(settings, salted), settings);
    });
    it("withoutSalt: keeps the word encryptionsalt in comments and other keys", () => {
        const comment = "# encryptionsalt: no\nconfig:\n    a:encryptionsalt: x\n";
        assert.equal(withoutSalt(comment), comment);
    });
    it("hasSecrets: finds encrypted values at any depth", () => {
        assert.equal(hasSecrets(salted), false);
        assert.equal(hasSecrets(""), false);
        assert.equal(hasSecrets("# secure: x\nconfig:\n    a:b: 'secure: x'\n"), false);
        assert.equal(hasSecrets("config:\n    a:b:\n        secure: v1:x\n"), true);
        assert.equal(hasSecrets("config:\n    a:b:\n        c: [{ secure: v1:x }]\n"), true);
    });
    it("writeStackFile: an empty text removes the file", () => {
        const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "settings-")), "Pulumi.x.yaml");
        writeStackFile(file, settings);
        writeStackFile(file, "\n");
        writeStackFile(file, "");
        assert.deepEqual(fs.readdirSync(path.dirname(file)), []);
        fs.rmdirSync(path.dirname(file));
    });
});
