import type { Repeats } from "../../lib/statistics";

/** Languages that there are texts in. */
export const languages = ["en", "ko"] as const;
export type Language = (typeof languages)[number];

/** Numbers as a language writes them. */
export function formats(language: Language) {
    const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
    const tenths = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
    const share = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
    return {
        count: (value: number) => whole.format(value),
        decimal: (value: number) => tenths.format(value),
        percent: (value: number) => share.format(value),
        counts: (values: number[]) => values.map((value) => whole.format(value)).join(" / "),
        /** A probability, with two digits that mean something. */
        p: (value: number) => (value < 0.0001 ? "p < 0.0001" : `p = ${Number(value.toPrecision(2))}`),
    };
}

/** How probable a number of repeats is that is as far from what is expected, to whichever side. */
export const twoSided = ({ pOrFewer, pOrMore }: Repeats) => Math.min(1, 2 * Math.min(pOrFewer, pOrMore));
