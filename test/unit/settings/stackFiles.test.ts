import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { formatFinding } from "../../../settings/finding";
import { readOtherStacks, readStackConfig } from "../../../settings/stackFiles";

describe("stack's files", () => {
    let root: string;
    const write = (file: string, text: string) => fs.writeFileSync(path.join(root, file), text);
    beforeEach(() => {
        root = fs.mkdtempSync(path.join(os.tmpdir(), "files-"));
    });
    afterEach(() => fs.rmSync(root, { recursive: true }));

    /** What Pulumi 3.274 hands to its program for the same files. */
    for (const [what, project, stack, values] of [
        ["a key without a namespace is the project's", "", "config:\n  domain: a.test\n", { domain: "a.test" }],
        [
            "a key may have `config` in its middle",
            "",
            "config:\n  load-balancing-lab:config:domain: a.test\n",
            { domain: "a.test" },
        ],
        [
            "texts are bare, all else is JSON",
            "",
            "config:\n  domain: a.test\n  httpsRedirect: false\n  cluster: { workers: 3 }\n  backups:\n",
            { domain: "a.test", httpsRedirect: "false", cluster: '{"workers":3}', backups: "" },
        ],
        ["a text that is JSON stays", "", `config:\n  cluster: '{"name": "x"}'\n`, { cluster: '{"name": "x"}' }],
        ["a key with a dot stays one key", "", "config:\n  cluster.workers: 4\n", { "cluster.workers": "4" }],
        ["keys of other namespaces are left out", "", "config:\n  kubernetes:cluster: x\n", {}],
        [
            "Pulumi.yaml has what the stack's file has not, whole",
            "config:\n  domain: a.test\n  load-balancing-lab:cluster: { default: { workers: 3 } }\n  backups: { value: { kept: 3 } }\n",
            "config:\n  load-balancing-lab:cluster: { name: x }\n",
            { domain: "a.test", cluster: '{"name":"x"}', backups: '{"kept":3}' },
        ],
        [
            "Pulumi.yaml may give the type beside the default",
            "config:\n  cluster: { type: object, default: { name: y } }\n",
            "config: {}\n",
            { cluster: '{"name":"y"}' },
        ],
        [
            "Pulumi.yaml may have JSON in a text",
            `config:\n  cluster: '{"name":"y"}'\n`,
            "",
            { cluster: '{"name":"y"}' },
        ],
        [
            "in Pulumi.yaml a dot leads into a group",
            "config:\n  cluster.workers: 3\n  cluster.name: y\n",
            "config:\n  cluster: { name: x }\n",
            { cluster: '{"name":"x","workers":3}' },
        ],
        [
            "what is encrypted is left out",
            "",
            "config:\n  domain: { secure: v1:x }\n  cluster: { name: { secure: v1:x } }\n",
            { cluster: "{}" },
        ],
        ["an empty file has nothing", "", "", {}],
    ] as const) {
        it(`readStackConfig: ${what}`, () => {
            write("Pulumi.yaml", `name: load-balancing-lab\n${project}`);
            write("Pulumi.dev.yaml", stack);
            assert.deepEqual(readStackConfig(root, "dev"), { values: values, findings: [] });
        });
    }

    for (const [what, text, subject, message] of [
        [
            "a key of another namespace that is named like a setting",
            "config:\n  lab:domain: a.test\n",
            "domain",
            /the key lab:domain in Pulumi.dev.yaml has no effect.*load-balancing-lab:\n.* npm run set -- domain a.test$/,
        ],
        [
            "the same for a key with a dot",
            "config:\n  lab:cluster.workers: 3\n",
            "cluster.workers",
            /npm run set -- cluster.workers 3$/,
        ],
        [
            "the same for a group",
            "config:\n  lab:cluster: { workers: 3 }\n",
            "cluster",
            /Write it below `config:` as load-balancing-lab:cluster\.$/,
        ],
        [
            "the same with a value that is invalid",
            "config:\n  lab:domain: X\n",
            "domain",
            /npm run set -- domain dev.local$/,
        ],
        [
            "a setting beside `config`",
            "domain: a.test\nconfig: {}\n",
            "domain",
            /is beside `config:` in .*\n.* domain a.test$/,
        ],
        [
            "the same with the project's name",
            "load-balancing-lab:httpsRedirect: false\n",
            "httpsRedirect",
            /is beside `config:`.*\n.* httpsRedirect false$/,
        ],
        [
            "a setting that is there twice",
            "config:\n  domain: a.test\n  load-balancing-lab:domain: b.test\n",
            "domain",
            /more than once, as domain and load-balancing-lab:domain\n.* domain b.test$/,
        ],
        [
            "a group that is there twice",
            "config:\n  cluster: {}\n  load-balancing-lab:cluster: {}\n",
            "cluster",
            /more than once.*\n +Keep one, load-balancing-lab:cluster\.$/,
        ],
    ] as const) {
        it(`readStackConfig: finds ${what}`, () => {
            const { findings } = readStackConfig(root, "dev", text);
            assert.deepEqual(
                findings.map(({ status, subject: found }) => [status, found]),
                [["FAIL", subject]],
            );
            assert.match(findings.map((finding) => formatFinding(finding, "dev")).join("\n"), message);
        });
    }

    it("readStackConfig: finds them in Pulumi.yaml too", () => {
        write("Pulumi.yaml", "name: load-balancing-lab\nconfig:\n  lab:domain: { value: a.test }\n");
        const [finding] = readStackConfig(root, "dev").findings;
        assert.match(finding?.detail ?? "", /the key lab:domain in Pulumi.yaml has no effect/);
    });

    it("readStackConfig: leaves alone what Pulumi and its providers read, and keys that are no setting", () => {
        const text =
            "config:\n  pulumi:disable-default-providers: ['*']\n  kubernetes:cluster: x\n  other:colour: red\nencryptionsalt: v1:x\n";
        assert.deepEqual(readStackConfig(root, "dev", text), { values: {}, findings: [] });
    });

    it("readStackConfig: names the file that is not YAML", () => {
        write("Pulumi.yaml", "config: [x");
        assert.throws(() => readStackConfig(root, "dev"), /^Error: Pulumi\.yaml is not valid YAML: /);
        assert.throws(
            () => readStackConfig(root, "dev", "config: [x"),
            /^Error: Pulumi\.dev\.yaml is not valid YAML: /,
        );
    });

    it("readOtherStacks: are those that have a file, each with the name of its cluster", () => {
        write("Pulumi.yaml", "name: load-balancing-lab\n");
        write("Pulumi.dev.yaml", "config: {}\n");
        write("Pulumi.a.b.yaml", "config: {}\n");
        write("Pulumi.s07.yaml", `config:\n  load-balancing-lab:cluster: '{"name": "mine"}'\n`);
        write("Pulumi.broken.yaml", "config: [x");
        write("Pulumi.s07.yaml.bak", "config: {}\n");
        const others = readOtherStacks(root, "dev").sort((a, b) => (a.stack < b.stack ? -1 : 1));
        assert.deepEqual(others, [
            { stack: "a.b", file: "Pulumi.a.b.yaml", clusterName: "lb-a-b" },
            { stack: "s07", file: "Pulumi.s07.yaml", clusterName: "mine" },
        ]);
    });

    it("readOtherStacks: a file that is the stack's own under another name is none", () => {
        write("Pulumi.dev.yaml", "config: {}\n");
        fs.linkSync(path.join(root, "Pulumi.dev.yaml"), path.join(root, "Pulumi.Dev.yaml"));
        assert.deepEqual(readOtherStacks(root, "dev"), []);
    });
});
