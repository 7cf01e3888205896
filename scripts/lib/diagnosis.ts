import { AddressRange } from "../../lib/addressRange";
import { npmRun } from "../../lib/commandLines";
import { oldestTools, tools as pinned } from "../../lib/versions";
import { fail, pass, warn, type Finding } from "../../settings/finding";
import type { DockerFacts, Facts } from "./facts";
import { allTools, isAtLeast, parseVersion } from "./tools";

const GiB = 2 ** 30;
const inGiB = (bytes: number) => `${(bytes / GiB).toFixed(1)} GiB`;

/** Checks a machine by its facts. */
export function diagnose(facts: Facts): Finding[] {
    return [
        ...checkPlatform(facts),
        checkNode(facts),
        ...(typeof facts.docker === "string" ? [fail("Docker", facts.docker)] : checkDocker(facts.docker)),
        checkDisk(facts),
        ...checkInotify(facts),
        ...checkPodSubnet(facts),
    ];
}

/** Checks the tools. One that is missing is a warning only, since `up` installs it. */
export function diagnoseTools({ tools }: Facts, stack: string): Finding[] {
    return allTools.map((tool) => {
        const found = tools[tool];
        if (found !== undefined && isAtLeast(found, oldestTools[tool])) return pass(tool, found);
        const state = found === undefined ? "not installed" : `${found} is older than ${oldestTools[tool]}`;
        return warn(tool, state, `To install ${pinned[tool]} into .tools: ${npmRun(stack, "up")}`);
    });
}

function checkPlatform({ platform, osRelease, directory }: Facts): Finding[] {
    if (platform === "darwin") return [pass("Platform", "macOS")];
    if (platform !== "linux") {
        return [fail("Platform", `${platform} is not supported`, "On Windows, work inside WSL 2: wsl --install")];
    }
    if (!/microsoft/i.test(osRelease)) return [pass("Platform", "Linux")];
    // WSL 1 is not a virtual machine: it reports the kernel that it imitates.
    if (/^4\.4\./.test(osRelease)) {
        return [fail("Platform", "WSL 1 can't run Docker", "In PowerShell: wsl --set-version <distribution> 2")];
    }
    if (directory.startsWith("/mnt/")) {
        const remedy = "Clone the project into your Linux home directory, say ~/load-balancing-lab";
        return [
            warn("Platform", `WSL 2, but ${directory} is on Windows' disk, which is slow and loses file modes`, remedy),
        ];
    }
    return [pass("Platform", "WSL 2")];
}

function checkNode({ node }: Facts): Finding {
    return isAtLeast(node.version, node.oldest)
        ? pass("Node.js", node.version)
        : fail(
              "Node.js",
              `${node.version} is older than ${node.oldest}`,
              "Install a current one: https://nodejs.org/en/download",
          );
}

function checkDocker(docker: DockerFacts): Finding[] {
    return [
        checkEngine(docker),
        docker.cpus >= 2
            ? pass("CPUs", `${docker.cpus}`)
            : warn(
                  "CPUs",
                  `${docker.cpus} is enough, but everything is slow and may run into time limits`,
                  more(docker, "CPUs"),
              ),
        checkMemory(docker),
        ...(["x86_64", "amd64", "aarch64", "arm64"].includes(docker.architecture)
            ? []
            : [warn("Architecture", `the images are released for x86_64 and ARM64, not for ${docker.architecture}`)]),
        ...(docker.rootless
            ? [
                  warn(
                      "Rootless Docker",
                      "kind needs cgroup delegation",
                      "See https://kind.sigs.k8s.io/docs/user/rootless/",
                  ),
              ]
            : []),
        ...(docker.cgroupVersion === "1"
            ? [
                  warn(
                      "cgroup v1",
                      "Kubernetes ends its support: from 1.35, the kubelet starts on it only where a setting allows it",
                      "Boot a system from 2022 or later, or add systemd.unified_cgroup_hierarchy=1 to the kernel's command line",
                  ),
              ]
            : []),
        docker.kindSubnet === undefined
            ? pass("Network kind", "will be made")
            : pass("Network kind", `${docker.kindSubnet}; address pools have to lie in it`),
        pass(
            "External addresses",
            docker.addressesReachable
                ? "can be reached from this machine"
                : "can't be reached from this machine, since Docker runs in a virtual machine; use the localhost ports instead",
        ),
    ];
}

function checkEngine({ version }: DockerFacts): Finding {
    return isAtLeast(parseVersion(version) ?? "0", oldestTools.docker)
        ? pass("Docker", version)
        : warn(
              "Docker",
              `${version} is older than ${oldestTools.docker}, the oldest that the lab is made for`,
              "Update it: https://docs.docker.com/engine/install/",
          );
}

function checkMemory(docker: DockerFacts): Finding {
    const has = `${inGiB(docker.memoryBytes)} for Docker`;
    if (docker.memoryBytes < 4 * GiB) return fail("Memory", `${has}, at least 4 are needed`, more(docker, "memory"));
    if (docker.memoryBytes < 6 * GiB) return warn("Memory", `${has}, 6 are comfortable`, more(docker, "memory"));
    return pass("Memory", has);
}

function more({ desktop }: DockerFacts, resource: string): string {
    return desktop ? `Docker Desktop → Settings → Resources: more ${resource}` : `Use a machine with more ${resource}`;
}

function checkDisk({ freeBytes }: Facts): Finding {
    const has = `${inGiB(freeBytes)} free`;
    const remedy = "docker system prune";
    if (freeBytes < 5 * GiB) return fail("Disk", `${has}, the images need 5`, remedy);
    if (freeBytes < 12 * GiB) return warn("Disk", `${has}, 12 are comfortable`, remedy);
    return pass("Disk", has);
}

function checkInotify({ inotify }: Facts): Finding[] {
    if (inotify === undefined) return [];
    const { watches, instances } = inotify;
    const has = `${watches} watches, ${instances} instances`;
    if (watches >= 65536 && instances >= 256) return [pass("inotify", has)];
    // https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files
    const remedy = "sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512";
    return [warn("inotify", `${has}; pods may crash with "too many open files"`, remedy)];
}

/** Looks for networks of this machine that pods could not reach. A subnet that is invalid is left to the settings' checks. */
function checkPodSubnet({ podSubnet, interfaces }: Facts): Finding[] {
    let pods: AddressRange;
    try {
        pods = AddressRange.parse(podSubnet);
    } catch {
        return [];
    }
    const overlapping = Object.entries(interfaces)
        // Pods need not reach Docker's own bridges and the interfaces of network plugins.
        .filter(([name]) => !/^(docker|br-|veth|cali|vxlan|tunl|bridge)/.test(name))
        .filter(([, networks]) => networks.some((network) => networkOf(network)?.overlaps(pods)))
        .map(([name, networks]) => `${name} (${networks.join(", ")})`);
    if (overlapping.length === 0) return [pass("cluster.podSubnet", podSubnet)];
    const detail =
        `${podSubnet} overlaps the network of ${overlapping.join(", ")}; pods can't reach machines in it. If they have to, set ` +
        "another before the first up";
    return [{ ...warn("cluster.podSubnet", detail), example: "10.244.0.0/16" }];
}

/** The network of an interface, given as the interface's own address and prefix length. */
function networkOf(cidr: string): AddressRange | undefined {
    const [address = "", prefix] = cidr.split("/");
    return AddressRange.parse(`${address}/32`).enclosing(Number(prefix));
}
