import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime";
import type { Cluster } from "../../components";

/** A resource as the program asked the engine for it. */
export interface Registered {
    type: string;
    name: string;
    urn: string;
    parent: string;
    provider: string;
    deletedWith: string;
    dependencies: string[];
    secretOutputs: string[];
    deleteBeforeReplace: boolean;
    ignoreChanges: string[];
    /** Under which the state may have it from an earlier version of the program. */
    aliases: Alias[];
    /** Names of the hooks that are called when it fails. */
    errorHooks: string[];
    /** Names of the hooks that are called before it is made, and before it is changed. */
    beforeHooks: { create: string[]; update: string[] };
    /** Plain values; secrets are unwrapped here and told in {@link secrets}. */
    inputs: Record<string, any>;
    /** Dotted paths of the inputs that are secret. */
    secrets: string[];
}

/** What a resource was called before. */
export interface Alias {
    name: string;
    /** URN of its parent then; empty if that is not said, or if it had none. */
    parent: string;
    /** Whether it had no parent but the stack. */
    noParent: boolean;
}

/** A function of a provider that the program called. */
export interface Invoke {
    token: string;
    inputs: Record<string, any>;
}

/** The machine on which the program runs. */
export interface Machine {
    /** What `docker info` calls the operating system. */
    system?: string;
    /** Mounts of each node of the cluster that is there, as `docker inspect` prints them. */
    mounts?: string[];
    /** Where Docker is stopped, or not there at all. */
    docker?: "stopped" | "absent";
    /** Whether `sources.registryMirror` is set. The stack's cluster is there then, so that the mirror is not asked. */
    mirror?: boolean;
    /** Whether it is a preview, in which new resources' outputs are unknown. */
    preview?: boolean;
}

/** The id that the engine gives to the stack, and with which the marks of the stack's nodes begin. */
export const owner = "0123456789ab";

const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const signatureKey = "4dabf18193072939515e22adb298388d";

/**
 * Runs index.ts on a machine that a stub of the docker client tells of, with an engine that makes nothing.
 *
 * @param registered see {@link runResources}.
 */
export async function runProgram(
    settings: Record<string, unknown> = {},
    machine: Machine = {},
    registered: Registered[] = [],
) {
    const bin = fs.mkdtempSync(path.join(os.tmpdir(), "lb-stubs-"));
    const server = http.createServer((_, response) => response.end()).listen(0, "127.0.0.1");
    const previousPath = process.env.PATH;
    try {
        writeStubs(bin, machine);
        process.env.PATH = bin;
        await new Promise((resolve) => server.once("listening", resolve));
        const repository = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const { sources = {}, ...rest } = settings as { sources?: { charts?: object } };
        const charts = Object.fromEntries(["calico", "metallb", "ingressNginx"].map((name) => [name, { repository }]));
        const mirror = machine.mirror ? { registryMirror: "http://mirror.test" } : {};
        const config = { ...rest, sources: { ...sources, ...mirror, charts: { ...charts, ...sources.charts } } };
        pulumi.runtime.setAllConfig(
            Object.fromEntries(
                Object.entries(config).map(([key, value]) => [
                    `load-balancing-lab:${key}`,
                    typeof value === "string" ? value : JSON.stringify(value),
                ]),
            ),
        );
        return await runResources(
            () => {
                const file = require.resolve("../../index");
                delete require.cache[file];
                return (require(file) as () => Promise<Record<string, unknown>>)();
            },
            machine,
            registered,
        );
    } finally {
        process.env.PATH = previousPath;
        server.close();
        fs.rmSync(bin, { recursive: true });
    }
}

/** What a program asked the engine for, and what it returned. */
export interface Stack {
    resources: Registered[];
    invokes: Invoke[];
    outputs: Record<string, any>;
    find: (type: string, name: string) => Registered;
}

/**
 * Runs a program with an engine that makes nothing.
 *
 * @param resources is filled while the program runs. So it tells what a program that fails had registered before.
 */
