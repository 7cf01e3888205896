import { setTimeout as sleep } from "node:timers/promises";
import type { Say } from "../../experiments/catalogue";
import { Fault } from "../../experiments/fault";
import { CommandMissing, type ContainerRef, type Lab, type Manifest, type StackOutputs } from "../../experiments/lab";
import { measureCeiling } from "../../lib/ceiling";
import { npmRun } from "../../lib/commandLines";
import { docker, DockerError } from "../../lib/docker";
import { readNodes } from "../../lib/dockerHost";
import { sendAll } from "../../lib/load";
import { request } from "../../lib/request";
import { captureKubectl } from "./kubectl";
import { capture, CommandError, NotInstalled } from "./processes";
import { listStacks, readKubeconfig, readOutputs, StackNotUp, type Outputs } from "./pulumi";
import { childOptions, type Workspace } from "./workspace";

/** By this label, whose value is the run, everything is found again that an experiment has made. */
const label = "load-balancing-lab/experiment";

/** What experiments make. */
const kinds = ["service", "ingress"];

/** What the runner does besides for a {@link Lab}. */
export interface OpenLab extends Lab {
    /** Deletes what earlier runs have left. @returns what that was. */
    sweep(): Promise<string[]>;
    /** Deletes what this run has made. Ctrl-C does not keep it from that. @returns what could not be deleted, and why. */
    restore(): Promise<{ what: string; reason: string; command: string }[]>;
}

/** How the lab shows what is being done. */
export interface Display {
    step(what: Say): void;
    /** How many of a step's requests have come to their end. */
    count(what: Say, done: number, all: number): void;
}

/**
 * Finds the stack and its cluster.
 *
 * @param run tells this run from every other.
 * @param signal ends everything but {@link OpenLab.restore}.
 * @throws {Fault} where it is not up.
 */
export async function openLab(
    workspace: Workspace,
    run: string,
    signal: AbortSignal,
    display: Display,
): Promise<OpenLab> {
    const { stack } = workspace;
    const command = (script: string, ...args: string[]) => npmRun(stack, script, ...args);
    const [outputs, kubeconfig] = await readStack(workspace);
    const nodes = await runningNodes(outputs.clusterName, command("up"));

    const kubectl = async (args: string[], input?: string) => {
        try {
            return await captureKubectl(workspace, kubeconfig, args, { input, signal });
        } catch (error) {
            if (!(error instanceof CommandError)) throw error;
            throw new Fault((texts) => texts.faults.kubectl(error.message, command("doctor")));
        }
    };
    const json = async <T>(...args: string[]) => JSON.parse(await kubectl([...args, "--output=json"])) as T;
    /** Without the signal, and out of reach of a terminal's Ctrl-C. */
    const remove = (kind: string, namespace: string, name: string) => {
        const args = ["delete", kind, name, `--namespace=${namespace}`, "--ignore-not-found", "--timeout=30s"];
        return captureKubectl(workspace, kubeconfig, args, { detached: true });
    };
    const made: { kind: string; namespace: string; name: string }[] = [];
    return {
        stack,
        run,
        outputs,
        nodes,
        kubectl: {
            json,
            exec: ({ namespace, pod, container }: ContainerRef, ...inside) =>
                kubectl(["exec", `--namespace=${namespace}`, pod, `--container=${container}`, "--", ...inside]),
            logs: ({ namespace, pod, container }, since) =>
                kubectl([
                    ...["logs", `--namespace=${namespace}`, pod, `--container=${container}`],
                    `--since-time=${since.toISOString()}`,
                ]),
        },
        async onNode(node, ...inside) {
            signal.throwIfAborted();
            try {
                return await docker("exec", node, ...inside);
            } catch (error) {
                const isMissing = error instanceof DockerError && /executable file not found/.test(error.message);
                throw isMissing ? new CommandMissing(inside[0] ?? "") : error;
            }
        },
        async program(name, ...args) {
            try {
                return await capture(name, args, childOptions(workspace), { signal });
            } catch (error) {
                throw error instanceof NotInstalled ? new CommandMissing(name) : error;
            }
        },
        async send(what, target, loop) {
            display.step(what);
            return sendAll(target, { ...loop, signal, onEnd: (ended) => display.count(what, ended, loop.count) });
        },
        async ask(url, asked) {
            try {
                return await request(url, { ...asked, signal });
            } catch (error) {
                signal.throwIfAborted();
                return { failure: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
            }
        },
        ceiling: (loop) => measureCeiling({ ...loop, signal }),
        progress: (what) => display.step(what),
        async eventually(seconds, ask) {
            for (const deadline = Date.now() + seconds * 1000; ;) {
                const answer = await ask();
                if (answer !== undefined || Date.now() > deadline) return answer;
                await sleep(500, undefined, { signal });
            }
        },
        async makeTemporary(manifest: Manifest) {
            const { kind, metadata } = manifest;
            signal.throwIfAborted();
            // It may be made even if the command fails.
            made.push({ kind: kind.toLowerCase(), ...metadata });
            const labelled = { ...manifest, metadata: { ...metadata, labels: { [label]: run } } };
            await kubectl(["create", "--filename=-"], JSON.stringify(labelled));
        },
        npmRun: command,
        async sweep() {
            interface Listed {
                items: { kind: string; metadata: { name: string; namespace: string } }[];
            }
            const { items } = await json<Listed>("get", kinds.join(), "--all-namespaces", `--selector=${label}`);
            for (const { kind, metadata } of items) await remove(kind.toLowerCase(), metadata.namespace, metadata.name);
            return items.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);
        },
        async restore() {
            const failed = [];
            for (const { kind, namespace, name } of made.splice(0)) {
                try {
                    await remove(kind, namespace, name);
                } catch (error) {
                    failed.push({
                        what: `${kind} ${namespace}/${name}`,
                        reason: (error as Error).message,
                        command: command("kubectl", "delete", kind, name, "-n", namespace),
                    });
                }
            }
            return failed;
        },
    };
}

