import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import {
    binomialAtLeast,
    binomialAtMost,
    expectedRange,
    percentile,
    repeats,
    transitions,
    uniformity,
} from "../../../lib/statistics";

const near = (seen: number | undefined, wanted: number, relative = 1e-7) =>
    assert.ok(Math.abs((seen ?? NaN) - wanted) <= relative * wanted + 1e-12, `${seen} is not ${wanted}`);
const pods = fc.integer({ min: 2, max: 9 });
/** A sequence of answers of some pods. */
const answers = pods.chain((k) =>
    fc.tuple(fc.constant(k), fc.array(fc.integer({ min: 0, max: k - 1 }).map(String), { maxLength: 200 })),
);

describe("statistics", () => {
    // What scipy 1.17 gives: scipy.stats.chisquare and scipy.stats.binom.
    it("uniformity: the chi-square test as scipy has it", () => {
        for (const [counts, statistic, p] of [
            [[1007, 984, 1011], 0.424383744170553, 0.8088094947130864],
            [[200, 200, 260, 180], 17.142857142857142, 0.0006605027428531716],
            [[11, 6, 3], 4.9, 0.0862935864993705],
        ] as const) {
            const found = uniformity([...counts]);
            near(found.statistic, statistic);
            near(found.pTooUneven, p);
            near(found.pTooEven, 1 - p);
            assert.equal(found.degreesOfFreedom, counts.length - 1);
        }
        assert.equal(uniformity([5, 5, 5]).reliable, true);
        assert.equal(uniformity([4, 5, 5]).reliable, false);
    });

    it("uniformity: equal counts are as even as can be, and what was never chosen counts", () => {
        assert.deepEqual(
            [uniformity([9, 9, 9]), uniformity([0, 0])].map(({ pTooUneven, pTooEven }) => [pTooUneven, pTooEven]),
            [
                [1, 0],
                [1, 0],
            ],
        );
        assert.ok(uniformity([50, 50, 0]).pTooUneven < 1e-10);
        assert.equal(uniformity([7]).pTooUneven, 1);
    });

    it("binomial: both tails as scipy has them", () => {
        for (const [x, n, p, atMost, atLeast] of [
            [0, 29, 1 / 3, 7.822642576269843e-6, 1],
            [11, 29, 1 / 3, 0.7679142080468703, 0.3642353201648266],
            [900, 2999, 1 / 3, 5.3716407197587185e-5, 0.9999543484589773],
            [1100, 2999, 1 / 3, 0.9999472006631728, 6.171754380000583e-5],
            [14, 29, 0.5, 0.5, 0.644464448094368],
            [33000, 99999, 1 / 3, 0.012808096936822238, 0.9874123078772706],
        ] as const) {
            near(binomialAtMost(x, n, p), atMost);
            near(binomialAtLeast(x, n, p), atLeast);
        }
    });

    it("binomial: the tails complete each other, at the ends too", () => {
        fc.assert(
            fc.property(fc.integer({ min: 0, max: 300 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, p) => {
                for (const x of [-1, 0, Math.floor(n / 2), n, n + 1]) {
                    near(binomialAtMost(x, n, p) + binomialAtLeast(x + 1, n, p), 1);
                }
            }),
        );
    });

    it("repeats: counts them, and none of an empty or single sequence", () => {
        const found = repeats(["a", "a", "b", "b", "b", "c"], 3);
        assert.deepEqual([found.repeats, found.of], [3, 5]);
        near(found.expected, 5 / 3);
        for (const sequence of [[], ["a"]]) {
            assert.deepEqual(repeats(sequence, 3), { repeats: 0, of: 0, expected: 0, pOrFewer: 1, pOrMore: 1 });
        }
        near(repeats(["a", "b", "c", "a"], 3).pOrFewer, (2 / 3) ** 3);
        near(repeats(["a", "a", "a", "a"], 3).pOrMore, (1 / 3) ** 3);
    });

    it("repeats and transitions agree: a repeat is on the diagonal", () => {
        fc.assert(
            fc.property(answers, ([k, sequence]) => {
                const names = Array.from({ length: k }, (_, index) => String(index));
                const matrix = transitions(sequence, names);
                const diagonal = matrix.reduce((total, row, index) => total + (row[index] ?? 0), 0);
                const found = repeats(sequence, k);
                assert.equal(diagonal, found.repeats);
                assert.equal(
                    matrix.flat().reduce((total, count) => total + count, 0),
                    found.of,
                );
            }),
        );
    });

    it("transitions: a row for what came first, a column for what came next; an unknown name counts nowhere", () => {
        assert.deepEqual(transitions(["a", "b", "b", "x", "a"], ["a", "b"]), [
            [0, 1],
            [0, 1],
        ]);
    });

    it("expectedRange: nearly all counts at random lie in it", () => {
        const [least, most] = expectedRange(3000, 3, 0.001);
        // 1000 ± 3.59 standard deviations of 25.8.
        near(least, 907.36, 1e-4);
        near(most, 1092.64, 1e-4);
        assert.deepEqual(expectedRange(0, 3, 0.001), [0, 0]);
    });

    it("percentile: interpolates between neighbours, and does not change its argument", () => {
        const values = [10, 1, 9, 2, 8, 3, 7, 4, 6, 5];
        const copy = [...values];
        assert.deepEqual(
            [0, 0.5, 0.99, 1].map((share) => percentile(values, share)?.toFixed(6)),
            ["1.000000", "5.500000", "9.910000", "10.000000"],
        );
        assert.deepEqual(values, copy);
        assert.deepEqual([percentile([], 0.5), percentile([7], 0.99)], [undefined, 7]);
        fc.assert(
            fc.property(
                fc.array(fc.integer(), { minLength: 1 }),
                fc.double({ min: 0, max: 1, noNaN: true }),
                (all, at) => {
                    const found = percentile(all, at) ?? NaN;
                    assert.ok(found >= Math.min(...all) - 1e-6 && found <= Math.max(...all) + 1e-6);
                },
            ),
        );
    });
});
