import { sum } from "../lib/statistics";
import type { Catalogue } from "./catalogue";
import type { KernelCount, KernelMissing, KernelSource } from "./kernelCounters";
import type { Section } from "./report/section";

/** Who has counted. */
export type Source = "answers" | "podLogs" | "ingressLogs" | KernelSource;

/** The same thing, counted by several who know nothing of each other. */
export interface CrossCheck {
    of: "requests" | "connections";
    /** What was counted by: pods. */
    names: string[];
    columns: Column[];
    /** How many more the kernel may have counted in all: connections by which no request went. Default: none. */
    surplus?: number;
    /** Whether all that could count have counted the same, but for the surplus. None where fewer than two could. */
    agree?: boolean;
}

/** What one source has counted of each, or why it could not. */
export type Column = { source: Source; counts: number[] } | { source: Source; missing: KernelMissing };

/** Compares what several have counted. What the kernel has counted comes last. */
export function crossCheck(of: CrossCheck["of"], names: string[], columns: Column[], surplus = 0): CrossCheck {
    const [first, ...others] = columns.flatMap((column) => ("counts" in column ? [column.counts] : []));
    const isAlike = (counts: number[]) => {
        const more = counts.map((count, index) => count - (first?.[index] ?? 0));
        return more.every((count) => count >= 0) && sum(more) <= surplus;
    };
    const agree = others.length === 0 ? undefined : others.every(isAlike);
    return { of, names, columns, ...(surplus > 0 && { surplus }), agree };
}

/** The kernel's figures as a column of a check. */
export function kernelColumn(kernel: KernelCount, pods: { ip: string }[]): Column {
    return "missing" in kernel
        ? kernel
        : { source: kernel.source, counts: pods.map(({ ip }) => kernel.counts[ip] ?? 0) };
}

/** A check as a part of a report. */
export function describeCheck({ of, names, columns, surplus, agree }: CrossCheck, texts: Catalogue): Section {
    const { checks } = texts;
    const agreement = surplus === undefined ? checks.agree : checks.agreeButForUnused(surplus);
    const counted = columns.flatMap((column) => ("counts" in column ? [column] : []));
    const missing = columns.flatMap((column) => ("missing" in column ? [column] : []));
    return {
        heading: checks.heading[of],
        text: [
            agree === undefined ? checks.single : agree ? agreement : checks.differ,
            ...counted.map(({ source }) => `${checks.sources[source]}: ${checks.explained[source]}`),
            ...missing.map(({ source, missing: why }) => `${checks.sources[source]}: ${tellMissing(why, texts)}`),
        ],
        table: {
            columns: [checks.pod, ...counted.map(({ source }) => checks.sources[source])],
            rows: names.map((name, index) => [name, ...counted.map(({ counts }) => counts[index] ?? 0)]),
        },
    };
}

function tellMissing(why: KernelMissing, { checks: { missing } }: Catalogue): string {
    switch (why.reason) {
        case "noCommand":
            return missing.noCommand(why.command);
        case "noRules":
        case "noneSeen":
        case "reset":
            return missing[why.reason];
        case "tooLong":
            return missing.tooLong(why.seconds);
    }
}
