import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { constants, hostname } from "node:os";
import { join, relative, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { catalogues, languages, type Catalogue, type Language, type Say } from "../../experiments/catalogue";
import { experiments } from "../../experiments";
import type { AnyExperiment } from "../../experiments/experiment";
import { Fault } from "../../experiments/fault";
import { toHtml } from "../../experiments/report/html";
import { toJson } from "../../experiments/report/json";
import { toReport, type Done } from "../../experiments/report/report";
import { toText } from "../../experiments/report/text";
import { npmRun } from "../../lib/commandLines";
import { openLab, type Display, type OpenLab } from "./lab";
import { isStale, type Lock } from "./locks";
import { signals } from "./processes";
import { startDirectory, type Workspace } from "./workspace";

/** What can be set for every experiment. */
export interface RunOptions {
    lang: Language;
    /** Whether the report is printed as JSON. */
    json: boolean;
    /** Whether the user is asked for a guess. */
    predict: boolean;
    /** Folder for the reports, relative to the user's. Default: `reports` in the project. */
    out?: string;
}

/** Within this time, ms, npm passes on the signal that a terminal has sent to everybody already. */
const passedOn = 500;

/** The language that a command line asks for, before it is read as a whole. */
export function languageOf(args: string[]): Language {
    const [, after] = /(?:^| )--lang[ =](\S+)/.exec(args.join(" ")) ?? [];
    return languages.find((language) => language === after) ?? "en";
}

/** What a command line takes for a language. */
const inLanguage = (language: Language) => (language === "en" ? [] : ["--lang", language]);

/** The list of experiments. */
export function listExperiments(stack: string, language: Language): string {
    const texts = catalogues[language];
    const widest = Math.max(...experiments.map(({ name }) => name.length));
    const [first] = experiments;
    const named = first === undefined ? [] : [first.name];
    const command = (...args: string[]) => npmRun(stack, "experiment", ...named, ...args, ...inLanguage(language));
    return [
        texts.command.list,
        "",
        ...experiments.map(({ name, texts: own }) => `  ${name.padEnd(widest)}  ${own(texts).summary}`),
        "",
        texts.command.more(command(), command("--help")),
    ].join("\n");
}

/**
 * Runs an experiment: finds the stack, asks for a guess, measures, prints the verdict, writes the report, and leaves the stack as it
 * was, whatever happens.
 *
 * @returns the exit code.
 */
export async function runExperiment(
    workspace: Workspace,
    experiment: AnyExperiment,
    options: Record<string, unknown>,
    given: RunOptions,
): Promise<number> {
    const texts = catalogues[given.lang];
    const display = new TerminalDisplay(texts);
    const interruption = new AbortController();
    let interrupted: NodeJS.Signals | undefined;
    let secondSignal: Promise<void> | undefined;
    const interrupt = (signal: NodeJS.Signals) => {
        if (interrupted !== undefined) return;
        interrupted = signal;
        secondSignal = sleep(passedOn);
        display.end();
        console.error(texts.run.restoring);
        interruption.abort(new Error(signal));
    };
    for (const signal of signals) process.on(signal, interrupt);
    const attempt: Attempt = { texts, display, signal: interruption.signal, interrupt };
    let code = 0;
    try {
        await attemptExperiment(workspace, experiment, options, given, attempt);
    } catch (error) {
        code = 1;
        display.end();
        if (!interruption.signal.aborted) {
            if (!(error instanceof Fault)) throw error;
            console.error(error.tell(texts));
        }
    } finally {
        const failed = (await attempt.lab?.restore()) ?? [];
        for (const { what, reason, command } of failed) console.error(texts.run.restoreFailed(what, reason, command));
        attempt.lock?.release();
        // It has to find the handler still there, or it kills a process that is about to end by itself.
        await secondSignal;
        if (failed.length > 0) code = 1;
        else if (interrupted !== undefined && !attempt.isWritten) console.error(texts.run.interrupted);
    }
    return interrupted === undefined || attempt.isWritten ? code : 128 + constants.signals[interrupted];
}

/** What an experiment is run with, and what of it has to be put back. */
interface Attempt {
    readonly texts: Catalogue;
    readonly display: TerminalDisplay;
    /** Ends it. */
    readonly signal: AbortSignal;
    readonly interrupt: (signal: NodeJS.Signals) => void;
    lock?: RunLock;
    lab?: OpenLab;
    /** Whether its report is written. */
    isWritten?: boolean;
}

async function attemptExperiment(
    workspace: Workspace,
    experiment: AnyExperiment,
    options: Record<string, unknown>,
    { lang, json, predict, out }: RunOptions,
    attempt: Attempt,
): Promise<void> {
    const { texts, display, signal } = attempt;
    const say = (text: string) => (json ? console.error(text) : console.log(text));
    const folder = out === undefined ? join(workspace.root, "reports") : resolve(startDirectory(), out);
    makeFolder(folder);
    attempt.lock = takeLock(workspace);
    if (attempt.lock.recovered) {
        console.error(texts.run.recovered);
        removePartial(folder);
    }
    const begun = new Date();
    const run = `${begun.getTime().toString(36)}-${randomBytes(2).toString("hex")}`;
    const lab = await openLab(workspace, run, signal, display);
    attempt.lab = lab;
    for (const what of await lab.sweep()) console.error(texts.run.removed(what));
    const planned = await experiment.begin(lab, options);
    display.end();

    say(`${texts.run.question}: ${experiment.texts(texts).question}`);
    const guess = predict ? await askForGuess(experiment, attempt) : undefined;
    say(`${texts.run.prediction}: ${planned.prediction.text(texts)}\n`);

    const { facts, measured, conclusion } = await planned.perform();
    display.end();
    const done: Done = {
        experiment,
        language: lang,
        stack: workspace.stack,
        cluster: lab.outputs.clusterName,
        run,
        command: npmRun(workspace.stack, "experiment", ...commandOf(experiment, options), ...inLanguage(lang)),
        begun,
        seconds: (Date.now() - begun.getTime()) / 1000,
        options,
        prediction: planned.prediction,
        guess,
        conclusion,
        facts,
        measured,
    };
    const report = toReport(done, texts);
    const data = JSON.stringify(toJson(done), null, 2);
    const html = await toHtml(report, texts, lang);
    // Nothing comes in between from here on.
    signal.throwIfAborted();
    const path = writeReport(folder, done, { "report.html": html, "report.json": data });
    attempt.isWritten = true;
    console.log(json ? data : toText(report, texts));
    say(texts.run.report(join(relative(startDirectory(), path) || path, "report.html")));
}

/** An experiment on the command line, with the options that are not as they are by default. */
function commandOf({ name, options: specs }: AnyExperiment, options: Record<string, unknown>): string[] {
    const given = Object.entries(specs).flatMap(([option, spec]) => {
        const value = options[option];
        if (spec.kind === "flag") return value === true ? [flagOf(option)] : [];
        return value === spec.default ? [] : [flagOf(option), String(value)];
    });
    return [name, ...given];
}

/** An option's name as on the command line. */
export const flagOf = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Shows on the terminal what is being done: each step on a line, on a terminal with how far it is. */
class TerminalDisplay implements Display {
    private shown = "";
    private last = 0;
    private readonly terminal = process.stderr.isTTY;

    constructor(private readonly texts: Catalogue) {}

    step(what: Say): void {
        const text = what(this.texts);
        if (text === this.shown) return;
        this.end();
        this.shown = text;
        process.stderr.write(this.terminal ? text : `${text}\n`);
    }

    count(what: Say, done: number, all: number): void {
        if (!this.terminal || (done < all && performance.now() - this.last < 100)) return;
        this.last = performance.now();
        process.stderr.write(`\r${this.texts.run.progressOf(what(this.texts), done, all)}`);
    }

    /** Ends the line. */
    end(): void {
        if (this.terminal && this.shown !== "") process.stderr.write("\n");
        this.shown = "";
    }
}

/** Asks the user which outcome is to be expected. */
async function askForGuess(experiment: AnyExperiment, { texts, signal, interrupt }: Attempt): Promise<string> {
    const { guesses } = experiment;
    const { outcomes } = experiment.texts(texts);
    const choices = guesses.map((guess, index) => `  ${index + 1}  ${outcomes[guess] ?? guess}`);
    console.error([texts.run.guessPrompt, ...choices].join("\n"));
    // With --json only the report goes to stdout.
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    // It takes Ctrl-C for itself.
    terminal.once("SIGINT", () => interrupt("SIGINT"));
    const stop = new AbortController();
    terminal.once("close", () => stop.abort());
    try {
        for (;;) {
            const either = AbortSignal.any([stop.signal, signal]);
            const typed = await terminal.question(texts.run.guessAsk(guesses.length), { signal: either });
            const guess = /^\s*\d+\s*$/.test(typed) ? guesses[Number(typed) - 1] : undefined;
            if (guess !== undefined) return guess;
        }
    } catch (error) {
        if (signal.aborted || !stop.signal.aborted) throw error;
        throw new Fault(({ run }) => run.guessMissing);
    } finally {
        terminal.close();
    }
}

// Reports

/** A report that is not complete yet. */
const partial = ".partial-";

function makeFolder(folder: string): void {
    try {
        mkdirSync(folder, { recursive: true });
    } catch {
        throw new Fault((texts) => texts.faults.folderUnusable(folder));
    }
}

/** Removes what a run left that was killed while it wrote its report. */
function removePartial(folder: string): void {
    for (const name of readdirSync(folder)) {
        if (name.startsWith(partial)) rmSync(join(folder, name), { recursive: true, force: true });
    }
}

/** Writes a report as a whole or not at all. @returns its folder. */
function writeReport(folder: string, { experiment, begun, run }: Done, files: Record<string, string>): string {
    const time = begun.toISOString().replace(/[-:]|\.\d+/g, "");
    const temporary = join(folder, `${partial}${run}`);
    mkdirSync(temporary);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(temporary, name), text);
    const free = (number: number): string => {
        const path = join(folder, `${time}-${experiment.name}${number === 1 ? "" : `-${number}`}`);
        return existsSync(path) ? free(number + 1) : path;
    };
    const path = free(1);
    renameSync(temporary, path);
    return path;
}

