import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { clusterSettings } from "../../../../scripts/lib/clusterSettings";
import { stackName } from "../../../../scripts/lib/command";
import { hasEntry } from "../../../../scripts/lib/hostsFile";
import { isStale, readLocks, type Machine } from "../../../../scripts/lib/locks";
import { hints } from "../../../../scripts/lib/pulumi";
import { quote, shellExports } from "../../../../scripts/lib/shell";
import { hasSecrets, withoutSalt, withSaltOf, writeStackFile } from "../../../../scripts/lib/stackFile";
import { summarize } from "../../../../scripts/lib/summary";
import { childEnv, openWorkspace, prepareState } from "../../../../scripts/lib/workspace";

const mode = (file: string) => fs.statSync(file).mode & 0o777;

describe("workspace", () => {
    let root: string;
    let backend: string;
    const open = (env: NodeJS.ProcessEnv = {}) => {
        fs.writeFileSync(path.join(root, "Pulumi.yaml"), `name: lab\nbackend:\n    url: ${backend}\n`);
        return openWorkspace("dev", root, env);
    };
    beforeEach(() => {
        root = fs.mkdtempSync(path.join(os.tmpdir(), "workspace o'"));
        backend = "file://./.state";
    });
    afterEach(() => fs.rmSync(root, { recursive: true }));

    it("is the directory with Pulumi.yaml", () => {
        assert.throws(() => openWorkspace("dev", root), /no Pulumi\.yaml/);
        assert.equal(open().stackFile, path.join(root, "Pulumi.dev.yaml"));
    });

    it("owns the state inside the project and no other", () => {
        assert.equal(open().stateDirectory, path.join(root, ".state"));
        assert.equal(open({ PULUMI_BACKEND_URL: "https://api.pulumi.com" }).stateDirectory, undefined);
        for (const url of ["file://~", "file:///tmp", "file://./..", "file://./.", "s3://bucket"]) {
            backend = url;
            assert.equal(open().stateDirectory, undefined, url);
        }
    });

    it("gets a passphrase once, for this user's eyes only", () => {
        const workspace = open();
        const file = path.join(root, ".state", "passphrase");
        assert.equal(childEnv(workspace, {}).PULUMI_CONFIG_PASSPHRASE_FILE, undefined);
        prepareState(workspace, {});
        const passphrase = fs.readFileSync(file, "utf8");
        assert.ok(passphrase.trim().length >= 43);
        assert.deepEqual([mode(file), mode(path.dirname(file))], [0o600, 0o700]);
        prepareState(workspace, {});
        assert.equal(fs.readFileSync(file, "utf8"), passphrase);
        assert.equal(childEnv(workspace, {}).PULUMI_CONFIG_PASSPHRASE_FILE, file);
    });

    it("leaves a passphrase of the user's alone, an empty one too", () => {
        const env = { PULUMI_CONFIG_PASSPHRASE: "" };
        prepareState(open(), env);
        assert.deepEqual(fs.readdirSync(path.join(root, ".state")), []);
        assert.equal(childEnv(open(), env).PULUMI_CONFIG_PASSPHRASE_FILE, undefined);
    });

    it("makes nothing where another backend is in use", () => {
        prepareState(open({ PULUMI_BACKEND_URL: "file:///elsewhere" }), {});
        assert.equal(fs.existsSync(path.join(root, ".state")), false);
    });

    it("refuses a new passphrase for stacks that have an old one", () => {
        const stacks = path.join(root, ".state", ".pulumi", "stacks", "lab");
        fs.mkdirSync(stacks, { recursive: true });
        fs.writeFileSync(path.join(stacks, "dev.json"), "{}");
        assert.throws(() => prepareState(open(), {}), /\.state\/passphrase is gone/);
    });

    it("puts its tools first on the PATH", () => {
        assert.equal(childEnv(open(), { PATH: "/usr/bin" }).PATH, `${root}/.tools/bin:/usr/bin`);
    });

    it("is exported to a shell that has spaces and quotes in its way", () => {
        const workspace = open();
        prepareState(workspace, {});
        const script = `${shellExports(workspace, {}).join("\n")}\nprintf '%s\\n' "$PATH" "$PULUMI_STACK" "$PULUMI_CONFIG_PASSPHRASE_FILE"`;
        const printed = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8", env: { PATH: "/usr/bin:/bin" } });
        assert.equal(printed, `${root}/.tools/bin:/usr/bin:/bin\ndev\n${root}/.state/passphrase\n`);
        assert.equal(shellExports(workspace, { PULUMI_CONFIG_PASSPHRASE: "mine" }).length, 2);
    });

    it("quotes words for a shell only where it has to", () => {
        assert.deepEqual(["/a/b-c_1.2", "a b", "it's", "$HOME", ""].map(quote), [
            "/a/b-c_1.2",
            "'a b'",
            "'it'\\''s'",
            "'$HOME'",
            "''",
        ]);
    });
});

describe("stack's name", () => {
    it("comes from the option, the environment, or is dev", () => {
        assert.equal(stackName("s07", { PULUMI_STACK: "s08" }), "s07");
        assert.equal(stackName(undefined, { PULUMI_STACK: "s08" }), "s08");
        assert.equal(stackName(undefined, {}), "dev");
    });
    it("can't be a path", () => {
        for (const name of ["", "a/b", "a b", "$(x)"]) assert.throws(() => stackName(name, {}), /no name for a stack/);
    });
});

