/** A part of a report, in the language of the report. It is shown in a terminal and as HTML alike. */
export interface Section {
    heading: string;
    /** Below the heading: what it shows, and how to read it. */
    text?: string[];
    table?: Table;
    chart?: Chart;
}

export interface Table {
    columns: string[];
    /** Texts to the left, numbers to the right. */
    rows: (string | number)[][];
}

/** A pod in a chart: a letter and a colour stand for it. */
export interface ChartPod {
    letter: string;
    name: string;
}

/** What a screen reader says of a chart. */
interface Described {
    title: string;
    description: string;
}

export type Chart =
    | (Described & {
          kind: "bars";
          pods: ChartPod[];
          values: number[];
          axis: string;
          /** Where the values lie, nearly always, if chance is all there is. */
          range?: [least: number, most: number];
      })
    | {
          kind: "sequences";
          pods: ChartPod[];
          /** Each answer's pod, by its place in `pods`, or -1 where there was no answer. */
          rows: { label: string; picks: number[] }[];
      }
    | (Described & {
          kind: "matrix";
          pods: ChartPod[];
          /** A row for the pod that answered, a column for the next. */
          cells: number[][];
          rowAxis: string;
          columnAxis: string;
      });
