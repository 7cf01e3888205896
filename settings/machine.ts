import { npmRun } from "../lib/commandLines";
import type { DockerHost } from "../lib/dockerHost";
import { runVariable } from "../lib/environment";
import { localNetworks } from "../lib/localNetworks";
import { checkAddresses, newNetworkSubnet } from "./addresses";
import { readCaCertificates, type CaCertificates } from "./caCertificates";
import { checkEnvironment } from "./environment";
import { fail, invalid, type Finding } from "./finding";
import { checkHostPorts } from "./hostPorts";
import { checkKernelModules } from "./kernelModules";
import { nextClusterName, type Settings } from "./schema";
import { SettingsError } from "./settingsError";
import { checkSources } from "./sources";
import { readOtherStacks, type OtherStack } from "./stackFiles";
import { checkTools } from "./tools";

/** Settings with what depends on the machine: defaults, and the content of a file. */
export type MachineSettings = Settings & {
    httpsRedirect: boolean;
    /** Whether the pool's addresses can be reached from this machine. */
    addressesReachable: boolean;
    /** The subnet for the Docker network `kind`; none where that exists. */
    networkSubnet: string | undefined;
    /** What is in the file that `sources.caCertificates` names; none where that is not set. */
    caCertificates: CaCertificates | undefined;
};

/**
 * Fills in what depends on the machine. Where container addresses can't be reached, 127.0.0.1's ports 8080 and
 * 8443 lead to the ingress. http is not redirected then, since an ingress can't know under which port it was reached.
 */
export function fitToMachine(settings: Settings, host: DockerHost, local = localNetworks()): MachineSettings {
    const hostPorts = settings.cluster.hostPorts ?? (host.addressesReachable ? undefined : { http: 8080, https: 8443 });
    return {
        ...settings,
        httpsRedirect: settings.httpsRedirect ?? hostPorts === undefined,
        cluster: { ...settings.cluster, hostPorts },
        addressesReachable: host.addressesReachable,
        networkSubnet: newNetworkSubnet(settings, host, local),
        caCertificates: readCaCertificates(settings.sources.caCertificates),
    };
}

/**
 * Checks the settings against Docker, networks, ports, kernel, files and sources of this machine, and against the project's other
 * stacks. Changes nothing.
 */
export async function checkSettings(
    settings: MachineSettings,
    host: DockerHost,
    stack: string,
    local = localNetworks(),
    others = readOtherStacks(process.cwd(), stack),
): Promise<Finding[]> {
    const nodes = host.nodes.filter(({ cluster }) => cluster === settings.cluster.name);
    const ownPorts = nodes.flatMap(({ hostPorts }) => hostPorts);
    // Nodes that exist have their images. The charts are read at each `up`, even where nothing changes.
    const sources = { ...settings.sources, ...(nodes.length > 0 && { registryMirror: undefined }) };
    const asked = await Promise.all([
        checkHostPorts(settings.cluster.hostPorts, ownPorts),
        checkKernelModules(settings, host),
        checkSources({ ...settings, sources }, stack, settings.caCertificates?.pem),
    ]);
    return [
        ...checkAddresses(settings, host, local),
        // Nodes that exist tell whose they are.
        ...(nodes.length === 0 ? checkName(settings.cluster.name, host, others) : []),
        ...checkNodes(nodes, stack),
        ...(settings.caCertificates?.findings ?? []),
        ...asked.flat(),
    ];
}

/**
 * Checks, for the Pulumi program, the settings, the tools on the PATH and the shell's environment, before any resource is made.
 *
 * @throws {SettingsError} that lists every failure.
 */
export async function checkMachine(settings: MachineSettings, host: DockerHost, stack: string): Promise<void> {
    const findings = [
        ...(await checkSettings(settings, host, stack)),
        ...(await checkTools(stack)),
        ...checkEnvironment(stack),
    ];
    const failures = findings.filter(({ status }) => status === "FAIL");
    if (failures.length > 0) throw new SettingsError(failures, stack);
}

function checkNodes(nodes: DockerHost["nodes"], stack: string): Finding[] {
    const stopped = nodes.filter(({ running }) => !running).map(({ name }) => name);
    // `up` has started those of a cluster that was made to its end. What a run that was cut off left, and what is another's, is
    // up to the cluster itself.
    if (stopped.length === 0 || process.env[runVariable] !== undefined) return [];
    const detail = `the cluster's nodes ${stopped.join(", ")} are stopped, as after a restart of the machine`;
    return [fail("Nodes", detail, `To start them: ${npmRun(stack, "up")}`)];
}

/** Checks that no other stack of the project has this cluster's name. Names of stacks that differ may give the same. */
function checkName(name: string, host: DockerHost, others: OtherStack[]): Finding[] {
    const [same] = others.filter(({ clusterName }) => clusterName === name);
    if (same === undefined) return [];
    const taken = [...others.map(({ clusterName }) => clusterName), ...host.nodes.map(({ cluster }) => cluster)];
    const detail = `${name} is the cluster of stack ${same.stack} too`;
    const remedy = `If there is no stack ${same.stack} any more, delete ${same.file}.`;
    return [{ ...invalid("cluster.name", detail, nextClusterName(name, taken)), remedy }];
}
