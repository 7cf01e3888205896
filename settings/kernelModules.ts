import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { docker } from "../lib/docker";
import type { DockerHost } from "../lib/dockerHost";
import { invalid, pass, warn, type Finding } from "./finding";
import type { Settings } from "./schema";

const run = promisify(execFile);

const setting = "cluster.kubeProxyMode";
const example = "nftables";

/**
 * Says whether the kernel has the module ip_vs: yes, no or unknown. $1 is the root folder. kube-proxy's own check loads the module
 * by using it. This one changes nothing, and needs no privilege: it reads what is in use, and which modules come with the kernel.
 */
const ask = `
lists="$1/lib/modules/$(uname -r)"
if [ -e "$1/sys/module/ip_vs" ] || [ -e "$1/proc/net/ip_vs" ]; then echo yes
elif grep -qsE '/ip_vs\\.ko(\\.[a-z]+)?(:|$)' "$lists/modules.builtin" "$lists/modules.dep"; then echo yes
# A kernel without /proc/modules loads none.
elif [ -e "$lists/modules.dep" ] || [ ! -e "$1/proc/modules" ]; then echo no
else echo unknown; fi`;

/**
 * Checks that the kernel on which containers run can do ipvs, if that is kube-proxy's mode. Where nobody can tell, it is a warning.
 *
 * @param root the root folder of this machine.
 */
export async function checkKernelModules({ cluster }: Settings, host: DockerHost, root = ""): Promise<Finding[]> {
    if (cluster.kubeProxyMode !== "ipvs") return [];
    const answer = await askKernel(cluster.name, host, root);
    if (answer === "yes") return [pass(setting, "ipvs: the kernel has its module ip_vs")];
    if (answer === "no") {
        const detail = "ipvs needs the module ip_vs, and the kernel on which Docker runs containers has none";
        return [invalid(setting, detail, example)];
    }
    const detail =
        "not checked: ipvs needs the module ip_vs, and it can't be told from here whether the kernel on which Docker runs containers " +
        "has it. If it has none, kube-proxy does not start. Another mode needs no module";
    return [{ ...warn(setting, detail), example }];
}

/** Asks the kernel from here, or from a node of the cluster, for which Docker has mounted /lib/modules. */
async function askKernel(cluster: string, host: DockerHost, root: string): Promise<string> {
    const node = host.nodes.find((one) => one.cluster === cluster && one.running);
    const here = host.sharesKernel ? (await run("/bin/sh", ["-c", ask, "sh", root])).stdout.trim() : "unknown";
    if (here !== "unknown" || node === undefined) return here;
    return docker("exec", node.name, "sh", "-c", ask).catch(() => "unknown");
}
