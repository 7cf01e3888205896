import type { Exchange } from "../lib/load";
import { sum } from "../lib/statistics";
import { clientsOf, countMarked, markedHeaders, markOf } from "./accessLogs";
import type { Catalogue } from "./catalogue";
import { defineExperiment, type Conclusion, type OptionSpec, type OptionValues } from "./experiment";
import { Fault } from "./fault";
import { judge, resultOf, type Judgement } from "./judgement";
import { readConnections } from "./kernelCounters";
import { CommandMissing, type Lab } from "./lab";
import type { Section } from "./report/section";
import { countsOf, failuresOf, picksOf, podsOfPicks, remarkFailures, toChartPods } from "./series";
import {
    entryNode,
    getService,
    ingress,
    ownIngress,
    ownWay,
    reachesAddresses,
    readyPods,
    requireAnswers,
    severalPods,
    wayTo,
    type Pod,
    type ServiceObject,
    type Way,
} from "./ways";

/*
 * The course draws LoadBalancer, Ingress, kube-proxy, pod. Who chooses the pod behind the ingress is shown by a switch of
 * ingress-nginx's: by itself it connects to pods, and with `service-upstream` to the Service's cluster IP, which is what kube-proxy
 * has to do with. The kernel's list of connections tells one from the other.
 */

const options = {
    requests: { kind: "count", default: 30, atLeast: 30, atMost: 500 },
} as const satisfies Record<string, OptionSpec>;

/** What the ingress does with kube-proxy: it goes past it, or by it. */
export type PathOutcome = "past" | "through";

/** How the ingress reaches the backend's pods: as the stack has it, or by the Service. */
export const upstreams = ["pods", "service"] as const;
export type Upstream = (typeof upstreams)[number];

/** How kube-proxy treats what comes from outside: https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/#preserving-the-client-source-ip */
export const policies = ["Cluster", "Local"] as const;
export type Policy = (typeof policies)[number];

interface Plan {
    options: OptionValues<typeof options>;
    way: Way;
    web: Way | undefined;
    facts: { pods: Pod[]; controllers: Pod[]; webPods: Pod[] };
}

/** What one upstream came to. */
interface Behind {
    /** The pod of each answer, or -1. */
    picks: number[];
    failures: Record<string, number>;
    /** Connections from the ingress to the Service's cluster IP that the kernels list: how many to each pod. */
    tracked: number[];
    clusterIp: string;
}

/** What one policy came to. */
interface Outside {
    address: string;
    node: string;
    /** Answers of each pod of the web demo. */
    counts: number[];
    failures: Record<string, number>;
    /** The client's addresses in the log of each pod. */
    clients: string[][];
}

export interface PathMeasured extends Record<string, unknown> {
    /** The node that announces the ingress's address, by MetalLB's own word and by this machine's neighbour table. */
    announced: { address: string; byStatus: string; byNeighbours?: string; mac?: string };
    /** The pod of the ingress that kube-proxy chose for the connection by which all was asked. */
    controller?: string;
    behind: Record<Upstream, Behind>;
    outside?: Record<Policy, Outside>;
    podsAfter: string[];
}

export const path = defineExperiment({
    name: "path",
    options,
    texts: ({ experiments }) => experiments.path,
    guesses: ["through", "past"] as readonly PathOutcome[],
    guessFor: (outcome) => outcome,
    plan,
    predict: () => ({ outcome: "past", text: ({ experiments }) => experiments.path.prediction }),
    measure,
    conclude,
});

async function plan(lab: Lab, given: OptionValues<typeof options>): Promise<Plan> {
    const way = await wayTo(lab, "backend");
    await requireAnswers(lab, way);
    const pods = await severalPods(lab, way);
    const controllers = await readyPods(lab, ingress.namespace, ingress.service);
    const web = reachesAddresses(lab) ? await wayTo(lab, "web") : undefined;
    const webPods = web === undefined ? [] : await readyPods(lab, web.app.namespace, web.app.service);
    return {
        options: given,
        way,
        web,
        facts: { pods, controllers, webPods },
    };
}

