import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setSetting, withValue } from "../../../../scripts/lib/setSetting";
import { SettingsError } from "../../../../settings/settingsError";

const key = (name: string) => `load-balancing-lab:${name}`;

describe("set", () => {
    for (const [what, before, setting, value, after] of [
        ["an empty text gets a block", "", "domain", "a.test", `config:\n    ${key("domain")}: a.test\n`],
        [
            "`config: {}` becomes a block, and comments stay",
            "# why\nconfig: {}\n",
            "cluster.workers",
            3,
            `# why\nconfig:\n    ${key("cluster")}:\n        workers: 3\n`,
        ],
        [
            "a key without a value becomes a block",
            `config:\n  ${key("cluster")}:\nencryptionsalt: v1:x\n`,
            "cluster.workers",
            3,
            `config:\n  ${key("cluster")}:\n    workers: 3\nencryptionsalt: v1:x\n`,
        ],
        [
            "a value is replaced where it is, and nothing else changes",
            `config:\n  ${key("domain")}:   a.test   # mine\n\n\n  ${key("cluster")}: {workers: 2,name: x}\n`,
            "cluster.workers",
            3,
            `config:\n  ${key("domain")}:   a.test   # mine\n\n\n  ${key("cluster")}: {workers: 3,name: x}\n`,
        ],
        [
            "a key is added with the text's indentation, and comments stay",
            `# top\nconfig:\n  # of domain\n  ${key("domain")}: a.test # mine\n`,
            "backups.kept",
            9,
            `# top\nconfig:\n  # of domain\n  ${key("domain")}: a.test # mine\n  ${key("backups")}:\n    kept: 9\n`,
        ],
        [
            "a text that looks like a number is quoted",
            `config:\n    ${key("domain")}: x\n`,
            "domain",
            "007",
            `config:\n    ${key("domain")}: "007"\n`,
        ],
        [
            "a text with commas inside braces is quoted",
            `config: { ${key("domain")}: x }\n`,
            "domain",
            "a,b",
            `config: { ${key("domain")}: "a,b" }\n`,
        ],
    ] as const) {
        it(`withValue: ${what}`, () => {
            const [first = "", ...rest] = setting.split(".");
            assert.equal(withValue(before, ["config", key(first), ...rest], value), after);
        });
    }

    describe("setSetting", () => {
        const root = fs.mkdtempSync(path.join(os.tmpdir(), "set-"));
        const stackFile = path.join(root, "Pulumi.s07.yaml");
        const workspace = { root, stack: "s07", stackFile, toolsDirectory: root };
        const valid = `config:\n    ${key("cluster")}: { workers: 2 } # why\n`;
        after(() => fs.rmSync(root, { recursive: true }));

        for (const [setting, value, subject, detail] of [
            ["cluster.workers", "three", "cluster.workers", /"three" is invalid: expected number/],
            ["cluster.workers", "0", "cluster.workers", /0 is invalid/],
            ["httpsRedirect", "yes", "httpsRedirect", /"yes" is invalid: expected boolean/],
            ["cluster", "lb", "cluster", /"lb" is invalid: expected object.*Those of cluster are: name, workers/],
            ["cluster.worker", "3", "cluster.worker", /no such setting\. Those of cluster are: name, workers/],
            ["pool", "x", "pool", /no such setting\. The settings are: addressPool, domain/],
            ["cluster.workers.x", "3", "cluster.workers", /is invalid: expected number/],
            ["addressPool", "[x", "addressPool", /"\[x" is neither start-end nor CIDR/],
            ["domain", "007", "domain", /"007" is not a domain name/],
            ["cluster.serviceSubnet", "192.168.0.0/16", "cluster.podSubnet", /overlaps cluster\.serviceSubnet/],
        ] as const) {
            it(`setSetting: refuses ${setting} ${value} as up does, and leaves the file as it was`, () => {
                fs.writeFileSync(stackFile, valid);
                assert.throws(
                    () => setSetting(workspace, setting, value),
                    (error: SettingsError) => {
                        assert.ok(error instanceof SettingsError);
                        assert.deepEqual(
                            error.findings.map((finding) => finding.subject),
                            [subject],
                        );
                        assert.match(error.message, detail);
                        return true;
                    },
                );
                assert.equal(fs.readFileSync(stackFile, "utf8"), valid);
            });
        }
    });
});
