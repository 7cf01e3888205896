import type { Catalogue } from "../catalogue";
import type { Chart, ChartPod } from "./section";

/** How many colours style.css has for pods: https://jfly.uni-koeln.de/color/ */
export const colours = 8;
/** Of a drawing, in its own units. It is shown as wide as the page, on a phone about as wide as this. */
const width = 360;
/** Requests in a line of a sequence. */
const perLine = 20;
const cell = (width - 4) / perLine;

const colourOf = (pod: number) => `var(--pod-${pod % colours})`;
const textColourOf = (pod: number) => `var(--on-pod-${pod % colours})`;
/** A pod's name is long, and only its end tells it from the others. */
const label = ({ letter, name }: ChartPod) => `${letter} …${name.slice(-5)}`;

/** A drawing, and what is written above it. */
export interface Drawing {
    caption?: string;
    svg: string;
}

/**
 * Draws a chart as SVG that needs nothing else: by Observable Plot, on a document that linkedom imitates. Colours are variables of
 * the page, so that they follow its light or dark theme.
 *
 * @param id unique in the page.
 */
export async function drawChart(chart: Chart, id: string, texts: Catalogue): Promise<Drawing[]> {
    // They are loaded here since that takes a while, and a report comes at the end.
    const [Plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
    const { document } = parseHTML("<html></html>");
    const common = {
        document,
        width,
        style: { fontSize: "12px", background: "none", overflow: "visible" },
        color: { type: "identity" as const },
    };
    const finish = (plot: Element, part: string, described: { title: string; description: string }) => {
        const make = (tag: "title" | "desc", text: string) => {
            const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
            element.setAttribute("id", `${part}-${tag}`);
            element.textContent = text;
            return element;
        };
        plot.prepend(make("title", described.title), make("desc", described.description));
        plot.setAttribute("role", "img");
        plot.setAttribute("aria-labelledby", `${part}-title ${part}-desc`);
        // It is as wide as the page lets it. Plot's own labels for screen readers are English.
        for (const name of ["width", "height"]) plot.removeAttribute(name);
        for (const element of plot.querySelectorAll("[aria-label]")) element.removeAttribute("aria-label");
        plot.removeAttribute("aria-label");
        return plot.outerHTML;
    };

    switch (chart.kind) {
        case "bars": {
            const bars = chart.pods.map((pod, index) => ({
                label: label(pod),
                value: chart.values[index] ?? 0,
                colour: colourOf(index),
                text: chart.values[index] ?? 0,
            }));
            const most = Math.max(1, ...chart.values, chart.range?.[1] ?? 0);
            const plot = Plot.plot({
                ...common,
                height: 60 + 34 * bars.length,
                marginLeft: 76,
                marginRight: 20,
                marginBottom: 40,
                x: { label: chart.axis, domain: [0, most * 1.15], ticks: 4, labelArrow: "none", nice: true },
                y: { label: null, domain: bars.map((bar) => bar.label), tickSize: 0 },
                marks: [
                    Plot.barX(bars, {
                        x: "value",
                        y: "label",
                        fill: "colour",
                        stroke: "currentColor",
                        insetTop: 4,
                        insetBottom: 4,
                    }),
                    ...(chart.range === undefined
                        ? []
                        : [Plot.ruleX(chart.range, { stroke: "currentColor", strokeDasharray: "4 3" })]),
                    Plot.text(bars, {
                        x: "value",
                        y: "label",
                        text: "text",
                        textAnchor: "start",
                        dx: 6,
                        fill: "currentColor",
                        // A line may be where the figure is.
                        stroke: "var(--background)",
                        strokeWidth: 5,
                    }),
                    Plot.ruleX([0], { stroke: "currentColor" }),
                ],
            });
            const caption = chart.range === undefined ? undefined : texts.report.expectedRange;
            return [{ caption, svg: finish(plot, id, chart) }];
        }
        case "sequences":
            return chart.rows.map(({ label: caption, picks }, row) => {
                const cells = picks.map((pick, index) => ({
                    x: index % perLine,
                    y: Math.floor(index / perLine),
                    letter: chart.pods[pick]?.letter ?? "–",
                    colour: pick < 0 ? "none" : colourOf(pick),
                    text: pick < 0 ? "currentColor" : textColourOf(pick),
                    // A repeat has a frame.
                    frame: index > 0 && pick >= 0 && pick === picks[index - 1] ? 2.5 : 0,
                }));
                const lines = Math.max(1, Math.ceil(picks.length / perLine));
                const plot = Plot.plot({
                    ...common,
                    height: lines * (cell + 4) + 4,
                    margin: 2,
                    x: {
                        axis: null,
                        domain: Array.from({ length: perLine }, (_, index) => index),
                        padding: 0.06,
                        round: false,
                    },
                    y: {
                        axis: null,
                        domain: Array.from({ length: lines }, (_, index) => index),
                        padding: 0.14,
                        round: false,
                    },
                    marks: [
                        Plot.cell(cells, { x: "x", y: "y", fill: "colour", inset: 0.5 }),
                        Plot.cell(
                            cells.filter(({ frame }) => frame > 0),
                            { x: "x", y: "y", fill: "none", stroke: "currentColor", strokeWidth: 2, inset: 0 },
                        ),
                        Plot.text(cells, { x: "x", y: "y", text: "letter", fill: "text", fontWeight: "bold" }),
                    ],
                });
                const description = cells.map(({ letter }) => letter).join(" ");
                return { caption, svg: finish(plot, `${id}-${row}`, { title: caption, description }) };
            });
        case "matrix": {
            const names = chart.pods.map(({ letter }) => letter);
            const most = Math.max(1, ...chart.cells.flat());
            const cells = chart.cells.flatMap((row, from) =>
                row.map((value, to) => ({
                    from: names[from],
                    to: names[to],
                    value,
                    // Text has to be seen on it.
                    share: (0.6 * value) / most,
                })),
            );
            const size = Math.min(56, (width - 60) / names.length);
            const plot = Plot.plot({
                ...common,
                height: size * names.length + 56,
                marginLeft: 50,
                marginTop: 50,
                // The scale of all drawings is the same, and so is the size of their letters.
                marginRight: width - 50 - size * names.length,
                marginBottom: 6,
                x: { axis: "top", label: chart.columnAxis, domain: names, labelArrow: "none", tickSize: 0 },
                y: { label: chart.rowAxis, domain: names, labelArrow: "none", tickSize: 0 },
                marks: [
                    Plot.cell(cells, {
                        x: "to",
                        y: "from",
                        fill: "var(--accent)",
                        fillOpacity: "share",
                        stroke: "currentColor",
                        inset: 1,
                    }),
                    Plot.text(cells, { x: "to", y: "from", text: "value", fill: "currentColor" }),
                ],
                opacity: { type: "identity" },
            });
            return [{ svg: finish(plot, id, chart) }];
        }
    }
}
