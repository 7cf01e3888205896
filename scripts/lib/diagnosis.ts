import { AddressRange } from "../../lib/addressRange";
import { npmRun } from "../../lib/commandLines";
import { endsOfSupport, oldestTools, tools as pinned } from "../../lib/versions";
import { isLoopback, maskLogins, proxyUrl } from "../../lib/web";
import { fail, pass, warn, type Finding } from "../../settings/finding";
import type { DockerFacts, Facts } from "./facts";
import { allTools, isAtLeast, parseVersion } from "./tools";

const GiB = 2 ** 30;
const inGiB = (bytes: number) => `${(bytes / GiB).toFixed(1)} GiB`;

/** Checks a machine by its facts. */
export function diagnose(facts: Facts): Finding[] {
    return [
        ...checkPlatform(facts),
        ...checkUser(facts),
        checkNode(facts),
        ...(typeof facts.docker === "string" ? [fail("Docker", facts.docker)] : checkDocker(facts.docker)),
        checkDisk(facts),
        ...checkInotify(facts),
        ...checkPodSubnet(facts),
        ...checkProxies(facts),
    ];
}

/** Checks whether upstream still mends what the stack uses. A warning: it works as before. */
export function diagnoseVersions(stack: string, today: string, ends = endsOfSupport): Finding[] {
    const ended = ends.filter(
        ({ supportedUntil: until }) => until === "ended" || (until !== undefined && until < today),
    );
    return ended.map(({ name, version, supportedUntil, setting }) => {
        const update = "Update this project: git pull";
        if (supportedUntil === "ended") {
            return warn(name, `upstream has given it up. Nobody mends ${version}, security holes included`, update);
        }
        const choose =
            setting === undefined ? "" : `\nOr choose another version: ${npmRun(stack, "set", setting, "VERSION")}`;
        const detail = `upstream mended ${version} until ${supportedUntil}. Security holes since then stay open`;
        return warn(name, detail, update + choose);
    });
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

function checkUser({ sudoUser }: Facts): Finding[] {
    if (sudoUser === undefined) return [];
    const detail = `this runs as root for ${sudoUser}. What it makes will belong to root, and ${sudoUser} can't change it`;
    return [warn("User", detail, "Run it without sudo. Who is in the group `docker` needs none")];
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
                      "Kubernetes has given it up. From 1.35 on, a node starts on it only if its image sets the kubelet's " +
                          "failCgroupV1 to false, and kind's own image does not",
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
                : "can't be reached from this machine, since containers have a network of their own; use the localhost ports instead",
        ),
        ...checkImageStore(docker),
    ];
}

/** https://github.com/moby/moby/issues/47717 */
function checkImageStore({ containerdImages, desktop, version }: DockerFacts): Finding[] {
    const parsed = parseVersion(version) ?? "0";
    if (!containerdImages || isAtLeast(parsed, "27.5.0") || !isAtLeast(parsed, "24.0.0")) return [];
    const setting = desktop
        ? "Docker Desktop → Settings → General: switch off “Use containerd for pulling and storing images”"
        : 'In /etc/docker/daemon.json, set "features": { "containerd-snapshotter": false }, then: sudo systemctl restart docker';
    const detail = `Docker ${version} keeps images in containerd. Until 27.5 the backend's image can't be built that way ("invalid response status 403")`;
    return [warn("Image store", detail, `Update Docker: https://docs.docker.com/engine/install/\nOr: ${setting}`)];
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
    // A machine that is sold with 4 GiB reports less, since the kernel has taken its part.
    if (docker.memoryBytes < 3.5 * GiB) return fail("Memory", `${has}, at least 4 are needed`, more(docker, "memory"));
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

/** kind hands the proxies to its nodes, as they are: https://kind.sigs.k8s.io/docs/user/quick-start/#configure-kind-to-use-a-proxy */
function checkProxies({ proxies }: Facts): Finding[] {
    return Object.entries(proxies)
        .filter(([, proxy]) => URL.canParse(proxyUrl(proxy)) && isLoopback(new URL(proxyUrl(proxy)).hostname))
        .map(([name, proxy]) => {
            const detail =
                `${maskLogins(proxy)} is this machine, but the nodes get it too, and there it is the node itself, where nothing ` +
                "listens. They can't pull images";
            const remedy =
                "If a mirror has the images, or there is a way without the proxy: " +
                `unset ${name}\nOr let the proxy listen on Docker's address, for example http://172.17.0.1:3128, and set ${name} to that`;
            return warn(name, detail, remedy);
        });
}

/** Looks for networks of this machine that pods could not reach. A subnet that is invalid is left to the settings' checks. */
function checkPodSubnet({ podSubnet, networks }: Facts): Finding[] {
    let pods: AddressRange;
    try {
        pods = AddressRange.parse(podSubnet);
    } catch {
        return [];
    }
    const overlapping = networks
        // Pods need not reach Docker's own bridges and the interfaces of network plugins.
        .filter(({ name }) => !/^(docker|br-|veth|cali|vxlan|tunl|bridge)/.test(name))
        .filter(({ subnet }) => AddressRange.parse(subnet).overlaps(pods))
        .map(({ name, subnet }) => `${name} (${subnet})`);
    if (overlapping.length === 0) return [pass("cluster.podSubnet", podSubnet)];
    const detail =
        `${podSubnet} overlaps the network of ${overlapping.join(", ")}; pods can't reach machines in it. If they have to, set ` +
        "another before the first up";
    return [{ ...warn("cluster.podSubnet", detail), example: "10.244.0.0/16" }];
}
