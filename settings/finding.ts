import { npmRun } from "../lib/commandLines";
import { maskLogins } from "../lib/web";

/** The result of one check of the settings or of the machine. */
export interface Finding {
    /** FAIL: the lab can't run. WARN: it may run, with what the detail says. */
    status: "PASS" | "WARN" | "FAIL";
    /** What was checked: a setting by its dotted name, or a part of the machine. */
    subject: string;
    detail: string;
    /** Of a setting: a value that is valid on this machine. */
    example?: string;
    /** What the user can do: a command line, or an action in words. Several are on lines of their own. */
    remedy?: string;
}

export const pass = (subject: string, detail: string): Finding => ({ status: "PASS", subject, detail });
export const warn = (subject: string, detail: string, remedy?: string): Finding => ({
    status: "WARN",
    subject,
    detail,
    remedy,
});
export const fail = (subject: string, detail: string, remedy?: string): Finding => ({
    status: "FAIL",
    subject,
    detail,
    remedy,
});
/** A setting that can't be used as it is. */
export const invalid = (setting: string, detail: string, example?: string): Finding => ({
    status: "FAIL",
    subject: setting,
    detail,
    example,
});

/** A finding as lines for the terminal, without passwords. Below it are the command that sets the example, and the remedy. */
export function formatFinding({ status, subject, detail, example, remedy }: Finding, stack: string): string {
    const help = [
        ...(example === undefined ? [] : [`For example: ${npmRun(stack, "set", subject, example)}`]),
        ...(remedy?.split("\n") ?? []),
    ];
    return maskLogins([`${status}  ${subject}: ${detail}`, ...help.map((line) => `      ${line}`)].join("\n"));
}
