import { AddressRange } from "../lib/addressRange";
import { npmRun } from "../lib/commandLines";
import type { DockerHost } from "../lib/dockerHost";
import { checkAddressPool, checkSubnets, findKindNetwork } from "./addresses";
import { fail, type Finding } from "./finding";
import { checkHostPorts } from "./hostPorts";
import type { Settings } from "./schema";
import { SettingsError } from "./settingsError";
import { checkSources } from "./sources";
import { checkTools } from "./tools";

/** Settings with the defaults that depend on the machine. */
export type MachineSettings = Settings & {
    httpsRedirect: boolean;
    /** Whether the pool's addresses can be reached from this machine. */
    addressesReachable: boolean;
    /** The subnet of the Docker network `kind`, where it has to be made around a pool. Otherwise Docker chooses one. */
    networkSubnet: string | undefined;
};

/**
 * Fills in the defaults that depend on the machine. Where container addresses can't be reached, 127.0.0.1's ports 8080 and
 * 8443 lead to the ingress. http is not redirected then, since an ingress can't know under which port it was reached.
 */
export function fitToMachine(settings: Settings, host: DockerHost): MachineSettings {
    const hostPorts = settings.cluster.hostPorts ?? (host.addressesReachable ? undefined : { http: 8080, https: 8443 });
    const pool = settings.addressPool === undefined ? undefined : AddressRange.parse(settings.addressPool);
    const block = findKindNetwork(host) === undefined ? pool?.enclosing(16) : undefined;
    return {
        ...settings,
        httpsRedirect: settings.httpsRedirect ?? hostPorts === undefined,
        cluster: { ...settings.cluster, hostPorts },
        addressesReachable: host.addressesReachable,
        networkSubnet: block === undefined ? undefined : `${block.first}/16`,
    };
}

/** Checks the settings against Docker, ports and sources of this machine. Changes nothing. */
export async function checkSettings(settings: MachineSettings, host: DockerHost, stack: string): Promise<Finding[]> {
    const nodes = host.nodes.filter(({ cluster }) => cluster === settings.cluster.name);
    const ownPorts = nodes.flatMap(({ hostPorts }) => hostPorts);
    return [
        ...checkAddressPool(settings, host),
        ...checkSubnets(settings, host),
        ...checkNodes(nodes, stack),
        ...(await checkHostPorts(settings.cluster.hostPorts, ownPorts)),
        // A cluster that exists needs no source: it can be changed and deleted without a network.
        ...(nodes.length === 0 ? await checkSources(settings) : []),
    ];
}

/**
 * Checks, for the Pulumi program, the settings and the tools on the PATH, before any resource is made.
 *
 * @throws {SettingsError} that lists every failure.
 */
export async function checkMachine(settings: MachineSettings, host: DockerHost, stack: string): Promise<void> {
    const findings = [...(await checkSettings(settings, host, stack)), ...(await checkTools(stack))];
    const failures = findings.filter(({ status }) => status === "FAIL");
    if (failures.length > 0) throw new SettingsError(failures, stack);
}

function checkNodes(nodes: DockerHost["nodes"], stack: string): Finding[] {
    const stopped = nodes.filter(({ running }) => !running).map(({ name }) => name);
    if (stopped.length === 0) return [];
    const detail = `the cluster's nodes ${stopped.join(", ")} are stopped, as after a restart of the machine`;
    return [fail("Nodes", detail, `To start them: ${npmRun(stack, "up")}`)];
}