/** The stack's outputs and its kubeconfig. */
async function readStack(workspace: Workspace): Promise<[StackOutputs, string]> {
    const { stack } = workspace;
    const up = npmRun(stack, "up");
    try {
        const outputs = await readOutputs(workspace);
        if (!isComplete(outputs)) throw new Fault((texts) => texts.faults.unfinished(stack, up));
        return [outputs, await readKubeconfig(workspace)];
    } catch (error) {
        if (!(error instanceof StackNotUp)) throw error;
        const others = await otherStacks(workspace);
        throw new Fault(({ faults }) =>
            [
                faults.notUp(stack, up),
                ...(others[0] === undefined ? [] : [faults.others(others, npmRun(others[0], "experiment"))]),
            ].join("\n"),
        );
    }
}

function isComplete(outputs: Outputs): outputs is Outputs & StackOutputs {
    const { clusterName, webAddress, ingressAddress, urls, hostsEntry, caCertificate } = outputs;
    const needed = [clusterName, webAddress, ingressAddress, hostsEntry, caCertificate, urls?.backend, urls?.web];
    return needed.every((value) => value !== undefined);
}

/** Those that are up. */
async function otherStacks(workspace: Workspace): Promise<string[]> {
    // Without a backend there are none.
    const stacks = await listStacks(workspace).catch(() => []);
    return stacks
        .filter(({ name, resourceCount = 0 }) => name !== workspace.stack && resourceCount > 0)
        .map(({ name }) => name);
}

/** The nodes of a cluster. */
async function runningNodes(cluster: string, up: string): Promise<string[]> {
    const nodes = (await readNodes()).filter((node) => node.cluster === cluster);
    if (nodes.length === 0) throw new Fault((texts) => texts.faults.clusterGone(cluster, up));
    const stopped = nodes.filter(({ running }) => !running).map(({ name }) => name);
    if (stopped.length > 0) throw new Fault((texts) => texts.faults.nodesStopped(stopped, up));
    return nodes.map(({ name }) => name).sort();
}
