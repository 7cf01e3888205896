import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { childEnv, childOptions, openWorkspace, prepareState } from "../../../../scripts/lib/workspace";

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

    it("openWorkspace: takes the directory with Pulumi.yaml, and refuses another", () => {
        assert.throws(() => openWorkspace("dev", root), /no Pulumi\.yaml/);
        assert.equal(open().stackFile, path.join(root, "Pulumi.dev.yaml"));
    });

    it("openWorkspace: the state's directory is known only where it lies in the project", () => {
        assert.equal(open().stateDirectory, path.join(root, ".state"));
        assert.equal(open({ PULUMI_BACKEND_URL: "https://api.pulumi.com" }).stateDirectory, undefined);
        for (const url of ["file://~", "file:///tmp", "file://./..", "file://./.", "s3://bucket"]) {
            backend = url;
            assert.equal(open().stateDirectory, undefined, url);
        }
    });

    it("prepareState: makes a passphrase once, which only this user can read", () => {
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

    it("prepareState: makes no passphrase where the user has set one, even an empty one", () => {
        const env = { PULUMI_CONFIG_PASSPHRASE: "" };
        prepareState(open(), env);
        assert.deepEqual(fs.readdirSync(path.join(root, ".state")), []);
        assert.equal(childEnv(open(), env).PULUMI_CONFIG_PASSPHRASE_FILE, undefined);
    });

    it("prepareState: makes nothing where the user has set another backend", () => {
        prepareState(open({ PULUMI_BACKEND_URL: "file:///elsewhere" }), {});
        assert.equal(fs.existsSync(path.join(root, ".state")), false);
    });

    it("prepareState: refuses a new passphrase where stacks were made with an old one", () => {
        const stacks = path.join(root, ".state", ".pulumi", "stacks", "lab");
        fs.mkdirSync(stacks, { recursive: true });
        fs.writeFileSync(path.join(stacks, "dev.json"), "{}");
        assert.throws(() => prepareState(open(), {}), /\.state\/passphrase is gone/);
    });

    it("childEnv: puts the project's tools first on the PATH", () => {
        assert.equal(childEnv(open(), { PATH: "/usr/bin" }).PATH, `${root}/.tools/bin:/usr/bin`);
    });

    it("childOptions: the hint for a tool that is not installed names the stack", () => {
        const workspace = { ...open(), stack: "s07" };
        assert.match(childOptions(workspace).installation ?? "", /`npm run up -- --stack s07`/);
    });
});
