/** The part of jStat that this project uses. It ships no types: https://jstat.github.io */
declare module "jstat" {
    export const jStat: {
        chisquare: {
            /** P(X ≤ x) of the chi-square distribution. */
            cdf(x: number, degreesOfFreedom: number): number;
        };
        normal: {
            /** The x with P(X ≤ x) = p. */
            inv(p: number, mean: number, standardDeviation: number): number;
        };
        /** The regularised incomplete beta function I_x(a, b). */
        ibeta(x: number, a: number, b: number): number;
        /** Quantiles; with 1 and 1 they are interpolated linearly. It takes two values or more. */
        quantiles(values: number[], shares: number[], alphap: number, betap: number): number[];
    };
}
