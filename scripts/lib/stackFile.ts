import { rmSync, writeFileSync } from "node:fs";
import { parse } from "yaml";

/*
 * Pulumi writes `encryptionsalt` into a stack's file when it makes the stack, and formats the whole file anew. The file is the
 * user's, and often tracked by git. So the salt is added and removed as one line, and no other line changes.
 */

const saltLine = /^encryptionsalt:.*(\r?\n|$)/m;

/** Writes a stack's file. Where the text is empty, the file is removed. */
export function writeStackFile(path: string, text: string): void {
    if (text.trim() === "") rmSync(path, { force: true });
    else writeFileSync(path, text);
}

/** The text without the salt. */
export function withoutSalt(text: string): string {
    return text.replace(saltLine, "");
}

/** The text with the salt of `other`, or without one where `other` has none. */
export function withSaltOf(other: string, text: string): string {
    const salt = saltLine.exec(other)?.[0];
    const rest = withoutSalt(text);
    if (salt === undefined) return rest;
    return `${rest}${rest === "" || rest.endsWith("\n") ? "" : "\n"}${salt.trimEnd()}\n`;
}

/** Whether the text has a salt. */
export function hasSalt(text: string): boolean {
    return saltLine.test(text);
}

/** Whether values are encrypted with the salt. They can't be decrypted without it. */
export function hasSecrets(text: string): boolean {
    return JSON.stringify(parse(text) ?? null).includes('"secure":');
}
