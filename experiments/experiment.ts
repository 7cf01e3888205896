import type { Catalogue, Say } from "./catalogue";
import type { Result } from "./judgement";
import type { Lab } from "./lab";
import type { Section } from "./report/section";

/** An option of an experiment. Its name on the command line has hyphens: `keepAlive` is --keep-alive. */
export type OptionSpec =
    | { kind: "count"; default: number; atLeast: number; atMost: number }
    | { kind: "choice"; default: string; choices: readonly string[] }
    | { kind: "flag" };

type ValueOf<Spec> = Spec extends { kind: "count" }
    ? number
    : Spec extends { choices: readonly (infer Choice)[] }
      ? Choice
      : boolean;

/** The values of options. */
export type OptionValues<Specs> = { [Name in keyof Specs]: ValueOf<Specs[Name]> };

/** What is expected, before anything is measured. */
export interface Prediction<Outcome extends string = string> {
    outcome: Outcome;
    /** What is expected, and the reason. */
    text: Say;
}

/** What an experiment has found. */
export interface Conclusion<Outcome extends string = string> {
    /** What is the case. None where it can't be told. */
    outcome?: Outcome;
    /** What became of the course's claim, and of the prediction. */
    claim: Result;
    prediction: Result;
    /** The verdict in plain words, with the figures that it rests on: first the claim, then all else. */
    verdict: Say;
    /** What else a reader has to know: what was in the way, and what the figures can't tell. */
    remarks: Say[];
    /** Tables and charts. */
    sections: (texts: Catalogue) => Section[];
}

/**
 * An experiment on a claim of the course. It is one file, which has the question, the prediction with its reason, what is done, and
 * what is concluded. All that it says is in the catalogue. The runner does the rest: progress, Ctrl-C, report.
 */
export interface Experiment<
    Specs extends Record<string, OptionSpec>,
    Outcome extends string,
    Plan extends { facts: object },
    Measured,
> {
    name: keyof Catalogue["experiments"];
    options: Specs;
    /** Its texts in the catalogue. */
    texts: (texts: Catalogue) => ExperimentTexts<keyof Specs & string, Outcome>;
    /** What may be guessed: the outcomes that a student can think of. */
    guesses: readonly Outcome[];
    /** Which guess an outcome proves right. */
    guessFor: (outcome: Outcome) => Outcome;
    /**
     * Looks at the stack, and refuses options that don't fit. Nothing is measured and nothing is changed. What a plan has as `facts`
     * goes into the report as JSON.
     */
    plan: (lab: Lab, options: OptionValues<Specs>) => Promise<Plan>;
    predict: (plan: Plan) => Prediction<Outcome>;
    /** Measures. What it returns goes into the report as JSON. */
    measure: (lab: Lab, plan: Plan) => Promise<Measured>;
    /** Arithmetic alone: the same figures lead to the same conclusion. */
    conclude: (plan: Plan, measured: Measured) => Conclusion<Outcome>;
}

/** What the catalogue has for every experiment. */
export interface ExperimentTexts<Option extends string = string, Outcome extends string = string> {
    /** One sentence for the list. */
    summary: string;
    question: string;
    /** The claim of the course that it is about, as the course says it. */
    claim: string;
    options: Record<Option, string>;
    outcomes: Record<Outcome, string>;
}

/** An experiment as the runner sees it, which need not know what it measures. */
export interface AnyExperiment {
    name: keyof Catalogue["experiments"];
    options: Record<string, OptionSpec>;
    texts: (texts: Catalogue) => ExperimentTexts;
    guesses: readonly string[];
    guessFor: (outcome: string) => string;
    begin: (lab: Lab, options: Record<string, unknown>) => Promise<Begun>;
}

/** An experiment that is planned and not yet measured. */
export interface Begun {
    prediction: Prediction;
    perform: () => Promise<{ facts: object; measured: unknown; conclusion: Conclusion }>;
}

/** Hides what is particular to one experiment. */
export function defineExperiment<
    Specs extends Record<string, OptionSpec>,
    Outcome extends string,
    Plan extends { facts: object },
    Measured,
>(
    experiment: Experiment<Specs, Outcome, Plan, Measured>,
): AnyExperiment & { definition: Experiment<Specs, Outcome, Plan, Measured> } {
    const { name, options, texts, guesses } = experiment;
    return {
        name,
        options,
        texts,
        guesses,
        guessFor: (outcome) => experiment.guessFor(outcome as Outcome),
        definition: experiment,
        async begin(lab, given) {
            const plan = await experiment.plan(lab, given as OptionValues<Specs>);
            const perform = async () => {
                const measured = await experiment.measure(lab, plan);
                return { facts: plan.facts, measured, conclusion: experiment.conclude(plan, measured) };
            };
            return { prediction: experiment.predict(plan), perform };
        },
    };
}
