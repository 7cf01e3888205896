import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { parse } from "yaml";

/*
 * Pulumi writes `encryptionsalt` into a stack's settings when it makes the stack, and re-formats the file while at it.
 * The file is the user's, often tracked by git: the salt is added and taken away as one line, and no other changes.
 */

const saltLine = /^encryptionsalt:.*(\r?\n|$)/m;

/** The text of a stack's settings; empty where there is no file. */
export function readStackFile(path: string): string {
    return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Writes a stack's settings; a file without any is removed. */
export function writeStackFile(path: string, text: string): void {
    if (text.trim() === "") rmSync(path, { force: true });
    else writeFileSync(path, text);
}

/** The settings without the salt. */
export function withoutSalt(text: string): string {
    return text.replace(saltLine, "");
}

/** The settings with the salt that `other` has, or without one if it has none. */
export function withSaltOf(other: string, text: string): string {
    const salt = saltLine.exec(other)?.[0];
    const rest = withoutSalt(text);
    if (salt === undefined) return rest;
    return `${rest}${rest === "" || rest.endsWith("\n") ? "" : "\n"}${salt.trimEnd()}\n`;
}

/** Whether a salt is there. */
export function hasSalt(text: string): boolean {
    return saltLine.test(text);
}

/** Whether values are encrypted with the salt, so that they are lost without it. */
export function hasSecrets(text: string): boolean {
    return JSON.stringify(parse(text) ?? null).includes('"secure":');
}
