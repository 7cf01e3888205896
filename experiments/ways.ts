import { isSuccess, type Target } from "../lib/load";
import { podOf } from "../lib/request";
import { kubeProxyModes, type KubeProxyMode } from "../lib/kubeProxy";
import { Fault } from "./fault";
import type { ServicePort } from "./kernelCounters";
import type { Lab } from "./lab";

/** Where an experiment can send its requests. */
export const wayNames = ["web", "ingress", "backend"] as const;
export type WayName = (typeof wayNames)[number];

/** A way from this machine to the pods of one Service. */
export interface Way {
    name: WayName;
    target: Target;
    /** What this machine connects to, and what kube-proxy so has to do with. Behind the ingress it is the ingress's own Service. */
    entry: ServicePort;
    /** The pods that answer, and the container that logs their requests. */
    app: { namespace: string; service: string; container: string };
    /** Whether ingress-nginx chooses the pod. */
    byIngress: boolean;
}

/** A pod that is ready behind a Service. */
export interface Pod {
    name: string;
    ip: string;
    node: string;
}

/** The Service of the ingress, and the container of its pods. */
export const ingress = {
    namespace: "ingress-nginx",
    service: "ingress-nginx-controller",
    container: "controller",
};

/** A Service, as far as an experiment needs it. */
export interface ServiceObject {
    spec: {
        clusterIP?: string;
        selector?: Record<string, string>;
        ports: { name?: string; port: number; targetPort?: number | string; nodePort?: number }[];
    };
    status: { loadBalancer?: { ingress?: { ip?: string }[] } };
}

export const getService = (lab: Lab, namespace: string, name: string) =>
    lab.kubectl.json<ServiceObject>("get", "service", name, `--namespace=${namespace}`);

/** Whether this machine reaches the cluster's external addresses. Where it does not, ports of localhost lead to the ingress. */
export const reachesAddresses = ({ outputs }: Lab) => new URL(outputs.urls.web).hostname === outputs.webAddress;

/**
 * The way to some pods, see README's drawing.
 *
 * @throws {Fault} where this machine can't go it.
 */
export async function wayTo(lab: Lab, name: WayName): Promise<Way> {
    const { outputs } = lab;
    if (name === "web") {
        if (!reachesAddresses(lab)) {
            const other = lab.npmRun("experiment", "spread", "--to", "backend");
            throw new Fault((texts) => texts.faults.addressUnreachable(outputs.webAddress, other));
        }
        const app = { namespace: "web", service: "web", container: "web" };
        return {
            name,
            target: { name, url: outputs.urls.web, asked: { address: outputs.webAddress } },
            entry: await entryOf(lab, app.namespace, app.service, outputs.webAddress, outputs.urls.web),
            app,
            byIngress: false,
        };
    }
    const url = name === "ingress" ? new URL("/", outputs.urls.backend).href : `${outputs.urls.backend}/whoami`;
    const [address = ""] = outputs.hostsEntry.split(" ");
    return {
        name,
        target: { name, url, asked: { address, ca: outputs.caCertificate } },
        entry: await entryOf(lab, ingress.namespace, ingress.service, outputs.ingressAddress, url),
        app:
            name === "ingress"
                ? { namespace: "web", service: "web", container: "web" }
                : { namespace: "app", service: "backend", container: "logger" },
        byIngress: true,
    };
}

async function entryOf(lab: Lab, namespace: string, name: string, address: string, url: string): Promise<ServicePort> {
    const { spec } = await getService(lab, namespace, name);
    const isSecure = new URL(url).protocol === "https:";
    const wanted = isSecure ? 443 : 80;
    const found = spec.ports.find(({ port }) => port === wanted) ?? spec.ports[0];
    return { namespace, name, portName: found?.name, address, port: found?.port ?? wanted };
}

/**
 * A Service that differs from the web demo's only in what is given. It is the experiment's own, with an address of its own, and goes
 * with it.
 *
 * @param difference fields of its spec.
 * @throws {Fault} where it gets no address, or where nothing answers there within 20 s.
 */