export async function runResources(
    program: () => Promise<Record<string, unknown>> | Record<string, unknown> | void,
    machine: Machine = {},
    resources: Registered[] = [],
): Promise<Stack> {
    const invokes: Invoke[] = [];
    await pulumi.runtime.setMocks(
        {
            newResource: (args) => make(args, machine),
            call: ({ token, inputs }) => {
                invokes.push({ token, inputs });
                return call(token, machine);
            },
        },
        "load-balancing-lab",
        "dev",
        machine.preview ?? false,
    );
    record(resources);
    let fail: (error: Error) => void = () => undefined;
    const failed = new Promise<never>((_, reject) => (fail = reject));
    process.on("unhandledRejection", fail);
    const finish = async () => {
        const returned = pulumi.output(await program());
        const outputs = await new Promise<Record<string, any>>((resolve, reject) => {
            returned.apply((known) => resolve(known ?? {}));
            // Unknown outputs, as in a preview, never arrive; by now all that the program does is done.
            void pulumi.runtime.disconnect().then(() => setImmediate(resolve, {}), reject);
        });
        await pulumi.runtime.disconnect();
        await new Promise(setImmediate);
        return outputs;
    };
    try {
        // A program that fails may leave resources that wait for ever.
        const outputs = await Promise.race([failed, finish()]);
        return { resources, invokes, outputs, find: finder(resources) };
    } finally {
        process.off("unhandledRejection", fail);
    }
}

/** A cluster for components that are tried by themselves; within a program that {@link runResources} runs. */
export function testCluster(): Cluster {
    const provider = new k8s.Provider("test-provider", {});
    return {
        kubeconfig: pulumi.secret("apiVersion: v1"),
        childOptions: { provider },
        publish: (_, { imageName }) => imageName,
    };
}

function writeStubs(bin: string, machine: Machine) {
    const networks = [
        {
            Name: "kind",
            // Container addresses can be reached where the machine itself has the gateway's address; any machine has this one.
            IPAM: { Config: [{ Subnet: "fc00::/64" }, { Subnet: "172.18.0.0/16", Gateway: "127.0.0.1" }] },
            Containers: {},
        },
    ];
    const info = {
        Name: machine.system === "Docker Desktop" ? "docker-desktop" : os.hostname(),
        OperatingSystem: machine.system ?? "Debian GNU/Linux 12",
        SecurityOptions: [],
    };
    const docker = `#!/bin/sh
${machine.docker === "stopped" ? "echo 'Cannot connect to the Docker daemon' >&2; exit 1" : ""}
case "$1 $2" in
    info*) echo '${JSON.stringify(info)}' ;;
    --version*) echo "Docker version 29.1.3, build 1" ;;
    "version --format") echo '{"Components":[{"Name":"Engine","Version":"29.1.3"}]}' ;;
    "ps --all") ${machine.mirror ? "printf 'lb-dev\\tlb-dev-control-plane\\trunning\\t\\n'" : ""} ;;
    "network ls") echo 1 ;;
    "network inspect") echo '${JSON.stringify(networks)}' ;;
esac
`;
    const client = machine.docker === "absent" ? {} : { docker };
    for (const [name, text] of Object.entries({ ...client, kind: "#!/bin/sh\n", kubectl: "#!/bin/sh\n" })) {
        fs.writeFileSync(path.join(bin, name), text, { mode: 0o755 });
    }
}

