// Not all of @pulumi/pulumi, which takes long to load: the commands read settings too.
import { RunError } from "@pulumi/pulumi/errors";
import { formatFinding, type Finding } from "./finding";

/** A stack can't be brought up with its settings. The message lists every finding; Pulumi shows it without a stack trace. */
export class SettingsError extends RunError {
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
