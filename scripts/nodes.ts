import { setTimeout } from "node:timers/promises";
import { docker, type KindNode } from "../components/docker";

const patience = 180_000;

/**
 * Starts the containers of a cluster that were stopped, by a reboot say, and waits until its API answers.
 *
 * @param cluster all its nodes.
 * @returns whether there was anything to start.
 * @throws {Error} where the API doesn't come back.
 */
export async function startNodes(cluster: KindNode[]): Promise<boolean> {
    const stopped = cluster.filter(({ running }) => !running).map(({ name }) => name);
    const isControlPlane = (name: string) => /-control-plane\d*$/.test(name);
    const controlPlane = cluster.map(({ name }) => name).find(isControlPlane);
    if (stopped.length === 0 || controlPlane === undefined) return false;

    // Docker gives out addresses in the order of starting; kind's own, control plane first, gives every node its old one.
    stopped.sort((a, b) => Number(isControlPlane(b)) - Number(isControlPlane(a)) || a.localeCompare(b));
    await docker("start", ...stopped);

    const deadline = Date.now() + patience;
    for (;;) {
        const ready = [
            "kubectl",
            "--kubeconfig=/etc/kubernetes/admin.conf",
            "--request-timeout=5s",
            "get",
            "--raw=/readyz",
        ];
        try {
            await docker("exec", controlPlane, ...ready);
            return true;
        } catch (error) {
            if (Date.now() > deadline) {
                throw new Error(
                    `The nodes were started, but Kubernetes didn't answer within ${patience / 1000} s. Delete the cluster ` +
                        `and run this again to make a new one: docker rm --force --volumes ${cluster.map((n) => n.name).join(" ")}` +
                        `\n${(error as Error).message}`,
                );
            }
        }
        await setTimeout(1000);
    }
}