async function measure(lab: Lab, { options: { requests }, way, web, facts }: Plan): Promise<PathMeasured> {
    const { pods, controllers, webPods } = facts;
    const node = await entryNode(lab, way);
    const { app, target, entry } = way;

    // The switch: the same pods behind a Service and an Ingress of the experiment's own, which hands requests to the Service.
    lab.progress(({ experiments }) => experiments.path.switching);
    const service = await getService(lab, app.namespace, app.service);
    const own = await makeServiceUpstream(lab, way, service);
    const urls = { pods: target.url, service: own.url };
    const services = { pods: service, service: own.service };

    const behind: Partial<Record<Upstream, Behind>> = {};
    let controller: string | undefined;
    for (const upstream of upstreams) {
        const { clusterIP = "", ports } = services[upstream].spec;
        const virtual = { address: clusterIP, port: ports[0]?.port ?? 0 };
        const list = () => connectionsOf(lab, controllers, virtual);
        const before = await list();
        const exchanges = await lab.send(
            ({ experiments }) => experiments.path.asking[upstream](requests),
            { ...target, url: urls[upstream] },
            { count: requests, keepAlive: true },
        );
        const after = [...(await list())].filter(([client]) => !before.has(client)).map(([, ip]) => ip);
        behind[upstream] = {
            picks: picksOf(exchanges, pods),
            failures: failuresOf(exchanges),
            tracked: pods.map(({ ip }) => after.filter((to) => to === ip).length),
            clusterIp: clusterIP,
        };
        controller ??= await controllerOf(lab, node, entry, controllers, exchanges);
    }
    return {
        announced: await announcementOf(lab, entry.address, node),
        controller,
        behind: behind as Record<Upstream, Behind>,
        ...(web !== undefined && { outside: await measurePolicies(lab, web, webPods, requests) }),
        podsAfter: (await readyPods(lab, app.namespace, app.service)).map(({ name }) => name),
    };
}

/** A Service with the backend's pods, and an Ingress that leads to its cluster IP, with a new connection for each request. */
async function makeServiceUpstream(lab: Lab, { app, target }: Way, { spec }: ServiceObject) {
    const name = `experiment-${lab.run}`;
    const { namespace } = app;
    const { name: portName, port = 0, targetPort } = spec.ports[0] ?? {};
    await lab.makeTemporary({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, namespace },
        spec: {
            selector: spec.selector,
            ports: [{ name: portName, port, targetPort }],
        },
    });
    const prefix = "nginx.ingress.kubernetes.io";
    const url = await ownIngress(lab, target, app.service, {
        namespace,
        service: name,
        port,
        annotations: {
            [`${prefix}/service-upstream`]: "true",
            [`${prefix}/rewrite-target`]: "/whoami",
            // nginx keeps connections to its upstreams, and kube-proxy chooses for a new one only.
            [`${prefix}/proxy-http-version`]: "1.0",
        },
    });
    return { url, service: await getService(lab, namespace, name) };
}

/** The connections from pods of the ingress to a Service's cluster IP, on all nodes that have such a pod: to which pod each went. */
async function connectionsOf(lab: Lab, controllers: Pod[], virtual: Parameters<typeof readConnections>[2]) {
    const nodes = [...new Set(controllers.map(({ node }) => node))];
    try {
        const found = await Promise.all(nodes.map((node) => readConnections(lab, node, virtual)));
        const isFromIngress = (client: string) => controllers.some(({ ip }) => client.startsWith(`${ip}:`));
        return new Map(found.flatMap((list) => [...list]).filter(([client]) => isFromIngress(client)));
    } catch (error) {
        if (!(error instanceof CommandMissing)) throw error;
        const { command } = error;
        throw new Fault((texts) => texts.faults.noCommand(nodes[0] ?? "", command));
    }
}

