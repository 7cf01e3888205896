import * as assert from "node:assert/strict";
import { alpha, judge, sequenceLength, spreadOf, type Manner } from "../../../experiments/judgement";
import { binomialAtLeast, binomialAtMost, repeats, uniformity } from "../../../lib/statistics";
import {
    atRandom,
    countsOf,
    inTurn,
    lazy,
    names,
    pick,
    type Picker,
    seeded,
    sticky,
    workersInTurn,
} from "../../support/pickers";

const runs = 10_000;

/** How often each manner is the verdict, in runs of the experiment as its defaults have it. */
function verdicts(
    make: (random: () => number) => Picker,
    pods: number,
    requests = 3000,
    single = sequenceLength(pods),
) {
    const random = seeded(pods * 1_000_003 + requests);
    const found: Partial<Record<Manner | "none", number>> = {};
    for (let run = 0; run < runs; run++) {
        const picker = make(random);
        const sequence = names(pick(picker, single));
        const { manner = "none" } = judge({ sequence, counts: countsOf(pick(picker, requests), pods) });
        found[manner] = (found[manner] ?? 0) + 1;
    }
    return found;
}

/** Whether a rate of false alarms is what chance leads to, at that α. A test that errs less often does too. */
function assertFalseAlarms(found: number, at = alpha) {
    assert.ok(binomialAtLeast(found, runs, at) > 1e-4, `${found} false alarms in ${runs} runs, at α = ${at}`);
}

describe("judgement, in 10,000 simulated runs each", function () {
    this.timeout(120_000);

    for (const pods of [2, 3, 5]) {
        it(`${pods} pods at random: the verdict is random, but for as many false alarms as α allows`, () => {
            const { random = 0, ...alarms } = verdicts((generator) => atRandom(pods, generator), pods);
            const wrong = Object.values(alarms).reduce((total, count) => total + count, 0);
            assert.equal(random + wrong, runs);
            assertFalseAlarms(wrong);
        });

        it(`${pods} pods in turn: the verdict is always that, and the counts differ by at most one`, () => {
            assert.deepEqual(
                verdicts((generator) => inTurn(pods, generator), pods, 300),
                { inTurn: runs },
            );
            const random = seeded(pods);
            for (let run = 0; run < runs; run++) {
                const counts = countsOf(pick(inTurn(pods, random), 100 + (run % 200)), pods);
                assert.ok(spreadOf(counts) <= 1);
            }
        });

        it(`${pods} pods, always the same one: the verdict is always that, and both tests for randomness fail`, () => {
            assert.deepEqual(
                verdicts((generator) => sticky(pods, generator), pods, 300),
                { onePod: runs },
            );
            const picks = pick(sticky(pods, seeded(1)), 300);
            assert.ok(repeats(names(picks), pods).pOrMore < 1e-12);
            assert.ok(uniformity(countsOf(picks, pods)).pTooUneven < 1e-12);
        });
    }

    for (const [pods, workers, requests, repeated] of [
        [2, 4, 3000, runs],
        [3, 4, 3000, runs],
        // The more workers, the more it looks like chance: it takes more requests, and so there are fewer runs.
        [3, 16, 20_000, runs / 100],
    ] as const) {
        it(`${workers} workers, each in turn among ${pods} pods: ${requests} in a row are never taken for random, and the counts differ by at most ${workers}`, () => {
            const random = seeded(workers);
            for (let run = 0; run < repeated; run++) {
                const picks = pick(workersInTurn(pods, workers, random), requests);
                const { manner } = judge({ sequence: names(picks), counts: countsOf(picks, pods) });
                assert.equal(manner, "inTurn");
                assert.ok(spreadOf(countsOf(picks, pods)) <= workers);
            }
        });
    }

    it("a pod that is kept for a while is found to be", () => {
        const found = verdicts((generator) => lazy(3, 0.9, generator), 3, 3000, 100);
        assert.ok((found.sticky ?? 0) > 0.99 * runs, JSON.stringify(found));
    });

    it("the tests by themselves give false alarms as often as their α says", () => {
        const random = seeded(7);
        const alarms = { uneven: 0, few: 0, many: 0 };
        for (let run = 0; run < runs; run++) {
            const picks = pick(atRandom(3, random), 1000);
            if (uniformity(countsOf(picks, 3)).pTooUneven < 0.01) alarms.uneven++;
            const { pOrFewer, pOrMore } = repeats(names(picks), 3);
            if (pOrFewer < 0.01) alarms.few++;
            if (pOrMore < 0.01) alarms.many++;
        }
        for (const found of Object.values(alarms)) {
            assertFalseAlarms(found, 0.01);
            // Nor much less often. The exact probabilities are a little below 0.01, since only whole numbers are counted.
            assert.ok(binomialAtMost(found, runs, 0.0075) > 1e-4, JSON.stringify(alarms));
        }
    });
});

describe("judgement", () => {
    const few = { sequence: ["a", "b", "a", "b"], counts: [2, 2] };

    it("says nothing of too few requests, of one pod, and of counts that are too small", () => {
        assert.equal(judge(few).manner, undefined);
        assert.equal(judge({ sequence: names(pick(() => 0, 30)), counts: [3000] }).manner, undefined);
        assert.equal(judge({ sequence: names(pick(atRandom(3, seeded(2)), 30)), counts: [1, 2, 3] }).manner, undefined);
    });

    it("30 requests decide between two and three pods, and more pods take more", () => {
        assert.deepEqual([1, 2, 3, 4, 5, 10].map(sequenceLength), [30, 30, 30, 37, 48, 99]);
    });
});
