import type { Catalogue } from "./catalogue";
import { defineExperiment, type Conclusion, type OptionSpec, type OptionValues } from "./experiment";
import { resultOf } from "./judgement";
import type { Lab } from "./lab";
import type { Section } from "./report/section";
import { countsOf, failuresOf, largest, picksOf, podsByConnection, remarkFailures, toChartPods } from "./series";
import { readyPods, requireAnswers, severalPods, wayTo, type Pod, type Way } from "./ways";
import type { Exchange } from "../lib/load";

/*
 * The course says that a Service spreads requests over its pods. It spreads connections: who keeps one sees one pod. Three ways to send
 * the same requests show it, and what cures it.
 */

const options = {
    // nginx closes a connection after a thousand.
    requests: { kind: "count", default: 60, atLeast: 20, atMost: 1000 },
} as const satisfies Record<string, OptionSpec>;

export type KeepaliveOutcome = "connections" | "requests";

/** Ways to send, in the order in which they are tried. */
export const sendings = ["kept", "separate", "byIngress"] as const;
export type Sending = (typeof sendings)[number];

interface Plan {
    options: OptionValues<typeof options>;
    ways: Record<Sending, Way>;
    facts: { pods: Pod[]; urls: Record<Sending, string> };
}

/** What one way of sending came to. */
export interface Sent {
    /** Which pod answered each request, or -1. */
    picks: number[];
    connections: number;
    /** The most pods that one connection had answers of. */
    podsPerConnection: number;
    /** Why requests failed, and how many each. */
    failures: Record<string, number>;
}

export type KeepaliveMeasured = Record<Sending, Sent> & { podsAfter: string[] };

export const keepalive = defineExperiment({
    name: "keepalive",
    options,
    texts: ({ experiments }) => experiments.keepalive,
    guesses: ["connections", "requests"] as readonly KeepaliveOutcome[],
    guessFor: (outcome) => outcome,
    plan,
    predict: () => ({
        outcome: "connections",
        text: ({ experiments }) => experiments.keepalive.prediction,
    }),
    measure,
    conclude,
});

async function plan(lab: Lab, given: OptionValues<typeof options>): Promise<Plan> {
    const web = await wayTo(lab, "web");
    const ingress = await wayTo(lab, "ingress");
    for (const way of [web, ingress]) await requireAnswers(lab, way);
    const pods = await severalPods(lab, web);
    const ways = { kept: web, separate: web, byIngress: ingress };
    const urls = { kept: web.target.url, separate: web.target.url, byIngress: ingress.target.url };
    return { options: given, ways, facts: { pods, urls } };
}

async function measure(lab: Lab, { options: { requests }, ways, facts: { pods } }: Plan): Promise<KeepaliveMeasured> {
    const found: Partial<Record<Sending, Sent>> = {};
    for (const sending of sendings) {
        const exchanges = await lab.send(
            ({ experiments }) => experiments.keepalive.sending[sending],
            ways[sending].target,
            { count: requests, keepAlive: sending !== "separate" },
        );
        found[sending] = describe(exchanges, pods);
    }
    const { namespace, service } = ways.kept.app;
    const podsAfter = (await readyPods(lab, namespace, service)).map(({ name }) => name);
    return { ...(found as Record<Sending, Sent>), podsAfter };
}

function describe(exchanges: Exchange[], pods: Pod[]): Sent {
    const seen = podsByConnection(exchanges);
    return {
        picks: picksOf(exchanges, pods),
        connections: seen.length,
        podsPerConnection: largest(seen),
        failures: failuresOf(exchanges),
    };
}

/** How many pods answered. */
const podsIn = ({ picks }: Sent) => new Set(picks.filter((pick) => pick >= 0)).size;

function conclude({ facts: { pods } }: Plan, measured: KeepaliveMeasured): Conclusion<KeepaliveOutcome> {
    const { kept, separate, byIngress } = measured;
    const names = pods.map(({ name }) => name);
    const changed = names.join() !== measured.podsAfter.join();
    const answered = kept.picks.filter((pick) => pick >= 0).length;
    // Some requests have to have gone by one connection, or nothing is shown of it.
    const isShown = !changed && kept.connections > 0 && answered >= 10 * kept.connections;
    const staysWithOne = kept.podsPerConnection === 1;
    const outcome = !isShown ? undefined : staysWithOne ? "connections" : "requests";
    const result = (wanted: KeepaliveOutcome) => resultOf(outcome, wanted);
    const figures = {
        pods: pods.length,
        requests: kept.picks.length,
        kept: { connections: kept.connections, pods: podsIn(kept) },
        separate: { connections: separate.connections, pods: podsIn(separate) },
        byIngress: { connections: byIngress.connections, pods: podsIn(byIngress) },
    };
    return {
        outcome,
        claim: result("requests"),
        prediction: result("connections"),
        verdict: ({ claimLine, experiments: { keepalive: own } }) =>
            [claimLine[result("requests")](own.claim), own.evidence[outcome ?? "undecided"](figures)].join(" "),
        remarks: [
            ({ experiments }) => experiments.keepalive.cure,
            ...remarkFailures(sendings.map((sending) => measured[sending])),
        ],
        sections: (texts) => sectionsOf(texts, pods, measured),
    };
}

function sectionsOf({ experiments, sections }: Catalogue, pods: Pod[], measured: KeepaliveMeasured): Section[] {
    const own = experiments.keepalive;
    const chartPods = toChartPods(pods);
    const counts = sendings.map((sending) => countsOf(measured[sending].picks, pods));
    return [
        {
            heading: own.sections.ways,
            text: [own.sections.waysText],
            table: {
                columns: [sections.letter, sections.pod, ...sendings.map((sending) => own.sending[sending])],
                rows: [
                    ...chartPods.map(({ letter, name }, index) => [
                        letter,
                        name,
                        ...counts.map((each) => each[index] ?? 0),
                    ]),
                    ["", sections.connections, ...sendings.map((sending) => measured[sending].connections)],
                ],
            },
        },
        {
            heading: own.sections.order,
            text: [own.sections.orderText],
            chart: {
                kind: "sequences",
                pods: chartPods,
                rows: sendings.map((sending) => ({ label: own.sending[sending], picks: measured[sending].picks })),
            },
        },
    ];
}
