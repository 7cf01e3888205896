import { performance } from "node:perf_hooks";
import { countMarked, markedHeaders, markOf, parseForwarded } from "./accessLogs";
import { parseApacheBench, requireApacheBench, runApacheBench } from "./apacheBench";
import type { Catalogue, Say } from "./catalogue";
import { crossCheck, describeCheck, kernelColumn, type CrossCheck } from "./crossCheck";
import { defineExperiment, type Conclusion, type OptionSpec, type OptionValues } from "./experiment";
import { Fault } from "./fault";
import {
    alpha,
    judge,
    sequenceLength,
    spreadOf,
    resultOf,
    type Judgement,
    type Manner,
    type Result,
} from "./judgement";
import { watchKernel, type KernelCount } from "./kernelCounters";
import type { Lab } from "./lab";
import type { ChartPod, Section } from "./report/section";
import {
    countsOf,
    failuresOf,
    largest,
    picksOf,
    podsByConnection,
    podsOfPicks,
    remarkFailures,
    toChartPods,
} from "./series";
import {
    entryNode,
    ownWay,
    ingress,
    proxyMode,
    readyPods,
    requireAnswers,
    severalPods,
    wayNames,
    wayTo,
    workersOf,
    type Pod,
    type Way,
} from "./ways";
import type { Ceiling } from "../lib/ceiling";
import type { KubeProxyMode } from "../lib/kubeProxy";
import { isSuccess, type Exchange, type Target } from "../lib/load";
import { expectedRange, percentile, sum, transitions } from "../lib/statistics";

/*
 * The course says that a Service spreads requests round robin. Who chooses the pod is kube-proxy, or ingress-nginx, and what it
 * chooses by depends on its mode. Counts alone can't tell "in turn" from "at random": the order can.
 */

const options = {
    requests: { kind: "count", default: 3000, atLeast: 10, atMost: 100_000 },
    concurrency: { kind: "count", default: 20, atLeast: 1, atMost: 200 },
    to: { kind: "choice", default: "web", choices: wayNames },
    keepAlive: { kind: "flag" },
    affinity: { kind: "flag" },
    tool: { kind: "choice", default: "own", choices: ["own", "ab"] },
} as const satisfies Record<string, OptionSpec>;

/** How pods are chosen, as far as this experiment can tell. */
export type SpreadOutcome = Manner | "perWorker" | "perConnection";

/** What is known before anything is measured. */
export interface SpreadFacts {
    url: string;
    pods: Pod[];
    /** The pods of ingress-nginx that choose, each with its worker processes. None where kube-proxy chooses. */
    controllers: (Pod & { workers: number })[];
    mode: KubeProxyMode;
    expected: SpreadOutcome;
}

interface Plan {
    options: OptionValues<typeof options>;
    way: Way;
    facts: SpreadFacts;
}

/** What a number of requests came to. */
export interface Load {
    sent: number;
    /** Why requests failed, and how many each. */
    failures: Record<string, number>;
    /** Answers of each pod. */
    counts: number[];
    /** New connections of each pod, as the answers tell. None where they don't. */
    connections?: number[];
    /** The most pods that one connection had answers of. */
    podsPerConnection?: number;
    seconds: number;
    /** How long answers took, ms. */
    milliseconds?: { p50?: number; p90?: number; p99?: number };
}

export interface SpreadMeasured {
    /** The address that was asked, and the node whose kernel took the traffic. */
    address: string;
    node: string;
    /** Requests one after the other, each on a connection of its own: which pod answered each, or -1. */
    single: number[];
    /** The same on one connection that is kept. It is measured where ingress-nginx chooses, which does so for each request. */
    kept?: number[];
    load: Load;
    checks: CrossCheck[];
    /** The sender's own limit, and the share of the time that it was busy. */
    sender?: Ceiling & { busy: number };
    /** The pods that were ready at the end. */
    podsAfter: string[];
}

