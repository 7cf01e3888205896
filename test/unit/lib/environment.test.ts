import * as assert from "node:assert/strict";
import { environmentChanges, toolEnvironment } from "../../../lib/environment";
import { useStubs } from "../../support/stubs";

describe("environment", () => {
    const { stub, isolate } = useStubs();
    /** The shell's environment with more variables, and a docker whose context is the usual one. */
    const shell = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
        PATH: process.env.PATH,
        HOME: "/home/ada",
        ...more,
    });
    const context = (host: string, more: object = {}) =>
        stub(
            "docker",
            `[ "$*" = "context inspect" ] && echo '${JSON.stringify([
                {
                    Endpoints: { docker: { Host: host, SkipTLSVerify: false } },
                    Storage: { TLSPath: "/tls/abc" },
                    ...more,
                },
            ])}'`,
        );

    beforeEach(() => context("unix:///var/run/docker.sock"));

    for (const name of [
        "KIND_EXPERIMENTAL_DOCKER_NETWORK",
        "KIND_EXPERIMENTAL_PROVIDER",
        "KIND_EXPERIMENTAL_CONTAINERD_SNAPSHOTTER",
        "KIND_CLUSTER_NAME",
        "DOCKER_DEFAULT_PLATFORM",
        "DOCKER_API_VERSION",
        "DOCKER_BUILDKIT",
        "DOCKER_CONTEXT",
        "BUILDX_BUILDER",
        "BUILDKIT_HOST",
        "KUBECONFIG",
        "HELM_NAMESPACE",
        "HELM_DRIVER",
        "HELM_KUBECONTEXT",
        "HELM_KUBEAPISERVER",
        "PULUMI_CONFIG",
        "PULUMI_PREFER_YARN",
        "PULUMI_OPTION_REFRESH",
        "PULUMI_NODEJS_TRANSPILE_ONLY",
        "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
        "PULUMI_SKIP_CHECKPOINTS",
        "PULUMI_EXPERIMENTAL",
        "PULUMI_DEBUG_PROVIDERS",
        "PULUMI_CONTINUE_ON_ERROR",
        "PULUMI_IGNORE_AMBIENT_PLUGINS",
        "PULUMI_PARALLEL",
        "TS_NODE_PROJECT",
        "TSX_TSCONFIG_PATH",
        "NODE_TLS_REJECT_UNAUTHORIZED",
        "GREP_OPTIONS",
    ]) {
        it(`toolEnvironment: the tools don't see ${name}`, () => {
            const env = shell({ [name]: "x" });
            assert.deepEqual(toolEnvironment(env), shell({}));
            assert.deepEqual(environmentChanges(env).unset, [name]);
        });
    }

    for (const name of [
        "DOCKER_CONFIG",
        "DOCKER_CERT_PATH",
        "DOCKER_TLS_VERIFY",
        "COMPOSE_PROJECT_NAME",
        "HELM_CACHE_HOME",
        "HELM_REGISTRY_CONFIG",
        "HELM_REPOSITORY_CACHE",
        "PULUMI_BACKEND_URL",
        "PULUMI_ACCESS_TOKEN",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "PULUMI_HOME",
        "PULUMI_STACK",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
        "PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES",
        "SSL_CERT_FILE",
        "NODE_EXTRA_CA_CERTS",
        "TMPDIR",
        "KUBE_EDITOR",
    ]) {
        it(`toolEnvironment: ${name} stays`, () => assert.equal(toolEnvironment(shell({ [name]: "x" }))[name], "x"));
    }

    it("toolEnvironment: of NODE_OPTIONS memory, certificates and proxies stay, and what loads code or opens ports does not", () => {
        const options = (text: string) => toolEnvironment(shell({ NODE_OPTIONS: text })).NODE_OPTIONS;
        assert.equal(
            options("--max-old-space-size=4096 --use-openssl-ca"),
            "--max-old-space-size=4096 --use-openssl-ca",
        );
        assert.equal(options("--require /vscode/bootloader.js --inspect=0 --use-system-ca"), "--use-system-ca");
        assert.equal(options("--import=ts-node/register"), undefined);
    });

    it("toolEnvironment: behind a proxy this machine is asked directly, by tools that know either name", () => {
        for (const name of ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"]) {
            const env = toolEnvironment(shell({ [name]: "http://proxy:3128", NO_PROXY: ".example, 127.0.0.1" }));
            assert.equal(env.NO_PROXY, ".example,127.0.0.1,localhost,::1", name);
            assert.equal(env.no_proxy, env.NO_PROXY);
        }
        assert.equal(toolEnvironment(shell({ no_proxy: "a" })).NO_PROXY, undefined);
    });

    it("toolEnvironment: a context's engine becomes DOCKER_HOST, and the usual one needs none", () => {
        context("unix:///home/ada/.colima/default/docker.sock");
        assert.equal(toolEnvironment(shell({})).DOCKER_HOST, "unix:///home/ada/.colima/default/docker.sock");
        const chosen = toolEnvironment(shell({ DOCKER_CONTEXT: "colima" }));
        assert.equal(chosen.DOCKER_HOST, "unix:///home/ada/.colima/default/docker.sock");
        assert.equal(chosen.DOCKER_CONTEXT, undefined);
    });

    it("toolEnvironment: the engine at the usual socket, or the one that DOCKER_HOST names, stays", () => {
        assert.equal(toolEnvironment(shell({})).DOCKER_HOST, undefined);
        stub("docker", "echo docker was asked >&2; exit 1");
        assert.equal(toolEnvironment(shell({ DOCKER_HOST: "unix:///x.sock" })).DOCKER_HOST, "unix:///x.sock");
    });

    it("toolEnvironment: a context's certificates go with its engine", () => {
        context("tcp://127.0.0.1:2376", { TLSMaterial: { docker: ["ca.pem", "cert.pem", "key.pem"] } });
        const { DOCKER_HOST, DOCKER_CERT_PATH, DOCKER_TLS_VERIFY } = toolEnvironment(shell({}));
        assert.deepEqual(
            [DOCKER_HOST, DOCKER_CERT_PATH, DOCKER_TLS_VERIFY],
            ["tcp://127.0.0.1:2376", "/tls/abc/docker", "1"],
        );
    });

    it("toolEnvironment: without docker, or without an answer of its, the environment stays", () => {
        isolate();
        assert.deepEqual(toolEnvironment(shell({})), shell({}));
        stub("docker", "echo nonsense");
        assert.deepEqual(toolEnvironment(shell({ HOME: "/home/bob" })), shell({ HOME: "/home/bob" }));
    });
});