/** Which pod of the ingress kube-proxy has sent this machine's connection to. */
async function controllerOf(
    lab: Lab,
    node: string,
    entry: Way["entry"],
    controllers: Pod[],
    exchanges: Exchange[],
): Promise<string | undefined> {
    const port = exchanges.find(({ connection }) => connection !== undefined)?.connection?.localPort;
    const list = [...(await readConnections(lab, node, entry))];
    const [, ip] = list.find(([client]) => client.endsWith(`:${port}`)) ?? [];
    return controllers.find((pod) => pod.ip === ip)?.name;
}

/** Who announces an address: MetalLB says it, and so does the answer to this machine's ARP request. */
async function announcementOf(lab: Lab, address: string, byStatus: string): Promise<PathMeasured["announced"]> {
    if (!reachesAddresses(lab)) return { address, byStatus };
    try {
        const neighbours = await lab.program("ip", "neigh", "show", address);
        const [, mac] = / lladdr (\S+)/.exec(neighbours) ?? [];
        if (mac === undefined) return { address, byStatus };
        const macs = await Promise.all(
            lab.nodes.map(async (node) => (await lab.onNode(node, "cat", "/sys/class/net/eth0/address")).trim()),
        );
        return { address, byStatus, mac, byNeighbours: lab.nodes[macs.indexOf(mac)] };
    } catch (error) {
        if (!(error instanceof CommandMissing)) throw error;
        return { address, byStatus };
    }
}

/** The web demo by its own Service, and by one of the experiment's with the other policy. */
async function measurePolicies(lab: Lab, web: Way, pods: Pod[], requests: number): Promise<Record<Policy, Outside>> {
    const local = async () => {
        lab.progress(({ experiments }) => experiments.path.makingLocal);
        return ownWay(lab, { externalTrafficPolicy: "Local" });
    };
    const found: Partial<Record<Policy, Outside>> = {};
    for (const policy of policies) {
        const way = policy === "Local" ? await local() : web;
        const series = `${lab.run}.${policy}`;
        const since = new Date(Date.now() - 2000);
        const exchanges = await lab.send(
            ({ experiments }) => experiments.path.outside(policy, requests),
            { ...way.target, each: (index) => ({ headers: markedHeaders(markOf(series, index)) }) },
            { count: requests },
        );
        const picks = picksOf(exchanges, pods);
        const counts = countsOf(picks, pods);
        const { namespace, container } = web.app;
        const readLogs = () =>
            Promise.all(pods.map(({ name }) => lab.kubectl.logs({ namespace, pod: name, container }, since)));
        // Log lines arrive a little later than answers.
        const logs = await lab.eventually(6, async () => {
            const all = await readLogs();
            return sum(all.map((log) => countMarked(log, series))) >= sum(counts) ? all : undefined;
        });
        found[policy] = {
            address: way.entry.address,
            node: await entryNode(lab, way),
            counts,
            failures: failuresOf(exchanges),
            clients: (logs ?? (await readLogs())).map((log) => clientsOf(log, series)),
        };
    }
    return found as Record<Policy, Outside>;
}