export const spread = defineExperiment({
    name: "spread",
    options,
    texts: ({ experiments }) => experiments.spread,
    guesses: ["random", "inTurn", "onePod", "uneven"] as readonly SpreadOutcome[],
    guessFor: (outcome) =>
        outcome === "perWorker" ? "inTurn" : outcome === "perConnection" || outcome === "sticky" ? "onePod" : outcome,
    plan,
    predict: ({ facts }) => ({
        outcome: facts.expected,
        text: ({ experiments: { spread } }) => spread.predictions[predictionKey(facts)](workers(facts)),
    }),
    measure,
    conclude,
});

async function plan(lab: Lab, given: OptionValues<typeof options>): Promise<Plan> {
    if (given.affinity && given.to !== "web") {
        throw new Fault((texts) => texts.faults.affinityNeedsWeb(lab.npmRun("experiment", "spread", "--affinity")));
    }
    if (given.tool === "ab") await requireApacheBench(lab);
    const way = await wayTo(lab, given.to);
    await requireAnswers(lab, way);
    const pods = await severalPods(lab, way);
    const mode = await proxyMode(lab, await entryNode(lab, way));
    const found = way.byIngress ? await readyPods(lab, ingress.namespace, ingress.service) : [];
    const each = await workersOf(lab, found);
    const controllers = found.map((pod, index) => ({ ...pod, workers: each[index] ?? 1 }));
    return {
        options: given,
        way,
        facts: { url: way.target.url, pods, controllers, mode, expected: expect(given, way, mode) },
    };
}

function expect({ affinity, keepAlive }: Plan["options"], { byIngress }: Way, mode: KubeProxyMode): SpreadOutcome {
    if (affinity) return "onePod";
    if (byIngress) return "perWorker";
    if (keepAlive) return "perConnection";
    return mode === "ipvs" ? "inTurn" : "random";
}

/** The outcome, and where kube-proxy's mode is a reason, the mode. */
function predictionKey({ expected, mode }: SpreadFacts): keyof Catalogue["experiments"]["spread"]["predictions"] {
    switch (expected) {
        case "random":
            return mode === "nftables" ? "nftables" : "iptables";
        case "inTurn":
            return "ipvs";
        case "perWorker":
        case "perConnection":
        case "onePod":
            return expected;
        case "sticky":
        case "uneven":
            throw new Error(`${expected} is never expected`);
    }
}

const workers = ({ controllers }: SpreadFacts) => sum(controllers.map((pod) => pod.workers));

async function measure(lab: Lab, { options: given, way: planned, facts }: Plan): Promise<SpreadMeasured> {
    const { requests, concurrency, keepAlive, affinity, tool } = given;
    const { pods, mode } = facts;
    if (affinity) lab.progress((texts) => texts.progress.stickyService);
    const way = affinity ? await ownWay(lab, { sessionAffinity: "ClientIP" }) : planned;
    const node = await entryNode(lab, way);
    const series = (name: string): [string, Target] => {
        const own = `${lab.run}.${name}`;
        return [own, { ...way.target, each: (index) => ({ headers: markedHeaders(markOf(own, index)) }) }];
    };

    const count = sequenceLength(pods.length);
    const oneByOne: Say = (texts) => texts.progress.oneByOne(count);
    const single = await lab.send(oneByOne, series("single")[1], { count });
    const onOne: Say = (texts) => texts.progress.onOneConnection(count);
    const kept = way.byIngress ? await lab.send(onOne, series("kept")[1], { count, keepAlive: true }) : undefined;

    if (tool === "own") lab.progress((texts) => texts.progress.ceiling);
    const ceiling = tool === "own" ? await lab.ceiling({ concurrency, keepAlive }) : undefined;

    const since = new Date(Date.now() - 10_000);
    const endOfWatch = await watchKernel(lab, node, mode, way.entry);
    const [mark, target] = series("load");
    const many: Say = (texts) => texts.progress.atOnce(requests, concurrency);
    const idleBefore = performance.eventLoopUtilization();
    const begun = performance.now();
    const exchanges =
        tool === "own" ? await lab.send(many, target, { count: requests, concurrency, keepAlive }) : undefined;
    if (exchanges === undefined) lab.progress((texts) => texts.progress.apacheBench(requests, concurrency));
    const printed = exchanges === undefined ? await runApacheBench(lab, given, way.target, mark) : "";
    const seconds = (performance.now() - begun) / 1000;
    const busy = performance.eventLoopUtilization(idleBefore).utilization;
    const kernel = await endOfWatch();

    lab.progress((texts) => texts.progress.logs);
    const failures = exchanges === undefined ? parseApacheBench(printed) : failuresOf(exchanges);
    const logs = await readLogs(lab, facts, way, mark, since, requests - failed(failures));
    const load: Load = {
        sent: requests,
        failures,
        seconds,
        ...(exchanges === undefined
            ? { counts: logs.byPods }
            : {
                  counts: countsOf(picksOf(exchanges, pods), pods),
                  ...connectionsOf(exchanges, pods),
                  ...timesOf(exchanges),
              }),
    };
    return {
        address: way.entry.address,
        node,
        single: picksOf(single, pods),
        kept: kept && picksOf(kept, pods),
        load,
        checks: checksOf(facts, load, logs, kernel, exchanges, given),
        sender: ceiling && { ...ceiling, busy },
        podsAfter: (await readyPods(lab, way.app.namespace, way.app.service)).map(({ name }) => name),
    };
}

