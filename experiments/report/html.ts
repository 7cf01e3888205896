import { join } from "node:path";
import { readText } from "../../lib/textFile";
import type { Catalogue, Language } from "../catalogue";
import { colours, drawChart } from "./charts";
import type { Report } from "./report";
import type { Chart, Section, Table } from "./section";

/** Text that is HTML already. */
class Html {
    constructor(readonly text: string) {}
}

type Part = string | number | Html | undefined | Part[];

/** A template whose values are texts: what would be markup in them is escaped. */
function html(literals: TemplateStringsArray, ...values: Part[]): Html {
    return new Html(literals.map((literal, index) => literal + render(values[index])).join(""));
}

function render(part: Part): string {
    if (part === undefined) return "";
    if (part instanceof Html) return part.text;
    return Array.isArray(part) ? part.map(render).join("") : escape(String(part));
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escape = (text: string) => text.replace(/[&<>"]/g, (character) => entities[character] ?? character);

/**
 * A report as one page that needs nothing else, and is not allowed to ask for it: by its content security policy the browser loads
 * nothing.
 */
export async function toHtml(report: Report, texts: Catalogue, language: Language): Promise<string> {
    const { run, report: words } = texts;
    const sections = await Promise.all(report.sections.map((section, index) => toSection(section, index, texts)));
    const style = new Html(readText(join(__dirname, "style.css")));
    return html`<!doctype html>
        <html lang="${language}">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
                <title>${report.title}</title>
                <style>
                    ${style}
                </style>
            </head>
            <body>
                <main>
                    <p class="quiet">${words.subtitle}</p>
                    <h1>${report.title}</h1>
                    <p>${report.question}</p>
                    <section class="box ${report.claim}">
                        <h2>${run.verdict}: <span class="mark">${words.results[report.claim]}</span></h2>
                        <p>${report.verdict}</p>
                    </section>
                    ${report.remarks.map((remark) => html`<p><strong>${run.remarks}:</strong> ${remark}</p> `)}
                    <section class="box">
                        <h2>${run.prediction}</h2>
                        <p>${report.prediction}</p>
                        <p><strong>${run.outcome}:</strong> ${report.outcome}. ${report.predictionHeld}</p>
                        ${report.guess && html`<p><strong>${run.guess}:</strong> ${report.guess.said}. ${tellGuess(report, texts)}</p> `}
                    </section>
                    ${sections}
                    <dl>
                        ${report.head.map(
                            ([name, value]) =>
                                html`<dt>${name}</dt>
                                    <dd>${name === words.command ? html`<code>${value}</code>` : value}</dd> `,
                        )}
                    </dl>
                    <p class="quiet">${words.figures}</p>
                </main>
            </body>
        </html> `.text;
}

/** What to say of a guess. */
export function tellGuess({ guess }: Report, { run }: Catalogue): string {
    if (guess?.isRight === undefined) return "";
    return guess.isRight ? run.guessRight : run.guessWrong;
}

async function toSection(
    { heading, text = [], table, chart }: Section,
    index: number,
    texts: Catalogue,
): Promise<Html> {
    return html`<section>
        <h2>${heading}</h2>
        ${text.map((paragraph) => html`<p>${paragraph}</p> `)}${chart && (await toFigure(chart, `chart-${index}`, texts))}${table && toTable(table)}
    </section> `;
}

async function toFigure(chart: Chart, id: string, texts: Catalogue): Promise<Html> {
    const drawings = await drawChart(chart, id, texts);
    return html`${chart.kind === "sequences" ? toLegend(chart) : undefined}${drawings.map(
        ({ caption, svg }) =>
            html`<figure>
                ${caption === undefined ? undefined : html`<figcaption>${caption}</figcaption> `}${new Html(svg)}
            </figure> `,
    )}`;
}

function toLegend({ pods }: Chart): Html {
    const swatch = (index: number, letter: string) =>
        html`<svg viewBox="0 0 20 20" aria-hidden="true">
            <rect width="20" height="20" fill="var(--pod-${index % colours})" />
            <text
                x="10"
                y="14.5"
                text-anchor="middle"
                font-size="12"
                font-weight="bold"
                fill="var(--on-pod-${index % colours})"
            >
                ${letter}
            </text>
        </svg>`;
    return html`<ul class="pods">
        ${pods.map(({ letter, name }, index) => html`<li>${swatch(index, letter)}${letter}: ${name}</li> `)}
    </ul> `;
}

function toTable({ columns, rows }: Table): Html {
    const isNumber = (column: number) => rows.length > 0 && rows.every((row) => typeof row[column] === "number");
    const attribute = (column: number) => new Html(isNumber(column) ? ' class="number"' : "");
    return html`<div class="scroll">
        <table>
            <thead>
                <tr>
                    ${columns.map((name, index) => html`<th scope="col" ${attribute(index)}>${name}</th>`)}
                </tr>
            </thead>
            <tbody>
                ${rows.map(
                    (row) =>
                        html`<tr>
                            ${row.map((value, index) => html`<td${attribute(index)}>${value}</td>`)}
                        </tr> `,
                )}
            </tbody>
        </table>
    </div> `;
}
