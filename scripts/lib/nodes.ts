import { setTimeout } from "node:timers/promises";
import { docker, type KindNode } from "../../lib/docker";

const patience = 180_000;

const isControlPlane = (name: string) => /-control-plane\d*$/.test(name);

/**
 * Starts the containers of a cluster that were stopped, by a reboot say, and waits until its API answers.
 *
 * @param cluster all its nodes.
 * @returns whether there was anything to start.
 * @throws {Error} where the API doesn't come back.
 */
export async function startNodes(cluster: KindNode[]): Promise<boolean> {
    const stopped = cluster.filter(({ running }) => !running).map(({ name }) => name);
    if (stopped.length === 0) return false;

    // Docker gives out addresses in the order of starting; kind's own, control plane first, gives every node its old one.
    stopped.sort((a, b) => Number(isControlPlane(b)) - Number(isControlPlane(a)) || a.localeCompare(b));
    await docker("start", ...stopped);
    try {
        await insist(cluster, "get", "--raw=/readyz");
    } catch (error) {
        throw new Error(
            `The nodes were started, but Kubernetes didn't answer within ${patience / 1000} s. If it stays so, only a new ` +
                "cluster helps, and what is in this one is lost: " +
                `docker rm --force --volumes ${cluster.map((n) => n.name).join(" ")} && npm run up` +
                `\n${(error as Error).message}`,
        );
    }
    return true;
}

/**
 * Waits until the database answers: after a start of the nodes that takes longer than Kubernetes itself.
 *
 * @param cluster all its nodes.
 * @throws {Error} where it doesn't.
 */
export async function awaitDatabase(cluster: KindNode[]): Promise<void> {
    // Asked in the pod: what Kubernetes knows of it may be from before the stop.
    const ready = ["--", "pg_isready", "--quiet", "--host", "127.0.0.1"];
    await insist(cluster, "exec", "--namespace=app", "db-0", "--container=postgres", ...ready);
}

/**
 * Runs the control plane's own kubectl until it succeeds.
 *
 * @throws {Error} with the last reason, where patience runs out.
 */
async function insist(cluster: KindNode[], ...args: string[]): Promise<void> {
    const controlPlane = cluster.map(({ name }) => name).find(isControlPlane);
    if (controlPlane === undefined) throw new Error("The cluster has lost its control plane.");
    const kubectl = ["kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", "--request-timeout=5s"];
    const deadline = Date.now() + patience;
    for (;;) {
        try {
            await docker("exec", controlPlane, ...kubectl, ...args);
            return;
        } catch (error) {
            if (Date.now() > deadline) throw error;
        }
        await setTimeout(1000);
    }
}