describe("stack's settings", () => {
    const settings =
        "# mine\nconfig:\n    load-balancing-lab:domain: a.local   # why\n\n    load-balancing-lab:cluster: { name: mine }\n";
    const salted = `${settings}encryptionsalt: v1:abc=:v1:def\n`;

    it("are as before once the salt was added and taken away", () => {
        assert.equal(withSaltOf("config: {}\nencryptionsalt: v1:abc=:v1:def\n", settings), salted);
        assert.equal(withoutSalt(salted), settings);
    });
    it("take one salt, wherever the old one was", () => {
        assert.equal(withSaltOf(salted, `encryptionsalt: old\n${settings}`), salted);
        assert.equal(withSaltOf(salted, settings.trimEnd()), salted);
        assert.equal(withSaltOf(salted, ""), "encryptionsalt: v1:abc=:v1:def\n");
        assert.equal(withSaltOf(settings, salted), settings);
    });
    it("keep a salt that is somebody else's word", () => {
        const comment = "# encryptionsalt: no\nconfig:\n    a:encryptionsalt: x\n";
        assert.equal(withoutSalt(comment), comment);
    });
    it("are known to hold secrets, at any depth", () => {
        assert.equal(hasSecrets(salted), false);
        assert.equal(hasSecrets(""), false);
        assert.equal(hasSecrets("# secure: x\nconfig:\n    a:b: 'secure: x'\n"), false);
        assert.equal(hasSecrets("config:\n    a:b:\n        secure: v1:x\n"), true);
        assert.equal(hasSecrets("config:\n    a:b:\n        c: [{ secure: v1:x }]\n"), true);
    });
    it("without a line are no file", () => {
        const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "settings-")), "Pulumi.x.yaml");
        writeStackFile(file, settings);
        writeStackFile(file, "\n");
        writeStackFile(file, "");
        assert.deepEqual(fs.readdirSync(path.dirname(file)), []);
        fs.rmdirSync(path.dirname(file));
    });
    it("name the cluster, or the stack does", () => {
        const root = fs.mkdtempSync(path.join(os.tmpdir(), "settings-"));
        const stackFile = path.join(root, "Pulumi.S_1.yaml");
        const read = () => clusterSettings({ root, stack: "S_1", stackFile, toolsDirectory: root });
        assert.deepEqual([read().name, read().podSubnet], ["lb-s-1", "192.168.0.0/16"]);
        fs.writeFileSync(stackFile, "config: {}\n");
        assert.equal(read().name, "lb-s-1");
        fs.writeFileSync(stackFile, settings);
        assert.equal(read().name, "mine");
        fs.rmSync(root, { recursive: true });
    });
});

describe("lock", () => {
    const machine: Machine = {
        hostname: "here",
        started: Date.parse("2026-11-25T08:00:00Z"),
        isRunning: (pid) => pid === 1,
    };
    const lock = { pid: 1, hostname: "here", timestamp: "2026-11-25T09:00:00.123456789Z" };

    it("of a running process holds", () => assert.equal(isStale(lock, machine), false));
    it("of a process that is gone is stale", () => assert.equal(isStale({ ...lock, pid: 2 }, machine), true));
    it("from before the machine started is stale, whoever has the number now", () =>
        assert.equal(isStale({ ...lock, timestamp: "2026-11-25T07:00:00Z" }, machine), true));
    it("of another machine holds", () => assert.equal(isStale({ ...lock, pid: 2, hostname: "there" }, machine), false));
    it("of this very process holds", () =>
        assert.equal(
            isStale({ pid: process.pid, hostname: os.hostname(), timestamp: new Date().toISOString() }),
            false,
        ));

    it("is read for one stack, as the local backend keeps it", () => {
        const state = fs.mkdtempSync(path.join(os.tmpdir(), "locks-"));
        assert.deepEqual(readLocks(state, "dev"), []);
        for (const stack of ["dev", "dev2"]) {
            const folder = path.join(state, ".pulumi", "locks", "organization", "load-balancing-lab", stack);
            fs.mkdirSync(folder, { recursive: true });
            fs.writeFileSync(path.join(folder, "id.json"), JSON.stringify(lock));
            fs.writeFileSync(path.join(folder, "id.json.attrs"), "{}");
        }
        assert.deepEqual(readLocks(state, "dev"), [lock]);
        fs.rmSync(state, { recursive: true });
    });
});

describe("hints", () => {
    for (const [said, hint] of [
        [
            "error: getting stack configuration: get stack secrets manager: incorrect passphrase",
            /PULUMI_CONFIG_PASSPHRASE/,
        ],
        ["error: the stack is currently locked by 1 lock(s). Either wait", /pulumi cancel --yes --stack s07/],
        ["error: failed to download plugin: time-0.1.0: failed all 5 attempts", /~\/\.pulumi\/plugins/],
    ] as const) {
        it(`explain "${said}"`, () => {
            const found = hints(said, "s07");
            assert.equal(found.length, 1);
            assert.match(found[0] ?? "", hint);
        });
    }
    it("stay silent about what they don't know", () => assert.deepEqual(hints("error: update failed", "dev"), []));
});

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
        it(`${expected ? "has" : "lacks"} the entry: ${JSON.stringify(file)}`, () =>
            assert.equal(hasEntry(file, entry), expected));
    }
});

describe("summary", () => {
    it("shows what works as it stands, and carries the stack on", () => {
        const text = summarize({ try: ["curl http://172.18.255.200/"], urls: { db: "https://s.local/db" } }, "s07");
        assert.match(text, /^ {2}curl http:\/\/172\.18\.255\.200\/$/m);
        assert.match(text, /npm run down -- --stack s07/);
    });
    it("leaves out what an interrupted run did not get to", () => {
        const text = summarize({ clusterName: "lb-dev" }, "dev");
        assert.doesNotMatch(text, /undefined|Try|browser|--stack/);
    });
});