const failed = (failures: Load["failures"]) => sum(Object.values(failures));

/** How many connections each pod had. */
function connectionsOf(exchanges: Exchange[], pods: Pod[]): Pick<Load, "connections" | "podsPerConnection"> {
    const seen = podsByConnection(exchanges);
    return {
        connections: pods.map(({ name }) => seen.filter((names) => names.has(name)).length),
        podsPerConnection: largest(seen),
    };
}

function timesOf(exchanges: Exchange[]): Pick<Load, "milliseconds"> {
    const times = exchanges.filter(isSuccess).map(({ sent, ended }) => ended - sent);
    return {
        milliseconds: { p50: percentile(times, 0.5), p90: percentile(times, 0.9), p99: percentile(times, 0.99) },
    };
}

/** What the logs say of a series. */
interface Logs {
    /** Lines of each pod. */
    byPods: number[];
    /** Of each pod of ingress-nginx: the requests that it handed on, each with the pod's IP. */
    byControllers: { index?: number; upstream: string }[][];
}

/** Log lines arrive a little later than answers: they are read until as many are there as were answered. */
async function readLogs(
    lab: Lab,
    { pods, controllers }: SpreadFacts,
    { app }: Way,
    mark: string,
    since: Date,
    answered: number,
): Promise<Logs> {
    const read = async (): Promise<Logs> => ({
        byPods: await Promise.all(
            pods.map(async ({ name }) =>
                countMarked(
                    await lab.kubectl.logs({ namespace: app.namespace, pod: name, container: app.container }, since),
                    mark,
                ),
            ),
        ),
        byControllers: await Promise.all(
            controllers.map(async ({ name }) => {
                const { namespace, container } = ingress;
                return parseForwarded(await lab.kubectl.logs({ namespace, pod: name, container }, since), mark);
            }),
        ),
    });
    let last: Logs | undefined;
    const complete = await lab.eventually(6, async () => {
        last = await read();
        const lines = sum(last.byPods);
        const forwarded = last.byControllers.flat().length;
        return lines >= answered && (controllers.length === 0 || forwarded >= answered) ? last : undefined;
    });
    return complete ?? last ?? read();
}