function conclude({ facts }: Plan, measured: PathMeasured): Conclusion<PathOutcome> {
    const { pods } = facts;
    const { behind, announced, outside } = measured;
    const names = pods.map(({ name }) => name);
    const changed = names.join() !== measured.podsAfter.join();
    const judged = Object.fromEntries(
        upstreams.map((upstream) => {
            const { picks } = behind[upstream];
            return [upstream, judge({ sequence: podsOfPicks(picks, names), counts: countsOf(picks, pods) })];
        }),
    ) as Record<Upstream, Judgement>;
    const tracked = { pods: sum(behind.pods.tracked), service: sum(behind.service.tracked) };
    // The switch has to show that the kernel would list such connections.
    const outcome = changed || tracked.service === 0 ? undefined : tracked.pods === 0 ? "past" : "through";
    const result = (wanted: PathOutcome) => resultOf(outcome, wanted);
    const figures = {
        requests: behind.pods.picks.length,
        tracked,
        repeats: { pods: judged.pods.repeats, service: judged.service.repeats },
    };
    const isElsewhere = announced.byNeighbours !== undefined && announced.byNeighbours !== announced.byStatus;
    return {
        outcome,
        claim: result("through"),
        prediction: result("past"),
        verdict: ({ claimLine, experiments: { path: own } }) =>
            [claimLine[result("through")](own.claim), own.evidence[outcome ?? "undecided"](figures)].join(" "),
        remarks: [
            ...(isElsewhere ? [({ experiments }: Catalogue) => experiments.path.otherNode(announced)] : []),
            ...remarkFailures([behind.pods, behind.service, ...Object.values(outside ?? {})]),
        ],
        sections: (texts) => sectionsOf(texts, facts, measured, judged),
    };
}

function sectionsOf(
    texts: Catalogue,
    { pods, controllers, webPods }: Plan["facts"],
    { announced, controller, behind, outside }: PathMeasured,
    judged: Record<Upstream, Judgement>,
): Section[] {
    const { path: own } = texts.experiments;
    const { hops, columns } = own.sections;
    const nodeOf = (all: Pod[], name?: string) => all.find((pod) => pod.name === name)?.node ?? "–";
    const chartPods = toChartPods(pods);
    return [
        {
            heading: own.sections.way,
            text: [own.sections.wayText],
            table: {
                columns: [columns.hop, columns.which, columns.node, columns.by],
                rows: [
                    [hops.announcer, announced.address, announced.byStatus, own.sections.byStatus],
                    ...(announced.mac === undefined
                        ? []
                        : [[hops.announcer, announced.mac, announced.byNeighbours ?? "–", own.sections.byNeighbours]]),
                    [hops.controller, controller ?? "–", nodeOf(controllers, controller), own.sections.byConntrack],
                    ...pods.map(({ name, node }) => [hops.pod, name, node, own.sections.byAnswer]),
                ],
            },
        },
        {
            heading: own.sections.switch,
            text: [
                own.sections.switchText,
                ...upstreams.map(
                    (upstream) => `${own.upstreams[upstream]}: ${texts.sections.repeats(judged[upstream].repeats)}`,
                ),
            ],
            table: {
                columns: [
                    texts.sections.letter,
                    texts.sections.pod,
                    ...upstreams.flatMap((upstream) => [
                        own.sections.answers(own.upstreams[upstream]),
                        own.sections.tracked(behind[upstream].clusterIp),
                    ]),
                ],
                rows: chartPods.map(({ letter, name }, index) => [
                    letter,
                    name,
                    ...upstreams.flatMap((upstream) => {
                        const { picks, tracked } = behind[upstream];
                        return [countsOf(picks, pods)[index] ?? 0, tracked[index] ?? 0];
                    }),
                ]),
            },
            chart: {
                kind: "sequences",
                pods: chartPods,
                rows: upstreams.map((upstream) => ({ label: own.upstreams[upstream], picks: behind[upstream].picks })),
            },
        },
        ...(outside === undefined
            ? []
            : [
                  {
                      heading: own.sections.policies,
                      text: [
                          own.sections.policiesText,
                          ...policies.map((policy) => own.announces(policy, outside[policy])),
                      ],
                      table: {
                          columns: [
                              texts.sections.pod,
                              columns.node,
                              ...policies.flatMap((policy) => [
                                  own.sections.answers(policy),
                                  own.sections.client(policy),
                              ]),
                          ],
                          rows: webPods.map(({ name, node }, index) => [
                              name,
                              node,
                              ...policies.flatMap((policy) => [
                                  outside[policy].counts[index] ?? 0,
                                  outside[policy].clients[index]?.join(", ") || "–",
                              ]),
                          ]),
                      },
                  },
              ]),
    ];
}
