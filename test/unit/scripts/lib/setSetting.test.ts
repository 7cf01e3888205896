import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setSetting, withSetting, withValue } from "../../../../scripts/lib/setSetting";
import { readStackSettings } from "../../../../scripts/lib/stackSettings";
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

    for (const [what, before, setting, value, after] of [
        [
            "a key that was written without the project's name stays so",
            "config:\n    domain: a.test # mine\n",
            "domain",
            "b.test",
            "config:\n    domain: b.test # mine\n",
        ],
        [
            "a group that was written without the project's name stays so",
            "config:\n    cluster: { workers: 2 }\n",
            "cluster.workers",
            3,
            "config:\n    cluster: { workers: 3 }\n",
        ],
        [
            "a key with a dot makes room for the setting",
            `config:\n    ${key("cluster.workers")}: "3"\n    ${key("domain")}: a.test # mine\n`,
            "cluster.workers",
            3,
            `config:\n    ${key("domain")}: a.test # mine\n    ${key("cluster")}:\n        workers: 3\n`,
        ],
        [
            "so does one of another namespace, and one beside `config`",
            "domain: b.test\nconfig:\n    lab:domain: a.test\n    kubernetes:domain: x\n",
            "domain",
            "c.test",
            `config:\n    kubernetes:domain: x\n    ${key("domain")}: c.test\n`,
        ],
        [
            "of a setting that was there twice one is left",
            `config:\n    domain: a.test\n    ${key("domain")}: b.test\n`,
            "domain",
            "c.test",
            `config:\n    ${key("domain")}: c.test\n`,
        ],
        [
            "a group that is JSON in a text keeps what it has",
            `config:\n    ${key("cluster")}: '{"name":"mine","workers":2}'\n`,
            "cluster.workers",
            3,
            `config:\n    ${key("cluster")}:\n        name: mine\n        workers: 3\n`,
        ],
        [
            "a group that is nothing known is replaced",
            `config:\n    ${key("cluster")}: "{workers: 2}"\n`,
            "cluster.workers",
            3,
            `config:\n    ${key("cluster")}:\n        workers: 3\n`,
        ],
    ] as const) {
        it(`withSetting: ${what}`, () => assert.equal(withSetting(before, setting.split("."), value), after));
    }

    describe("setSetting", () => {
        const root = fs.mkdtempSync(path.join(os.tmpdir(), "set-"));
        const stackFile = path.join(root, "Pulumi.s07.yaml");
        const workspace = { root, stack: "s07", stackFile, toolsDirectory: root };
        const valid = `config:\n    ${key("cluster")}: { workers: 2 } # why\n`;
        after(() => fs.rmSync(root, { recursive: true }));

        let printed: string[];
        /** Sets it, and keeps what that prints. */
        const set = (setting: string, value: string) => {
            const { log } = console;
            printed = [];
            console.log = (line: string) => printed.push(line);
            try {
                return setSetting(workspace, setting, value);
            } finally {
                console.log = log;
            }
        };

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

        it("setSetting: the command that a message proposes does what it says, whatever the file has", () => {
            for (const text of [
                `config:\n    ${key("cluster.workers")}: "3"\n`,
                `config:\n    ${key("cluster")}: "{workers: 3}"\n`,
                `config:\n    ${key("cluster")}: ''\n`,
                "config:\n    lab:domain: a.test\n",
                "domain: a.test\n",
                `config:\n    domain: a.test\n    ${key("domain")}: b.test\n`,
                `config:\n    ${key("sources")}: { registryMirror: http://localhost:5000 }\n`,
                `config:\n    ${key("domain")}: 172.18.255.201\n`,
            ]) {
                fs.writeFileSync(stackFile, text);
                assert.throws(
                    () => readStackSettings(workspace),
                    ({ message }: SettingsError) => {
                        const [, setting = "", value = ""] =
                            /npm run set -- --stack s07 (\S+) (\S+)$/m.exec(message) ?? [];
                        assert.notEqual(setting, "", message);
                        assert.equal(set(setting, value), 0);
                        return true;
                    },
                );
                readStackSettings(workspace);
            }
        });

        it("setSetting: takes a key with the project's name before it", () => {
            fs.writeFileSync(stackFile, valid);
            assert.equal(set(key("cluster.workers"), "3"), 0);
            assert.equal(fs.readFileSync(stackFile, "utf8"), valid.replace("2", "3"));
        });

        it("setSetting: prints no password", () => {
            fs.writeFileSync(stackFile, valid);
            assert.equal(set("sources.pipIndex", "https://kim:secret@pypi.example/simple"), 0);
            assert.match(printed[0] ?? "", /is set to https:\/\/\*\*\*@pypi\.example\/simple in /);
            assert.match(fs.readFileSync(stackFile, "utf8"), /kim:secret@/);
        });
    });
});
