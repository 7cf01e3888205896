import { execFileSync } from "node:child_process";
import { join } from "node:path";

/*
 * The environment of the stack's tools: pulumi and all that it starts, docker, kind and kubectl.
 *
 * A user's shell may have variables that lead a tool elsewhere than the stack's settings do. The tools don't see those. What says
 * who the user is, how to reach the internet, and where a tool keeps its files stays as it is.
 */

/** Marks pulumi, and all that it starts, where a command of this project runs it on a stack. */
export const runVariable = "LOAD_BALANCING_LAB_RUN";

/** What the tools don't see. COMPOSE_* stays, for example: nothing here runs compose. */
const misleading = [
    // Another Docker network, another engine, another default name.
    /^KIND_/,
    // Images for another processor; a version of the API that the engine may not have; the old builder. DOCKER_HOST replaces a context.
    /^DOCKER_(DEFAULT_PLATFORM|API_VERSION|BUILDKIT|CONTEXT)$/,
    // A builder that keeps its images elsewhere than in Docker.
    /^(BUILDX_BUILDER|BUILDKIT_HOST)$/,
    // Another cluster or namespace, another store for releases. Helm's folders and logins stay.
    /^HELM_(NAMESPACE|DRIVER|KUBE|MAX_HISTORY|DEBUG)/,
    /^(KUBECONFIG|KUBERNETES_MASTER)$/,
    // Settings, options or providers of another program; a state that an interrupted run would leave behind its cluster. Where the
    // state is and what opens it stays, and so do plugins and their mirrors.
    /^PULUMI_(CONFIG$|OPTION_|NODEJS_|PREFER_|K8S_|DEBUG_|ENABLE_|ERROR_|TEST_|PARALLEL|SKIP_CHECKPOINTS$|EXPERIMENTAL$|DEV$)/,
    /^PULUMI_(IGNORE_AMBIENT_PLUGINS|CONTINUE_ON_ERROR|RUN_PROGRAM)$/,
    /^PULUMI_DISABLE_(PROVIDER_PREVIEW|RESOURCE_REFERENCES|OUTPUT_VALUES|VALIDATION)$/,
    // The program would be read by another tsconfig.json.
    /^(TS_NODE_|TSX_)/,
    // The check of the endpoints would accept every certificate.
    /^NODE_TLS_REJECT_UNAUTHORIZED$/,
    // They change what grep and cd print, on which shell programs rely.
    /^(GREP_OPTIONS|CDPATH)$/,
];

/** Options of Node.js that stay: memory, certificates, proxies, names. Others load code or open ports, in every program alike. */
const harmlessNodeOption = /^--(max-|use-(openssl|system|bundled)-ca|use-env-proxy|tls-|dns-)/;

/** What has to change in an environment, so that the tools do what the stack's settings say. */
export interface EnvironmentChanges {
    unset: string[];
    set: Record<string, string>;
}

/** The changes that make a shell's environment fit for the tools. */
export function environmentChanges(env: NodeJS.ProcessEnv = process.env): EnvironmentChanges {
    const set: Record<string, string> = { ...engineVariables(env), ...proxyExceptions(env) };
    const unset = Object.keys(env).filter((name) => misleading.some((pattern) => pattern.test(name)));
    if (env.NODE_OPTIONS !== undefined) {
        const given = env.NODE_OPTIONS.split(/\s+/).filter(Boolean);
        const kept = given.filter((option) => harmlessNodeOption.test(option));
        if (kept.length === 0) unset.push("NODE_OPTIONS");
        else if (kept.length < given.length) set.NODE_OPTIONS = kept.join(" ");
    }
    return { unset, set };
}

/** The environment for the tools. */
export function toolEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
    const { unset, set } = environmentChanges(env);
    return { ...Object.fromEntries(Object.entries(env).filter(([name]) => !unset.includes(name))), ...set };
}

/**
 * Behind a proxy, what is on this machine is asked directly. Most tools know that; the Pulumi program does not, which talks to
 * pulumi: it reads only the name in lower case. kind adds the addresses of nodes, pods and Services for the nodes:
 * https://kind.sigs.k8s.io/docs/user/quick-start/#configure-kind-to-use-a-proxy
 */
function proxyExceptions(env: NodeJS.ProcessEnv): Record<string, string> {
    if (!Object.keys(env).some((name) => /^(https?|all|grpc)_proxy$/i.test(name) && env[name])) return {};
    const given = (env.NO_PROXY || env.no_proxy || "").split(",").map((entry) => entry.trim());
    const exceptions = [...new Set([...given.filter(Boolean), "localhost", "127.0.0.1", "::1"])].join(",");
    return { NO_PROXY: exceptions, no_proxy: exceptions };
}

interface Context {
    Endpoints: { docker?: { Host?: string; SkipTLSVerify?: boolean } };
    TLSMaterial?: { docker?: string[] };
    Storage: { TLSPath: string };
}

/** By what the docker client's answer is remembered: it does not change while a command runs. */
const known = new Map<string, Record<string, string>>();

/**
 * The variables that lead every tool to the engine of the docker client. The client knows contexts; Pulumi's Docker provider knows
 * only DOCKER_HOST and a few sockets. Where the engine is at the usual socket or DOCKER_HOST names it, none is needed.
 */
function engineVariables(env: NodeJS.ProcessEnv): Record<string, string> {
    // The client itself takes DOCKER_HOST before any context.
    if (env.DOCKER_HOST) return {};
    const key = [env.PATH, env.HOME, env.DOCKER_CONFIG, env.DOCKER_CONTEXT].join("\0");
    const variables = known.get(key) ?? readContext(env);
    known.set(key, variables);
    return variables;
}

function readContext(env: NodeJS.ProcessEnv): Record<string, string> {
    let context: Context | undefined;
    try {
        const inspected = execFileSync("docker", ["context", "inspect"], {
            env,
            timeout: 10_000,
            stdio: ["ignore", "pipe", "ignore"],
            encoding: "utf8",
        });
        [context] = JSON.parse(inspected) as Context[];
    } catch {
        // Whoever asks docker next gets the reason.
        return {};
    }
    const { Host = "", SkipTLSVerify = false } = context?.Endpoints.docker ?? {};
    if (context === undefined || Host === "" || Host === "unix:///var/run/docker.sock") return {};
    const hasCertificates = (context.TLSMaterial?.docker ?? []).length > 0;
    return {
        DOCKER_HOST: Host,
        ...(hasCertificates && { DOCKER_CERT_PATH: join(context.Storage.TLSPath, "docker") }),
        ...(hasCertificates && !SkipTLSVerify && { DOCKER_TLS_VERIFY: "1" }),
    };
}
