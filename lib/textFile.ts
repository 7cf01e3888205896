import { existsSync, readFileSync } from "node:fs";

/**
 * Reads a text that goes to Linux, such as a shell program. A checkout may have Windows' line ends (git's `core.autocrlf`); what
 * is read has Linux's.
 */
export function readText(path: string): string {
    return toLinuxLines(readFileSync(path, "utf8"));
}

/** The text of a file as it is; empty where there is no file. */
export function readIfExists(path: string): string {
    return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** A text with Linux's line ends in place of Windows'. */
export function toLinuxLines(text: string): string {
    return text.replaceAll("\r\n", "\n");
}
