import { jStat } from "jstat";

/** What a chi-square test says of some counts. */
export interface Uniformity {
    /** Pearson's X² = Σ (observed − expected)² / expected. */
    statistic: number;
    /** One less than there are counts. */
    degreesOfFreedom: number;
    /** How probable counts this uneven or more are, if each had the same chance. */
    pTooUneven: number;
    /** How probable counts this even or more are, if each had the same chance. */
    pTooEven: number;
    /** Whether enough was counted for the two to be right: at least five expected of each. */
    reliable: boolean;
}

/**
 * Pearson's chi-square test for equal chances: https://www.itl.nist.gov/div898/handbook/eda/section3/eda35f.htm. It looks at the
 * counts alone, and not at the order in which they came about.
 *
 * @param counts one for each that could have been chosen, those that never were included.
 */
export function uniformity(counts: number[]): Uniformity {
    const expected = sum(counts) / counts.length;
    const degreesOfFreedom = counts.length - 1;
    const statistic = expected === 0 ? 0 : sum(counts.map((count) => (count - expected) ** 2 / expected));
    const atMost = degreesOfFreedom === 0 ? 1 : jStat.chisquare.cdf(statistic, degreesOfFreedom);
    // Where all counts are equal, none is more even and any is as uneven.
    const pTooUneven = statistic === 0 ? 1 : Math.max(0, 1 - atMost);
    return { statistic, degreesOfFreedom, pTooUneven, pTooEven: atMost, reliable: expected >= 5 };
}

/** How often one answer came from the same pod as the answer before. */
export interface Repeats {
    repeats: number;
    /** How many could have been: one less than there are answers. */
    of: number;
    /** How many there are on average, if each answer comes from any pod with the same chance. */
    expected: number;
    /** How probable that many or fewer are then. */
    pOrFewer: number;
    /** How probable that many or more are then. */
    pOrMore: number;
}

/**
 * Counts repeats. At random with equal chance, each answer but the first repeats the pod of the one before with the chance 1/k,
 * whatever came before: so the number of repeats follows a binomial distribution. In turn there are none. Unlike the counts alone,
 * some thirty answers tell the two apart.
 *
 * @param sequence the pod of each answer, in their order.
 * @param k how many pods could have answered.
 */
export function repeats(sequence: string[], k: number): Repeats {
    const found = sequence.filter((pod, index) => index > 0 && pod === sequence[index - 1]).length;
    const of = Math.max(0, sequence.length - 1);
    return {
        repeats: found,
        of,
        expected: of / k,
        pOrFewer: binomialAtMost(found, of, 1 / k),
        pOrMore: binomialAtLeast(found, of, 1 / k),
    };
}

/**
 * How often which pod followed which: a row for the pod that answered, a column for the one that answered next.
 *
 * @param names the pods, in the order of rows and columns.
 */
export function transitions(sequence: string[], names: string[]): number[][] {
    const matrix = names.map(() => names.map(() => 0));
    for (const [index, to] of sequence.entries()) {
        const row = matrix[names.indexOf(sequence[index - 1] ?? "")];
        const column = names.indexOf(to);
        if (row !== undefined && column >= 0) row[column] = (row[column] ?? 0) + 1;
    }
    return matrix;
}

/**
 * P(X ≤ x) of the binomial distribution, by the incomplete beta function: https://dlmf.nist.gov/8.17#E5
 *
 * @param n how many tries.
 * @param p the chance of each.
 */
export function binomialAtMost(x: number, n: number, p: number): number {
    if (x < 0) return 0;
    return x >= n || p === 0 ? 1 : p === 1 ? 0 : jStat.ibeta(1 - p, n - x, x + 1);
}

/** P(X ≥ x) of the binomial distribution. It is not found by a difference from 1, which would lose small figures. */
export function binomialAtLeast(x: number, n: number, p: number): number {
    if (x > n) return 0;
    return x <= 0 || p === 1 ? 1 : p === 0 ? 0 : jStat.ibeta(p, x, n - x + 1);
}

/**
 * Between which counts all of k equal chances lie together with the probability 1 − alpha or more: by the normal approximation of
 * the binomial distribution, and with alpha shared among them (Bonferroni).
 *
 * @param n how many were counted in all.
 */
export function expectedRange(n: number, k: number, alpha: number): [least: number, most: number] {
    const mean = n / k;
    const width = jStat.normal.inv(1 - alpha / k / 2, 0, 1) * Math.sqrt((n / k) * (1 - 1 / k));
    return [Math.max(0, mean - width), Math.min(n, mean + width)];
}

/**
 * The value below which a share of the values lies, interpolated linearly between two neighbours: type 7 of Hyndman and Fan, "Sample
 * quantiles in statistical packages", The American Statistician 50 (1996). None where there are no values.
 *
 * @param share from 0 to 1, for example 0.99.
 */
export function percentile(values: number[], share: number): number | undefined {
    return values.length < 2 ? values[0] : jStat.quantiles(values, [share], 1, 1)[0];
}

export const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