/** Requests per pod, by all who have seen them; then connections per pod, of which the kernel knows. */
function checksOf(
    { pods, controllers }: SpreadFacts,
    load: Load,
    { byPods, byControllers }: Logs,
    kernel: KernelCount,
    exchanges: Exchange[] | undefined,
    { keepAlive, concurrency }: Plan["options"],
): CrossCheck[] {
    // Apache Bench opens a connection before it knows whether a request is left for it.
    const surplus = exchanges === undefined ? concurrency : 0;
    const names = pods.map(({ name }) => name);
    const forwarded = pods.map(({ ip }) => byControllers.flat().filter(({ upstream }) => upstream === ip).length);
    const requests = crossCheck("requests", names, [
        ...(exchanges === undefined ? [] : [{ source: "answers" as const, counts: load.counts }]),
        { source: "podLogs", counts: byPods },
        ...(controllers.length === 0 ? [] : [{ source: "ingressLogs" as const, counts: forwarded }]),
    ]);
    if (controllers.length === 0) {
        // Apache Bench does not tell its connections. Without -k, each request has one of its own.
        const known = load.connections ?? (keepAlive ? undefined : byPods);
        const source = load.connections === undefined ? ("podLogs" as const) : ("answers" as const);
        const seen = known === undefined ? [] : [{ source, counts: known }];
        return [requests, crossCheck("connections", names, [...seen, kernelColumn(kernel, pods)], surplus)];
    }
    // kube-proxy chooses the ingress's pod, whose log says which requests came to it.
    const byConnection = new Map(exchanges?.map(({ index, connection }) => [index, connection?.id]));
    const connections = byControllers.map((requests) =>
        exchanges === undefined
            ? requests.length
            : new Set(requests.map(({ index }) => byConnection.get(index ?? -1))).size,
    );
    const seen = exchanges === undefined && keepAlive ? [] : [{ source: "ingressLogs" as const, counts: connections }];
    return [
        requests,
        crossCheck(
            "connections",
            controllers.map(({ name }) => name),
            [...seen, kernelColumn(kernel, controllers)],
            surplus,
        ),
    ];
}

/** What is concluded from the figures. */
function conclude({ options: given, facts }: Plan, measured: SpreadMeasured): Conclusion<SpreadOutcome> {
    const { pods, controllers, expected } = facts;
    const { load, checks, sender } = measured;
    const names = pods.map(({ name }) => name);
    const changed = names.join() !== measured.podsAfter.join();
    const single = judge({ sequence: podsOfPicks(measured.single, names), counts: load.counts });
    const kept = measured.kept && judge({ sequence: podsOfPicks(measured.kept, names), counts: load.counts });
    const outcome = changed ? undefined : outcomeOf(facts, load, single, kept);
    const result = (wanted: SpreadOutcome) => resultOf(outcome, wanted);
    const takesTurns = outcome === "inTurn" || outcome === "perWorker";
    const claim: Result = outcome === undefined ? "undecided" : takesTurns ? "confirmed" : "refuted";
    const figures = {
        pods: pods.length,
        counts: load.counts,
        requests: load.sent,
        spread: spreadOf(load.counts),
        workers: workers(facts),
        controllers: controllers.length,
        connections: sum(load.connections ?? []),
        // Where ingress-nginx chooses, the order on one connection is the one that tells.
        order: (kept ?? single).repeats,
        unevenness: single.uniformity.pTooUneven,
        failed: failed(load.failures),
    };
    const nothing = isUnseen(facts, load) ? "unseen" : kept?.manner === "inTurn" ? "disturbed" : "undecided";
    const evidence: Say = ({ experiments: { spread } }) =>
        changed ? spread.podsChanged : spread.evidence[outcome ?? nothing](figures);
    const limited = sender !== undefined && (sender.busy > 0.9 || load.sent / load.seconds > 0.8 * sender.perSecond);
    const disagree = checks.some(({ agree }) => agree === false);
    return {
        outcome,
        claim,
        prediction: result(expected),
        verdict: (texts) => [texts.claimLine[claim](texts.experiments.spread.claim), evidence(texts)].join(" "),
        remarks: [
            ...(disagree ? [(texts: Catalogue) => texts.checks.distrust] : []),
            ...remarkFailures([load]),
            ...(limited ? [(texts: Catalogue) => texts.remarks.senderWasTheLimit] : []),
            ...(given.tool === "ab" ? [(texts: Catalogue) => texts.remarks.apacheBench] : []),
        ],
        sections: (texts) => sectionsOf(texts, given, facts, measured, { single, kept }),
    };
}