export async function ownWay(lab: Lab, difference: object): Promise<Way> {
    const way = await wayTo(lab, "web");
    const { namespace } = way.app;
    const name = `experiment-${lab.run}`;
    await lab.makeTemporary({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, namespace },
        spec: {
            type: "LoadBalancer",
            selector: { "app.kubernetes.io/name": way.app.service },
            ports: [{ name: "http", port: 80, targetPort: "http" }],
            ...difference,
        },
    });
    const address = await lab.eventually(30, async () => {
        const { status } = await getService(lab, namespace, name);
        return status.loadBalancer?.ingress?.[0]?.ip;
    });
    if (address === undefined) {
        throw new Fault((texts) =>
            texts.faults.noFreeAddress(lab.npmRun("kubectl", "get", "services", "-A"), lab.npmRun("up")),
        );
    }
    const url = new URL(way.target.url);
    url.hostname = address;
    const own = {
        ...way,
        target: { ...way.target, url: url.href, asked: { address } },
        entry: await entryOf(lab, namespace, name, address, url.href),
    };
    // It takes a moment until nodes know of it.
    const answers = async () => {
        try {
            await requireAnswers(lab, own);
            return true;
        } catch (error) {
            if (!(error instanceof Fault)) throw error;
        }
    };
    if ((await lab.eventually(20, answers)) === undefined) await requireAnswers(lab, own);
    return own;
}

/** What an Ingress of an experiment's own leads to. */
interface IngressTarget {
    namespace: string;
    service: string;
    port: number;
    annotations: Record<string, string>;
}

/**
 * An Ingress of the experiment's own, at a prefix of its own of the stack's host, which goes with it.
 *
 * @param site the stack's host, and how it is asked.
 * @param pods by which the names of those begin that answer there.
 * @returns the prefix, as a URL.
 * @throws {Fault} where it is not served within 20 s.
 */
export async function ownIngress(lab: Lab, site: Target, pods: string, to: IngressTarget): Promise<string> {
    const { namespace, service: name, port, annotations } = to;
    const prefix = `/experiment-${lab.run}`;
    const url = new URL(prefix, site.url);
    const backend = { service: { name, port: { number: port } } };
    await lab.makeTemporary({
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name: `experiment-${lab.run}`, namespace, annotations },
        spec: {
            ingressClassName: "nginx",
            rules: [{ host: url.hostname, http: { paths: [{ path: prefix, pathType: "Prefix", backend }] } }],
        },
    });
    const isServed = await lab.eventually(20, async () => {
        const answer = await lab.ask(`${url.href}/whoami`, site.asked);
        return "failure" in answer || !podOf(answer.headers)?.startsWith(`${pods}-`) ? undefined : true;
    });
    if (isServed !== undefined) return url.href;
    const command = lab.npmRun("kubectl", "get", "ingress", "-A");
    throw new Fault((texts) => texts.faults.notServed(command));
}

/** The pods that are ready behind a Service, in the order of their names. */
export async function readyPods(lab: Lab, namespace: string, service: string): Promise<Pod[]> {
    interface Slices {
        items: {
            endpoints?: {
                addresses: string[];
                conditions?: { ready?: boolean };
                nodeName?: string;
                targetRef?: { name: string };
            }[];
        }[];
    }
    const selector = `--selector=kubernetes.io/service-name=${service}`;
    const slices = await lab.kubectl.json<Slices>("get", "endpointslices", `--namespace=${namespace}`, selector);
    const pods = slices.items
        .flatMap(({ endpoints }) => endpoints ?? [])
        .flatMap((endpoint) => {
            const { addresses, conditions, nodeName = "", targetRef } = endpoint;
            const [ip] = addresses;
            // Where nothing is said of it, an endpoint is ready.
            return ip === undefined || conditions?.ready === false
                ? []
                : [{ name: targetRef?.name ?? ip, ip, node: nodeName }];
        });
    return pods.sort((one, other) => one.name.localeCompare(other.name));
}

