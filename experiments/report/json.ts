import { z } from "zod";
import { en } from "../catalogue";
import { isRight, type Done } from "./report";

/** The version of {@link jsonReport}. What reads reports refuses one that it does not know. */
export const schemaVersion = 1;

const result = z.enum(["confirmed", "refuted", "undecided"]);

/** A report for programs. What an experiment measured has a form of its own. */
export const jsonReport = z.strictObject({
    schema: z.literal("load-balancing-lab/experiment"),
    schemaVersion: z.literal(schemaVersion),
    experiment: z.string(),
    run: z.string(),
    stack: z.string(),
    cluster: z.string(),
    command: z.string(),
    begun: z.iso.datetime(),
    seconds: z.number(),
    options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    prediction: z.strictObject({ outcome: z.string(), result }),
    guess: z.strictObject({ outcome: z.string(), right: z.boolean().nullable() }).nullable(),
    claim: z.strictObject({ result }),
    /** None where it could not be told. */
    outcome: z.string().nullable(),
    /** In English, whatever the language of the run. */
    verdict: z.string(),
    remarks: z.array(z.string()),
    facts: z.record(z.string(), z.unknown()),
    measured: z.record(z.string(), z.unknown()),
});

export type JsonReport = z.infer<typeof jsonReport>;

/** What came of an experiment, for programs. */
export function toJson(done: Done): JsonReport {
    const { experiment, conclusion, prediction, guess } = done;
    return jsonReport.parse({
        schema: "load-balancing-lab/experiment",
        schemaVersion,
        experiment: experiment.name,
        run: done.run,
        stack: done.stack,
        cluster: done.cluster,
        command: done.command,
        begun: done.begun.toISOString(),
        seconds: done.seconds,
        options: done.options,
        prediction: { outcome: prediction.outcome, result: conclusion.prediction },
        guess: guess === undefined ? null : { outcome: guess, right: isRight(done, guess) ?? null },
        claim: { result: conclusion.claim },
        outcome: conclusion.outcome ?? null,
        verdict: conclusion.verdict(en),
        remarks: conclusion.remarks.map((say) => say(en)),
        facts: done.facts,
        measured: done.measured,
    });
}