function outcomeOf(
    facts: SpreadFacts,
    { counts, podsPerConnection, connections = [] }: Load,
    single: Judgement,
    kept: Judgement | undefined,
): SpreadOutcome | undefined {
    if (kept !== undefined) {
        if (kept.manner !== "inTurn") return kept.manner;
        return spreadOf(counts) <= workers(facts) ? "perWorker" : undefined;
    }
    if (facts.expected !== "perConnection") return single.manner;
    // Without a connection that had several requests, nothing is shown.
    if (podsPerConnection === undefined || sum(connections) >= sum(counts)) return undefined;
    return podsPerConnection === 1 ? "perConnection" : single.manner;
}

/** Whether it is not known what went by which connection, where that is the question. */
const isUnseen = ({ expected }: SpreadFacts, { podsPerConnection }: Load) =>
    expected === "perConnection" && podsPerConnection === undefined;

function sectionsOf(
    texts: Catalogue,
    given: Plan["options"],
    { pods, expected, controllers }: SpreadFacts,
    { single, kept, load, checks, sender, node, address }: SpreadMeasured,
    judged: { single: Judgement; kept?: Judgement },
): Section[] {
    const { experiments, sections } = texts;
    const own = experiments.spread.sections;
    const chartPods: ChartPod[] = toChartPods(pods);
    const total = sum(load.counts);
    const range = expected === "random" ? expectedRange(total, pods.length, alpha) : undefined;
    const rows = [
        { label: own.ownConnections, picks: single, judged: judged.single },
        ...(kept === undefined ? [] : [{ label: own.oneConnection, picks: kept, judged: judged.kept }]),
    ];
    const names = pods.map(({ name }) => name);
    const followed = podsOfPicks(kept ?? single, names);
    return [
        {
            heading: own.perPod,
            text: [own.perPodText(total, given.concurrency), ...(range ? [own.rangeText(range)] : [])],
            table: {
                columns: [sections.letter, sections.pod, sections.node, sections.requests, sections.share],
                rows: pods.map(({ name, node: on }, index) => [
                    chartPods[index]?.letter ?? "",
                    name,
                    on,
                    load.counts[index] ?? 0,
                    sections.percent(total === 0 ? 0 : (load.counts[index] ?? 0) / total),
                ]),
            },
            chart: {
                kind: "bars",
                title: own.perPod,
                description: own.perPodDescription(names, load.counts),
                pods: chartPods,
                values: load.counts,
                axis: sections.requests,
                range,
            },
        },
        {
            heading: own.order,
            text: [
                own.orderText,
                ...rows.map(({ label, judged: found }) => `${label}: ${found ? sections.repeats(found.repeats) : ""}`),
            ],
            chart: {
                kind: "sequences",
                pods: chartPods,
                rows,
            },
        },
        {
            heading: own.transitions,
            text: [own.transitionsText(kept === undefined ? own.ownConnections : own.oneConnection)],
            chart: {
                kind: "matrix",
                title: own.transitions,
                description: own.transitionsText(kept === undefined ? own.ownConnections : own.oneConnection),
                pods: chartPods,
                cells: transitions(followed, names),
                rowAxis: sections.before,
                columnAxis: sections.after,
            },
        },
        ...checks.map((check) => describeCheck(check, texts)),
        {
            heading: sections.conditions,
            table: {
                columns: [sections.what, sections.value],
                rows: [
                    [sections.address, address],
                    [sections.entryNode, node],
                    ...(controllers.length === 0
                        ? []
                        : [
                              [
                                  sections.ingressPods,
                                  controllers.map((pod) => `${pod.name} (${pod.workers})`).join(", "),
                              ],
                          ]),
                    [sections.rate, sections.perSecond(load.sent / load.seconds)],
                    ...(sender === undefined
                        ? []
                        : [
                              [sections.ceiling, sections.perSecond(sender.perSecond)],
                              [sections.busy, sections.percent(sender.busy)],
                          ]),
                    ...(load.milliseconds === undefined
                        ? []
                        : [[sections.times, sections.milliseconds(load.milliseconds)]]),
                ],
            },
        },
    ];
}
