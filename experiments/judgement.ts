import { binomialAtMost, repeats, uniformity, type Repeats, type Uniformity } from "../lib/statistics";

/*
 * What measured choices say about how pods are chosen. All of it is arithmetic, so that simulated choices show how often it errs.
 */

/** How pods were chosen, as it looks from outside. */
export type Manner = "random" | "inTurn" | "onePod" | "sticky" | "uneven";

/** What becomes of a claim. */
export type Result = "confirmed" | "refuted" | "undecided";

/** What becomes of a claim that an outcome would prove right, once there is an outcome. */
export const resultOf = (outcome: string | undefined, wanted: string): Result =>
    outcome === undefined ? "undecided" : outcome === wanted ? "confirmed" : "refuted";

/** How often chance may be taken for something else: once in a thousand runs of an experiment. */
export const alpha = 0.001;

/** A run puts chance to three tests: too few repeats, too many, counts too uneven. Together they err no more often than {@link alpha}. */
const share = alpha / 3;

/** What was measured of one way to a set of pods. */
export interface Choices {
    /** The pod of each answer to requests that were sent one after the other. */
    sequence: string[];
    /** Answers of each pod that could have answered, in a larger number of requests. */
    counts: number[];
}

/** How pods were chosen, and by which figures. */
export interface Judgement {
    /** None where too little was measured to tell. */
    manner?: Manner;
    repeats: Repeats;
    uniformity: Uniformity;
}

/** Judges how pods were chosen, see {@link Manner}. */
export function judge({ sequence, counts }: Choices): Judgement {
    const k = counts.length;
    const order = repeats(sequence, k);
    const evenness = uniformity(counts);
    return { manner: decide(order, evenness, counts), repeats: order, uniformity: evenness };
}

function decide(order: Repeats, evenness: Uniformity, counts: number[]): Manner | undefined {
    // Not even the most regular order would be taken for anything but chance: so nothing is.
    if (counts.length < 2 || binomialAtMost(0, order.of, 1 / counts.length) >= share) return undefined;
    if (order.pOrFewer < share) return "inTurn";
    if (order.pOrMore < share) {
        return order.repeats === order.of && counts.filter((count) => count > 0).length <= 1 ? "onePod" : "sticky";
    }
    if (!evenness.reliable) return undefined;
    return evenness.pTooUneven < share ? "uneven" : "random";
}

/**
 * How many requests, one after the other, tell "at random" from "in turn". At random, the chance that none of them repeats a pod is
 * then less than a tenth of what the test asks for. With three pods that are 30.
 *
 * @param k how many pods can answer.
 */
export function sequenceLength(k: number): number {
    return k < 2 ? 30 : Math.max(30, 1 + Math.ceil(Math.log(share / 10) / Math.log(1 - 1 / k)));
}

/**
 * By how much the counts may differ where each of several takes turns by itself: each gives any pod at most one more than any other.
 *
 * @param counts of each pod.
 * @returns how much they do differ.
 */
export const spreadOf = (counts: number[]) => Math.max(...counts) - Math.min(...counts);
