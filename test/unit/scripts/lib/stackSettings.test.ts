import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { clusterSettings, readStackSettings } from "../../../../scripts/lib/stackSettings";
import { SettingsError } from "../../../../settings/settingsError";

describe("stack's settings", () => {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "settings-"));
    const stackFile = path.join(root, "Pulumi.S_1.yaml");
    const workspace = { root, stack: "S_1", stackFile, toolsDirectory: root };
    after(() => fs.rmSync(root, { recursive: true }));

    it("readStackSettings: reads texts, numbers, booleans and groups as Pulumi hands them over", () => {
        const settings = readStackSettings(
            workspace,
            "config:\n  load-balancing-lab:domain: a.test\n  load-balancing-lab:httpsRedirect: false\n" +
                "  load-balancing-lab:cluster: { workers: 3 }\n  other:colour: 7\n",
        );
        assert.deepEqual([settings.domain, settings.httpsRedirect, settings.cluster.workers], ["a.test", false, 3]);
    });

    it("readStackSettings: without a file, all settings have their defaults", () =>
        assert.equal(readStackSettings(workspace, "").cluster.workers, 2));

    it("readStackSettings: an encrypted value counts as not set", () => {
        const secret = "{ secure: v1:x }";
        const text = `config:\n  load-balancing-lab:domain: ${secret}\n  load-balancing-lab:sources: { pipIndex: ${secret} }\n`;
        const { domain, sources } = readStackSettings(workspace, text);
        assert.deepEqual([domain, sources.pipIndex], ["s-1.local", undefined]);
    });

    it("readStackSettings: a number where a text belongs is refused as a setting", () => {
        const text = "config:\n  load-balancing-lab:domain: 007\n  load-balancing-lab:addressPool: '[x'\n";
        assert.throws(
            () => readStackSettings(workspace, text),
            (error: SettingsError) => {
                assert.deepEqual(error.findings.map(({ subject }) => subject).sort(), ["addressPool", "domain"]);
                return true;
            },
        );
    });

    it("readStackSettings: lists a key that has no effect beside what is invalid", () => {
        const text = "config:\n  other:domain: a.test\n  load-balancing-lab:backups: { kept: 0 }\n";
        assert.throws(
            () => readStackSettings(workspace, text),
            (error: SettingsError) => {
                assert.ok(error instanceof SettingsError);
                assert.deepEqual(error.findings.map(({ subject }) => subject).sort(), ["backups.kept", "domain"]);
                return true;
            },
        );
    });

    it("readStackSettings: names the file that is not YAML", () =>
        assert.throws(
            () => readStackSettings(workspace, "config: [x"),
            /^Error: Pulumi\.S_1\.yaml is not valid YAML: /,
        ));

    it("clusterSettings: the cluster's name is the setting's, else the stack's", () => {
        const read = () => clusterSettings(workspace);
        assert.deepEqual([read().name, read().podSubnet], ["lb-s-1", "192.168.0.0/16"]);
        fs.writeFileSync(stackFile, "config: {}\n");
        assert.equal(read().name, "lb-s-1");
        fs.writeFileSync(stackFile, "config:\n    load-balancing-lab:cluster: { name: mine }\n");
        assert.equal(read().name, "mine");
        // As the program takes them.
        fs.writeFileSync(stackFile, `config:\n    load-balancing-lab:cluster: '{"name": "json"}'\n`);
        assert.equal(read().name, "json");
        fs.writeFileSync(stackFile, "config:\n    cluster: { name: short }\n");
        assert.equal(read().name, "short");
        fs.writeFileSync(stackFile, "config: {}\n");
        fs.writeFileSync(path.join(root, "Pulumi.yaml"), "config:\n    cluster: { default: { name: project } }\n");
        assert.equal(read().name, "project");
        fs.rmSync(path.join(root, "Pulumi.yaml"));
    });
});