/** What a provider would add to the inputs. */
function make({ type, name, inputs }: MockResourceArgs, machine: Machine) {
    const id = machine.preview ? undefined : `${name}-id`;
    const more: Record<string, object> = {
        "command:local:Command": { stdout: "172.18.0.0/16\napiVersion: v1\n", stderr: "" },
        "random:index/randomId:RandomId": { hex: owner },
        "random:index/randomPassword:RandomPassword": { result: `${name}-result` },
        "tls:index/privateKey:PrivateKey": { privateKeyPem: `${name}-pem` },
        "tls:index/selfSignedCert:SelfSignedCert": { certPem: `${name}-pem` },
        "tls:index/certRequest:CertRequest": { certRequestPem: `${name}-pem` },
        "tls:index/locallySignedCert:LocallySignedCert": { certPem: `${name}-pem` },
        "docker:index/image:Image": { repoDigest: "sha256:0" },
        "kubernetes:helm.sh/v3:Release": { status: { revision: 1 } },
    };
    const kubernetes = type.startsWith("kubernetes:") && !type.includes("helm");
    const metadata = { name: `${name}-0a1b2c`, generation: 7, ...inputs.metadata };
    const status = {
        loadBalancer: { ingress: [{ ip: inputs.metadata?.annotations?.["metallb.io/loadBalancerIPs"] }] },
    };
    return {
        id,
        state: { ...inputs, ...(machine.preview ? {} : more[type]), ...(kubernetes && { metadata, status }) },
    };
}

/** An object of any chart. */
export const charted = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" };

function call(token: string, machine: Machine) {
    if (token === "kubernetes:helm:template") return { result: [charted] };
    return token === "command:local:run" ? { stdout: (machine.mounts ?? []).join("\n"), stderr: "" } : {};
}

/** The mocks see inputs alone; the rest of each request is taken down on its way to them. */
function record(registered: Registered[]) {
    const settings = require("@pulumi/pulumi/runtime/settings") as { getMonitor(): any };
    const monitor = settings.getMonitor();
    // The mocks don't know hooks. Here none is ever called.
    for (const method of ["registerErrorHook", "registerResourceHook"]) {
        monitor[method] = (_: unknown, answer: (error: null, response: object) => void) => answer(null, {});
    }
    const register = monitor.registerResource.bind(monitor) as (
        request: any,
        callback: (...answer: any[]) => void,
    ) => unknown;
    monitor.registerResource = (request: any, callback: (error: unknown, response: any) => void) =>
        register(request, (error: unknown, response: any) => {
            if (!error) {
                const secrets: string[] = [];
                registered.push({
                    type: request.getType(),
                    name: request.getName(),
                    urn: response.getUrn(),
                    parent: request.getParent(),
                    provider: request.getProvider(),
                    deletedWith: request.getDeletedwith(),
                    dependencies: request.getDependenciesList(),
                    secretOutputs: request.getAdditionalsecretoutputsList(),
                    deleteBeforeReplace: request.getDeletebeforereplace(),
                    ignoreChanges: request.getIgnorechangesList(),
                    aliases: aliasesOf(request),
                    errorHooks: request.getHooks()?.getOnErrorList() ?? [],
                    beforeHooks: {
                        create: request.getHooks()?.getBeforeCreateList() ?? [],
                        update: request.getHooks()?.getBeforeUpdateList() ?? [],
                    },
                    inputs: unwrap(request.getObject().toJavaScript(), [], secrets) as Record<string, any>,
                    secrets,
                });
            }
            callback(error, response);
        });
}

/** pulumirpc.Alias, as @pulumi/pulumi/proto/alias_pb has it. */
function aliasesOf(request: any): Alias[] {
    return (request.getAliasesList() as any[]).map((alias) => {
        const spec = alias.getSpec();
        return { name: spec.getName(), parent: spec.getParenturn(), noParent: spec.getNoparent() };
    });
}

function unwrap(value: any, at: string[], secrets: string[]): unknown {
    if (Array.isArray(value)) return value.map((item, index) => unwrap(item, [...at, String(index)], secrets));
    if (typeof value !== "object" || value === null) return value;
    if (value[signatureKey] === secretSignature) {
        secrets.push(at.join("."));
        return unwrap(value.value, at, secrets);
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrap(item, [...at, key], secrets)]));
}

function finder(registered: Registered[]) {
    return (type: string, name: string): Registered => {
        const found = registered.find((resource) => resource.type === type && resource.name === name);
        if (found === undefined) throw new Error(`the program makes no ${type} ${name}`);
        return found;
    };
}
