import * as fs from "node:fs";
import * as path from "node:path";
import { escapeRegExp } from "../../lib/regExp";

// The documentation: its pages, and what in them can be checked or run.

const project = path.resolve(__dirname, "../..");

/** A fenced block of a page. */
export interface Block {
    /** The page's path in the project. */
    page: string;
    /** Of the block's first line, from 1. */
    line: number;
    /** `sh` can be pasted into bash and zsh as it stands, and `text` is what one then sees. */
    language: string;
    text: string;
    /** Why a test can't run it, as the comment `<!-- not run: … -->` on the line before says. */
    notRun?: string;
    /** Why one shell is enough, as the comment `<!-- once: … -->` on the line before says. */
    once?: string;
    /** Of `sh`: the `text` block that follows it, see {@link findMismatch}. */
    sees?: string;
}

/** A page of the documentation. */
export interface Page {
    /** Its path in the project. */
    name: string;
    text: string;
}

/** All pages in the project's folder and in docs/, in both languages. */
export function readPages(root = project): Page[] {
    const names = ["", "docs"].flatMap((folder) =>
        fs
            .readdirSync(path.join(root, folder))
            .filter((name) => name.endsWith(".md"))
            .sort()
            .map((name) => path.posix.join(folder, name)),
    );
    return names.map((name) => ({ name, text: fs.readFileSync(path.join(root, name), "utf8") }));
}

/** The page in English that a Korean one is a translation of. */
export function translationOf(name: string): string | undefined {
    return /\.ko\.md$/.test(name) ? name.replace(/\.ko\.md$/, ".md") : undefined;
}

const fence = /^```(\S*)$/;
const comment = /^<!-- (not run|once): (.*\S) -->$/;

/** @throws {Error} where a block does not end. */
export function readBlocks({ name, text }: Page): Block[] {
    const lines = text.split("\n");
    const blocks: Block[] = [];
    /** Where the block before ended. */
    let end = 0;
    for (let at = 0; at < lines.length; at++) {
        const [opening, language = ""] = fence.exec(lines[at] ?? "") ?? [];
        if (opening === undefined) continue;
        const close = lines.indexOf("```", at + 1);
        if (close < 0) throw new Error(`${name}:${at + 1}: this block does not end`);
        const content = lines.slice(at + 1, close).join("\n");
        const [, what, why] = comment.exec(lines[at - 1] ?? "") ?? [];
        const marks = { ...(what === "not run" && { notRun: why }), ...(what === "once" && { once: why }) };
        const last = blocks.at(-1);
        if (language === "text" && last?.language === "sh" && isOneSentence(lines.slice(end, at))) last.sees = content;
        blocks.push({ page: name, line: at + 2, language, text: content, ...marks });
        at = close;
        end = close + 1;
    }
    return blocks;
}

/** Whether nothing, or one paragraph, stands between two blocks. */
function isOneSentence(between: string[]): boolean {
    const paragraphs = between
        .join("\n")
        .trim()
        .split(/\n\s*\n/);
    return paragraphs.length === 1 && !/^([#|>]|[-*] |\d+\. |<!--)/.test(paragraphs[0] ?? "");
}

/** A page without what is in its blocks. Lines keep their numbers. */
export function proseOf({ text }: Page): string {
    let inside = false;
    const lines = text.split("\n").map((line) => {
        const isFence = line.startsWith("```");
        if (isFence) inside = !inside;
        return inside || isFence ? "" : line;
    });
    return lines.join("\n");
}

/**
 * Compares what a block printed with what its page shows: line by line, where `…` stands for anything within a line, and a line
 * with nothing else for any number of lines. How many blanks there are does not matter, since columns are as wide as what is in
 * them. Empty lines and the lines by which npm announces a script are left out.
 *
 * @returns what is not as it is shown; nothing where all is.
 */
export function findMismatch(printed: string, shown: string): string | undefined {
    const lines = significant(printed);
    /** How many lines may be used up by what is shown so far. */
    let reached = new Set([0]);
    for (const expected of significant(shown)) {
        const first = Math.min(...reached);
        if (expected === "…") {
            reached = new Set(Array.from({ length: lines.length - first + 1 }, (_, index) => first + index));
            continue;
        }
        const pattern = new RegExp(`^${expected.split("…").map(escapeRegExp).join(".*")}$`);
        const next = [...reached].filter((at) => pattern.test(lines[at] ?? "\n")).map((at) => at + 1);
        if (next.length === 0) return `it did not print the line: ${expected}`;
        reached = new Set(next);
    }
    return reached.has(lines.length) ? undefined : `it also printed the line: ${lines[Math.max(...reached)]}`;
}

function significant(text: string): string[] {
    const lines = text.split("\n").map((line) => line.replace(/\s+/g, " ").trim());
    return lines.filter((line) => line !== "" && !line.startsWith("> "));
}

/** A link of a page that leads to another place in the project. */
export interface Link {
    line: number;
    /** As it is written. */
    target: string;
    /** The path in the project that it leads to. */
    file: string;
    anchor?: string;
}

/** The links that lead to a file of the project, those of images included. */
export function readLinks(page: Page): Link[] {
    const lines = proseOf(page)
        .split("\n")
        .map((line) => line.replace(/`[^`]*`/g, ""));
    return lines.flatMap((line, index) =>
        [...line.matchAll(/\]\(([^)\s]+)\)/g)]
            .map(([, target = ""]) => target)
            .filter((target) => !/^[a-z]+:/.test(target))
            .map((target) => {
                const [to = "", anchor] = target.split("#", 2);
                const file = to === "" ? page.name : path.posix.join(path.posix.dirname(page.name), to);
                return { line: index + 1, target, file, ...(anchor !== undefined && { anchor }) };
            }),
    );
}

/**
 * What links to a page's headings can name, by GitHub's rules. A Korean page has the English slugs too, each in a line before its
 * heading: `<a id="once-per-shell"></a>`.
 */
export function anchorsOf(page: Page): string[] {
    const taken = new Map<string, number>();
    const prose = proseOf(page);
    const slugs = [...prose.matchAll(/^#{1,6} +(.*?)#*$/gm)].map(([, heading = ""]) => {
        const shown = heading.trim().replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1");
        const slug = shown
            .toLowerCase()
            .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
            .replaceAll(" ", "-");
        const times = taken.get(slug) ?? 0;
        taken.set(slug, times + 1);
        return times === 0 ? slug : `${slug}-${times}`;
    });
    const named = [...prose.matchAll(/^<a id="([^"]+)"><\/a>\n+(?=#{1,6} )/gm)].map(([, id = ""]) => id);
    return [...slugs, ...named];
}

/** The rows of a page's tables, each as its cells, without headings. */
export function tableRows(page: Page): string[][] {
    const rows = proseOf(page)
        .split("\n")
        .filter((line) => line.startsWith("|"))
        .map((line) =>
            line
                .replace(/^\||\|$/g, "")
                .split(/(?<!\\)\|/)
                .map((cell) => cell.trim()),
        );
    const isRule = (row?: string[]) => row?.every((cell) => /^:?-+:?$/.test(cell)) === true;
    return rows.filter((row, index) => !isRule(row) && !isRule(rows[index + 1]));
}