/**
 * The pods that a way leads to.
 *
 * @throws {Fault} where there is nothing to choose from.
 */
export async function severalPods(lab: Lab, { app: { namespace, service } }: Way): Promise<Pod[]> {
    const pods = await readyPods(lab, namespace, service);
    if (pods.length > 1) return pods;
    const more = lab.npmRun("kubectl", "scale", "-n", namespace, `deployment/${service}`, "--replicas", "3");
    throw new Fault((texts) => texts.faults.tooFewPods(service, pods.length, more));
}

/**
 * The node whose kernel takes the traffic: the one that announces the address. Where ports of localhost lead to the ingress, it is
 * the control plane, which publishes them.
 *
 * @throws {Fault} where none announces it.
 */
export async function entryNode(lab: Lab, { entry }: Way): Promise<string> {
    if (!reachesAddresses(lab)) return lab.nodes.find((name) => name.endsWith("-control-plane")) ?? "";
    interface Statuses {
        items: { metadata: { labels?: Record<string, string> }; status?: Record<string, string | undefined> }[];
    }
    const find = async () => {
        const { items } = await lab.kubectl.json<Statuses>("get", "servicel2statuses.metallb.io", "--all-namespaces");
        const found = items.find(({ metadata: { labels = {} }, status = {} }) => {
            const name = status.serviceName ?? labels["metallb.io/service-name"];
            const namespace = status.serviceNamespace ?? labels["metallb.io/service-namespace"];
            return name === entry.name && namespace === entry.namespace;
        });
        return found?.status?.node;
    };
    const node = await lab.eventually(10, find);
    if (node !== undefined) return node;
    const status = lab.npmRun("kubectl", "get", "-A", "servicel2statuses.metallb.io");
    throw new Fault((texts) => texts.faults.notAnnounced(entry.address, status, lab.npmRun("up")));
}

/** The mode that kube-proxy on a node says it is in: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/ */
export async function proxyMode(lab: Lab, node: string): Promise<KubeProxyMode> {
    const said = (await lab.onNode(node, "curl", "--silent", "--max-time", "10", "localhost:10249/proxyMode")).trim();
    const mode = kubeProxyModes.find((known) => known === said);
    if (mode !== undefined) return mode;
    throw new Fault((texts) => texts.faults.unknownMode(node, said, lab.npmRun("up")));
}

/** How many worker processes each pod of the ingress has: each of them takes turns by itself. */
export async function workersOf(lab: Lab, controllers: Pod[]): Promise<number[]> {
    return Promise.all(
        controllers.map(async ({ name }) => {
            const { namespace, container } = ingress;
            const at = { namespace, pod: name, container };
            return parseWorkers(await lab.kubectl.exec(at, "cat", "/etc/nginx/nginx.conf"));
        }),
    );
}

/** Reads `worker_processes` in nginx's configuration. The controller writes a number there. nginx's own default is one. */
export function parseWorkers(configuration: string): number {
    return Number(/^\s*worker_processes\s+(\d+);/m.exec(configuration)?.[1] ?? 1);
}

/**
 * Makes sure that a way leads to pods that say who they are. Three answers in a row will do.
 *
 * @throws {Fault} with the reason, and with what to run.
 */
export async function requireAnswers(lab: Lab, { target }: Way): Promise<void> {
    lab.progress((texts) => texts.progress.asking(target.url));
    const exchanges = await lab.send((texts) => texts.progress.asking(target.url), target, { count: 3 });
    const failed = exchanges.find((exchange) => !isSuccess(exchange));
    if (failed?.failure !== undefined) {
        const { failure } = failed;
        throw new Fault((texts) =>
            texts.faults.noAnswer(
                target.url,
                failure,
                lab.npmRun("kubectl", "get", "pods", "-A", "-o", "wide"),
                lab.npmRun("up"),
            ),
        );
    }
    if (exchanges.some(({ pod }) => pod === undefined)) {
        throw new Fault((texts) => texts.faults.namelessAnswer(target.url, lab.npmRun("up")));
    }
}
