import { fstatSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What pulumi told in its log of events, a line of JSON for each. */
export interface Told {
    /** Its errors and notices, without colours. */
    said: string;
    /** Whether the user has stopped it. */
    interrupted: boolean;
    /** Whether it ended with the preview. */
    unchanged: boolean;
}

interface Event {
    stdoutEvent?: { message: string };
    diagnosticEvent?: { message: string; severity: string };
    summaryEvent?: { isPreview?: boolean };
}

/** Opens an empty file for pulumi's events. Secrets can be in them, so it has no name, and is gone when nobody has it open. */
export function openEventLog(): number {
    const folder = mkdtempSync(join(tmpdir(), "events-"));
    try {
        return openSync(join(folder, "log"), "wx+", 0o600);
    } finally {
        rmSync(folder, { recursive: true });
    }
}

export function readEventLog(file: number): Told {
    const content = Buffer.alloc(fstatSync(file).size);
    readSync(file, content, 0, content.length, 0);
    return readEvents(content.toString("utf8"));
}

/** Reads the text of a log. It begins anew after the preview. */
export function readEvents(text: string): Told {
    const told: Told = { said: "", interrupted: false, unchanged: false };
    for (const line of text.split("\n")) {
        // The states of all resources are in it too. They are not looked at.
        if (!/"(stdoutEvent|diagnosticEvent|summaryEvent)"/.test(line)) continue;
        const { stdoutEvent, diagnosticEvent, summaryEvent } = parse(line);
        if (summaryEvent !== undefined) told.unchanged = summaryEvent.isPreview === true;
        const isError = diagnosticEvent?.severity === "error";
        const message = stdoutEvent?.message ?? (isError ? diagnosticEvent.message : "");
        told.said += message.replace(/<\{%.*?%\}>/g, "");
        if (stdoutEvent !== undefined && /received; cancelling/.test(message)) told.interrupted = true;
    }
    return told;
}

/** The last line of a pulumi that was killed may be cut. */
function parse(line: string): Event {
    try {
        return JSON.parse(line.replaceAll("\0", "")) as Event;
    } catch {
        return {};
    }
}
