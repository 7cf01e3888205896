import type { Catalogue } from "../catalogue";
import { tellGuess } from "./html";
import type { Report } from "./report";
import type { Chart, Section, Table } from "./section";

/** Of a bar that is as long as can be. */
const barWidth = 30;

/** A report for a terminal: what is measured, then the verdict. Its question and prediction were shown before. */
export function toText(report: Report, texts: Catalogue): string {
    const { run } = texts;
    return [
        ...report.sections.flatMap(toSection),
        `${run.verdict}: ${report.verdict}`,
        ...report.remarks.map((remark) => `${run.remarks}: ${remark}`),
        `${run.outcome}: ${report.outcome}. ${report.predictionHeld}`,
        ...(report.guess === undefined ? [] : [`${run.guess}: ${report.guess.said}. ${tellGuess(report, texts)}`]),
    ].join("\n");
}

function toSection({ heading, text = [], table, chart }: Section): string[] {
    const bars = chart?.kind === "bars" ? chart : undefined;
    return [
        heading,
        ...text.map((line) => `  ${line}`),
        ...(table === undefined ? [] : toTable(table, bars)),
        ...(chart === undefined ? [] : toLines(chart)),
        "",
    ];
}

/** A table whose columns are aligned, with the bars of a chart beside it. */
function toTable({ columns, rows }: Table, bars?: Extract<Chart, { kind: "bars" }>): string[] {
    const cells = [columns, ...rows.map((row) => row.map(String))];
    const widths = columns.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ""))));
    const most = Math.max(1, ...(bars?.values ?? []));
    return cells.map((row, line) => {
        const aligned = row.map((value, column) => {
            const gap = " ".repeat((widths[column] ?? 0) - widthOf(value));
            const isNumber = rows.length > 0 && rows.every((other) => typeof other[column] === "number");
            return isNumber ? gap + value : value + gap;
        });
        const value = line === 0 ? undefined : bars?.values[line - 1];
        const bar = value === undefined ? "" : "█".repeat(Math.round((barWidth * value) / most));
        return `  ${[...aligned, bar].join("  ").trimEnd()}`;
    });
}

/** What a chart shows, in letters. Bars are beside their table. */
function toLines(chart: Chart): string[] {
    switch (chart.kind) {
        case "bars":
            return [];
        case "sequences":
            return chart.rows.map(({ label, picks }) => {
                const letters = picks.map((pick) => chart.pods[pick]?.letter ?? "–");
                const groups = Array.from({ length: Math.ceil(letters.length / 10) }, (_, group) =>
                    letters.slice(group * 10, group * 10 + 10).join(""),
                );
                return `  ${label}: ${groups.join(" ")}`;
            });
        case "matrix": {
            const names = chart.pods.map(({ letter }) => letter);
            return toTable({
                columns: [`${chart.rowAxis} ↓ ${chart.columnAxis} →`, ...names],
                rows: chart.cells.map((row, index) => [names[index] ?? "", ...row]),
            });
        }
    }
}

/** How many columns of a terminal a text takes: Hangul and other East Asian characters take two. */
function widthOf(text: string): number {
    const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;
    return [...text].length + (text.match(wide)?.length ?? 0);
}
