import type { Exchange, ClosedLoop, Target } from "../lib/load";
import type { Ceiling } from "../lib/ceiling";
import type { Answer, Asked } from "../lib/request";
import type { Say } from "./catalogue";

/** Where the stack is reached, as its outputs say. */
export interface StackOutputs {
    clusterName: string;
    webAddress: string;
    ingressAddress: string;
    urls: { frontend: string; backend: string; web: string };
    /** The line for the hosts file: the address of the domain's names on this machine, then the names. */
    hostsEntry: string;
    /** Of the domain's certificate, PEM. */
    caCertificate: string;
}

/** A container that runs in the cluster. */
export interface ContainerRef {
    namespace: string;
    pod: string;
    container: string;
}

/** What an experiment needs of the stack's cluster, by way of kubectl. */
export interface Kubectl {
    /** What a kubectl command prints, for example `get service web`, as JSON. */
    json<T>(...args: string[]): Promise<T>;
    /** What a command in a container prints. */
    exec(container: ContainerRef, ...command: string[]): Promise<string>;
    /** What a container has logged since then. */
    logs(container: ContainerRef, since: Date): Promise<string>;
}

/** An object of Kubernetes that an experiment makes. */
export interface Manifest {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace: string; annotations?: Record<string, string> };
    spec: object;
}

/** What an experiment has to work with: the stack, and what the runner does for it. Tests have one of their own. */
export interface Lab {
    readonly stack: string;
    /** Tells this run from every other, in logs and in labels. It has letters, digits and hyphens. */
    readonly run: string;
    readonly outputs: StackOutputs;
    /** Names of the nodes, which are containers on this machine. */
    readonly nodes: string[];
    readonly kubectl: Kubectl;
    /** What a command on a node prints. @throws {CommandMissing} where the node does not have the command. */
    onNode(node: string, ...command: string[]): Promise<string>;
    /** What a program of this machine prints. @throws {CommandMissing} where it is not installed. */
    program(name: string, ...args: string[]): Promise<string>;
    /**
     * Sends requests, see {@link sendAll}, and shows how far it is. Ctrl-C ends it.
     *
     * @param what is being done.
     */
    send(what: Say, target: Target, loop: Omit<ClosedLoop, "signal" | "onEnd">): Promise<Exchange[]>;
    /** One request. @returns its answer, or why there was none: an error's code. */
    ask(url: string, asked: Asked): Promise<Answer | { failure: string }>;
    /** The sender's own limit, see {@link measureCeiling}. */
    ceiling(loop: Pick<ClosedLoop, "concurrency" | "keepAlive">): Promise<Ceiling>;
    /** Shows what is being done. */
    progress(what: Say): void;
    /** Asks until the answer is there, every half second. @returns nothing where it is not within that time, s. */
    eventually<T>(seconds: number, ask: () => Promise<T | undefined>): Promise<T | undefined>;
    /** Makes an object, which is deleted when the experiment ends, however it ends: by the next run if this one is killed. */
    makeTemporary(manifest: Manifest): Promise<void>;
    /** A command of this project for this stack, as a line for the user. */
    npmRun(script: string, ...args: string[]): string;
}

/** A command is not there. */
export class CommandMissing extends Error {
    constructor(readonly command: string) {
        super(command);
    }
}
