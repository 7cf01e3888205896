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

    describe("files of another user", () => {
        /** The user who runs the tests owns the files. To another one they are somebody else's. */
        const other = (process.getuid?.() ?? 0) + 1000;
        const openAs = (user: number, env: NodeJS.ProcessEnv = {}) => openWorkspace("dev", root, env, user);
        const refusal = (user = other, env: NodeJS.ProcessEnv = {}) => {
            try {
                openAs(user, env);
                return "";
            } catch (error) {
                return (error as Error).message;
            }
        };
        beforeEach(() => {
            open();
            // The folder itself may be written to by everybody, so that a test says what is wrong.
            fs.chmodSync(root, 0o777);
        });

        for (const [file, named] of [
            [".state/passphrase", ".state"],
            [".state/.pulumi/stacks/lab/dev.json", ".state"],
            [".tools/bin/kind", ".tools"],
            ["node_modules/.package-lock.json", "node_modules"],
            ["Pulumi.dev.yaml", "Pulumi.dev.yaml"],
        ] as const) {
            it(`openWorkspace: where ${file} is another user's, names the command that gives it back`, () => {
                fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
                fs.writeFileSync(path.join(root, file), "", { mode: 0o644 });
                assert.match(refusal(), new RegExp(`\\n {2}sudo chown -R "\\$\\(id -u\\):\\$\\(id -g\\)" ${named}$`));
                assert.equal(refusal(0), "", "root may write to everything");
                assert.equal(refusal(process.getuid?.()), "", "the owner may");
            });
        }

        it("openWorkspace: the folder itself and Pulumi's own are looked at too", () => {
            fs.chmodSync(root, 0o755);
            assert.match(refusal(), /sudo chown -R .* '\/.*workspace o/);
            fs.chmodSync(root, 0o777);
            fs.mkdirSync(path.join(root, "home/.pulumi/plugins"), { recursive: true });
            assert.match(refusal(other, { HOME: path.join(root, "home") }), /chown .* home\/\.pulumi/);
        });

        it("openWorkspace: what another user shares may be used", () => {
            fs.writeFileSync(path.join(root, "Pulumi.dev.yaml"), "");
            fs.chmodSync(path.join(root, "Pulumi.dev.yaml"), 0o664);
            assert.equal(refusal(), "");
        });
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

    it("childEnv: the shell does not lead the tools elsewhere, and the stack is the workspace's", () => {
        const shell = {
            PATH: "/nowhere",
            PULUMI_STACK: "other",
            KIND_EXPERIMENTAL_PROVIDER: "podman",
            KUBECONFIG: "/x",
        };
        const { PULUMI_STACK, KIND_EXPERIMENTAL_PROVIDER, KUBECONFIG, KUBERC } = childEnv(open(), shell);
        assert.deepEqual(
            [PULUMI_STACK, KIND_EXPERIMENTAL_PROVIDER, KUBECONFIG, KUBERC],
            ["dev", undefined, undefined, "off"],
        );
    });

    it("childOptions: the hint for a tool that is not installed names the stack", () => {
        const workspace = { ...open(), stack: "s07" };
        assert.match(childOptions(workspace).installation ?? "", /`npm run up -- --stack s07`/);
    });
});
