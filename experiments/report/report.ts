import type { Catalogue, Language } from "../catalogue";
import type { Conclusion, Prediction, AnyExperiment } from "../experiment";
import type { Result } from "../judgement";
import type { Section } from "./section";

/** What was done, and what came of it. */
export interface Done {
    experiment: Pick<AnyExperiment, "name" | "texts" | "guessFor">;
    language: Language;
    stack: string;
    cluster: string;
    run: string;
    /** The command line that does it again. */
    command: string;
    begun: Date;
    seconds: number;
    options: Record<string, unknown>;
    prediction: Prediction;
    /** What the student thought, one of the experiment's guesses. None where nobody asked. */
    guess?: string;
    conclusion: Conclusion;
    /** What was known before, and what was measured. */
    facts: object;
    measured: unknown;
}

/** A report in words, as it is shown. */
export interface Report {
    title: string;
    question: string;
    /** Label and value. */
    head: [label: string, value: string][];
    prediction: string;
    guess?: { said: string; isRight?: boolean };
    outcome: string;
    claim: Result;
    predictionHeld: string;
    verdict: string;
    remarks: string[];
    sections: Section[];
}

/** Puts what came of an experiment into words. */
export function toReport(done: Done, texts: Catalogue): Report {
    const { experiment, prediction, conclusion, guess } = done;
    const own = experiment.texts(texts);
    const { outcome } = conclusion;
    const time = new Intl.DateTimeFormat(done.language, { dateStyle: "long", timeStyle: "medium" });
    return {
        title: texts.report.title(done.experiment.name, done.stack),
        question: own.question,
        head: [
            [texts.report.command, done.command],
            [texts.report.stack, done.stack],
            [texts.report.cluster, done.cluster],
            [texts.report.time, time.format(done.begun)],
            [texts.report.took, texts.report.seconds(done.seconds)],
        ],
        prediction: prediction.text(texts),
        guess: guess === undefined ? undefined : { said: own.outcomes[guess] ?? guess, isRight: isRight(done, guess) },
        outcome: outcome === undefined ? texts.run.outcomeUnknown : (own.outcomes[outcome] ?? outcome),
        claim: conclusion.claim,
        predictionHeld: texts.run.predictionResult[conclusion.prediction],
        verdict: conclusion.verdict(texts),
        remarks: conclusion.remarks.map((say) => say(texts)),
        sections: conclusion.sections(texts),
    };
}

/** Whether a guess was right; none where the outcome could not be told. */
export function isRight({ experiment, conclusion }: Done, guess: string): boolean | undefined {
    return conclusion.outcome === undefined ? undefined : experiment.guessFor(conclusion.outcome) === guess;
}
