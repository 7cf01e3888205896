import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { settings, useSandbox } from "../../support/sandbox";

describe("set", function () {
    this.timeout(30_000);

    const { file, calls, run } = useSandbox();
    const read = (stack: string) => fs.readFileSync(file(`Pulumi.${stack}.yaml`), "utf8");

    it("set: adds a setting to the stack's file without pulumi, and prints the command that applies it", async () => {
        const { code, stdout, stderr } = await run("set", ["backups.kept", "9"]);
        assert.deepEqual([code, stderr], [0, ""]);
        assert.equal(stdout, "backups.kept is set to 9 in Pulumi.dev.yaml.\nTo apply it: npm run up\n");
        const before = settings.replace(/ +#/, " #");
        assert.equal(read("dev"), `${before}    load-balancing-lab:backups:\n        kept: 9\n`);
        assert.deepEqual(calls(), []);
    });

    it("set: makes the file of a stack that has none", async () => {
        const { code, stdout } = await run("set", ["--stack", "s07", "addressPool", "172.18.207.0-172.18.207.19"]);
        assert.equal(code, 0);
        assert.match(stdout, /^To apply it: npm run up -- --stack s07$/m);
        assert.equal(read("s07"), "config:\n    load-balancing-lab:addressPool: 172.18.207.0-172.18.207.19\n");
    });

    it("set: refuses an invalid value with an example for the same stack, and writes nothing", async () => {
        const { code, stdout, stderr } = await run("set", ["--stack", "s07", "cluster.workers", "0"]);
        assert.deepEqual([code, stdout], [1, ""]);
        assert.match(
            stderr,
            /^Stack s07 can't be brought up with these settings:\nFAIL {2}cluster\.workers: 0 is invalid/,
        );
        assert.match(stderr, /^ {6}For example: npm run set -- --stack s07 cluster\.workers 2$/m);
        assert.equal(fs.existsSync(file("Pulumi.s07.yaml")), false);
    });

    it("set: where several settings are invalid, corrects one and lists the others", async () => {
        const invalid =
            "config:\n    load-balancing-lab:domain: X\n    load-balancing-lab:backups: { kept: 0 } # why\n";
        fs.writeFileSync(file("Pulumi.dev.yaml"), invalid);
        const { code, stdout } = await run("set", ["domain", "x.test"]);
        assert.equal(code, 0);
        assert.match(stdout, /^FAIL {2}backups\.kept: 0 is invalid/m);
        assert.equal(read("dev"), invalid.replace("X", "x.test"));
    });
});