// One at a time

interface RunLock {
    /** Whether the run before was cut off. */
    recovered: boolean;
    release(): void;
}

/**
 * Makes sure that only one experiment at a time runs on a stack: each would count the other's requests.
 *
 * @throws {Fault} where another one runs.
 */
function takeLock({ root, stack }: Workspace): RunLock {
    const folder = join(root, "reports");
    const path = join(folder, `.${stack}.lock`);
    const own: Lock = { pid: process.pid, hostname: hostname(), timestamp: new Date().toISOString() };
    mkdirSync(folder, { recursive: true });
    let recovered = false;
    for (;;) {
        try {
            writeFileSync(path, JSON.stringify(own), { flag: "wx" });
            return { recovered, release: () => rmSync(path, { force: true }) };
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        }
        const other = readLock(path);
        if (other !== undefined && !isStale(other) && isExperiment(other)) {
            throw new Fault((texts) => texts.faults.running(other.pid));
        }
        rmSync(path, { force: true });
        recovered = true;
    }
}

/** None where it is not written to its end, as by a run that was killed. */
function readLock(path: string): Lock | undefined {
    try {
        return JSON.parse(readFileSync(path, "utf8")) as Lock;
    } catch {
        return undefined;
    }
}

/** Whether a process is an experiment, and not another that has got its number since. Only Linux tells. */
function isExperiment({ pid }: Lock): boolean {
    try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("experiment");
    } catch {
        return true;
    }
}
