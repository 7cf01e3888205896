import { isSuccess, type Exchange } from "../lib/load";
import { sum } from "../lib/statistics";
import type { Say } from "./catalogue";
import type { ChartPod } from "./report/section";

/** Which of some pods answered each request, by its place among them; -1 where none of them did. */
export const picksOf = (exchanges: Exchange[], pods: { name: string }[]): number[] =>
    exchanges.map((exchange) => (isSuccess(exchange) ? pods.findIndex(({ name }) => name === exchange.pod) : -1));

/** The names behind {@link picksOf}, without the requests that none of them answered. */
export const podsOfPicks = (picks: number[], names: string[]): string[] => picks.flatMap((pick) => names[pick] ?? []);

/** Why requests failed, and how many each. */
export function failuresOf(exchanges: Exchange[]): Record<string, number> {
    const failures: Record<string, number> = {};
    for (const { failure } of exchanges) if (failure !== undefined) failures[failure] = (failures[failure] ?? 0) + 1;
    return failures;
}

/** A remark on each part that has failures. */
export const remarkFailures = (parts: { failures: Record<string, number> }[]): Say[] =>
    parts
        .filter(({ failures }) => sum(Object.values(failures)) > 0)
        .map(
            ({ failures }) =>
                ({ remarks }) =>
                    remarks.failures(failures),
        );

/** How many requests each of some pods answered, by its place among them. */
export const countsOf = (picks: number[], pods: unknown[]): number[] =>
    pods.map((_, pod) => picks.filter((pick) => pick === pod).length);

/** The pods that each connection had answers of. */
export function podsByConnection(exchanges: Exchange[]): Set<string>[] {
    const seen = new Map<number, Set<string>>();
    for (const { connection, pod } of exchanges) {
        if (connection === undefined || pod === undefined) continue;
        seen.set(connection.id, (seen.get(connection.id) ?? new Set()).add(pod));
    }
    return [...seen.values()];
}

/** The largest of these sets. */
export const largest = (sets: Set<string>[]) => sets.reduce((most, { size }) => Math.max(most, size), 0);

/** A letter for each pod: A, B, … Z, then A2. */
export function toChartPods(pods: { name: string }[]): ChartPod[] {
    return pods.map(({ name }, index) => {
        const round = Math.floor(index / 26);
        return { letter: `${String.fromCharCode(65 + (index % 26))}${round === 0 ? "" : round + 1}`, name };
    });
}
