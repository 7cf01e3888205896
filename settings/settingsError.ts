import { Refusal } from "../lib/refusal";
import { formatFinding, type Finding } from "./finding";

/** A stack can't be brought up with its settings. The message lists every finding. */
export class SettingsError extends Refusal {
    constructor(
        readonly findings: Finding[],
        stack: string,
    ) {
        super(
            [
                `Stack ${stack} can't be brought up with these settings:`,
                ...findings.map((finding) => formatFinding(finding, stack)),
            ].join("\n"),
        );
    }
}
