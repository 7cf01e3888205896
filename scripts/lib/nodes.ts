import { setTimeout } from "node:timers/promises";
import { commandLine, npmRun } from "../../lib/commandLines";
import { docker } from "../../lib/docker";
import type { KindNode } from "../../lib/dockerHost";

/** How long Kubernetes and the database have to answer after the nodes were started, in ms. */
const timeout = 180_000;

const isControlPlane = (name: string) => /-control-plane\d*$/.test(name);

/**
 * Starts the stopped nodes of a cluster, for example after a restart of the machine, and waits until its API answers.
 *
 * @param cluster all its nodes.
 * @returns whether any was stopped.
 * @throws {Error} where the API does not answer within 180 s.
 */
export async function startNodes(cluster: KindNode[], stack: string): Promise<boolean> {
    const stopped = cluster.filter(({ running }) => !running).map(({ name }) => name);
    if (stopped.length === 0) return false;

    // Docker gives out addresses in the order of starting. kind starts the control plane first: in that order every node gets
    // its old address.
    stopped.sort((a, b) => Number(isControlPlane(b)) - Number(isControlPlane(a)) || a.localeCompare(b));
    await docker("start", ...stopped);
    try {
        await retryKubectl(cluster, "get", "--raw=/readyz");
    } catch (error) {
        throw new Error(
            [
                `The nodes were started, but Kubernetes does not answer: ${(error as Error).message}`,
                "Try again. If it still does not answer, make a new cluster; everything in this one is lost:",
                `  ${removeNodes(cluster)}`,
                `  ${npmRun(stack, "up")}`,
            ].join("\n"),
        );
    }
    return true;
}

/** The command line that deletes the nodes of a cluster. */
export function removeNodes(cluster: KindNode[]): string {
    return commandLine("docker", "rm", "--force", "--volumes", ...cluster.map(({ name }) => name));
}

/**
 * Waits until the database answers. After a start of the nodes this takes longer than Kubernetes itself.
 *
 * @param cluster all its nodes.
 * @throws {Error} where the database does not answer within 180 s.
 */
export async function waitForDatabase(cluster: KindNode[]): Promise<void> {
    // Asked in the pod: the pod's state in Kubernetes may be from before the stop.
    const ready = ["--", "pg_isready", "--quiet", "--host", "127.0.0.1"];
    await retryKubectl(cluster, "exec", "--namespace=app", "db-0", "--container=postgres", ...ready);
}

/**
 * Runs the control plane's own kubectl until it succeeds.
 *
 * @throws {Error} with the last reason, at the end of the timeout.
 */
async function retryKubectl(cluster: KindNode[], ...args: string[]): Promise<void> {
    const controlPlane = cluster.map(({ name }) => name).find(isControlPlane);
    if (controlPlane === undefined) throw new Error("The cluster has lost its control plane.");
    const kubectl = ["kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", "--request-timeout=5s"];
    const deadline = Date.now() + timeout;
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
