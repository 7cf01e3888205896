import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as ts from "typescript";
import { catalogues } from "../../../experiments/catalogue";
import { formats, twoSided } from "../../../experiments/catalogue/format";

/** Where each text of a catalogue is, and what it is. */
function leaves(value: unknown, at = ""): [string, unknown][] {
    if (typeof value !== "object" || value === null) return [[at, value]];
    return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${at}.${key}`));
}

/** Files whose texts a user may see. */
function sources(folder: string): string[] {
    return fs
        .readdirSync(folder, { recursive: true, encoding: "utf8" })
        .map((name) => path.join(folder, name))
        .filter((name) => name.endsWith(".ts"));
}

/** Literals in a file that read like something that is said: words with a blank between them, or Hangul. */
function sayings(file: string): string[] {
    const parsed = ts.createSourceFile(file, fs.readFileSync(file, "utf8"), ts.ScriptTarget.ES2022, true);
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
        if (ts.isImportDeclaration(node) || ts.isRegularExpressionLiteral(node) || ts.isLiteralTypeNode(node)) return;
        // Markup is no text.
        if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === "html") {
            const { template } = node;
            const literals = ts.isNoSubstitutionTemplateLiteral(template)
                ? [template.text]
                : [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)];
            const visible = literals.join("\0").replace(/<[^>]*>/g, " ");
            if (isSaid(visible.replaceAll("\0", " "))) found.push(visible);
            if (ts.isTemplateExpression(template)) {
                template.templateSpans.forEach(({ expression }) => visit(expression));
            }
            return;
        }
        if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
            if (isSaid(node.text)) found.push(`${file}: ${node.text}`);
        }
        ts.forEachChild(node, visit);
    };
    visit(parsed);
    return found;
}
const isSaid = (text: string) => /\p{L}{2,}[,.:;]? +\p{L}{2,}|\p{Script=Hangul}/u.test(text);

describe("catalogue", () => {
    it("has every text in both languages, and of the same kind", () => {
        const [en, ko] = [leaves(catalogues.en), leaves(catalogues.ko)];
        assert.deepEqual(
            ko.map(([at]) => at),
            en.map(([at]) => at),
        );
        for (const [index, [at, text]] of en.entries()) assert.equal(typeof ko[index]?.[1], typeof text, at);
        assert.ok(en.length > 150);
    });

    it("Korean texts are Korean, and English ones are not", () => {
        /** A function's text is in its source, where the compiler may have written letters as numbers. */
        const words = (text: unknown) =>
            String(text).replace(/\\u\{?([0-9a-f]{4,6})\}?/gi, (_, code: string) =>
                String.fromCodePoint(parseInt(code, 16)),
            );
        const hangul = /\p{Script=Hangul}/u;
        // Those without words of their own.
        const neutral =
            /\.(between|letter|percent|sources\.\w+|counts|milliseconds|perPodDescription|progressOf|guess\w*|explained\.\w+)$/;
        for (const [at, text] of leaves(catalogues.ko)) {
            if (!neutral.test(at)) assert.match(words(text), hangul, at);
        }
        for (const [at, text] of leaves(catalogues.en)) assert.doesNotMatch(words(text), hangul, at);
    });

    it("nothing that is said stands elsewhere", () => {
        const files = [
            ...sources("experiments").filter((file) => !file.startsWith(path.join("experiments", "catalogue"))),
            "scripts/experiment.ts",
            "scripts/lib/experiment.ts",
            "scripts/lib/lab.ts",
        ];
        assert.ok(files.length > 15);
        const allowed = [
            // What only a programmer can see.
            " is never expected",
            // The header by which requests are found in logs, a command's words, and what docker prints.
            "load-balancing-lab ",
        ];
        const found = files.flatMap(sayings).filter((text) => !allowed.some((part) => text.includes(part)));
        assert.deepEqual(found, []);
    });

    it("what is said is found where there is some", () => {
        assert.equal(isSaid("Stack dev is not up."), true);
        assert.equal(isSaid("파드"), true);
        assert.equal(isSaid("--output=json"), false);
    });

    it("numbers are written as the language does, probabilities with two digits", () => {
        const { count, p, percent, counts } = formats("en");
        assert.deepEqual(
            [count(3000), percent(0.3333), counts([1007, 984]), p(0.36423), p(0.00001), p(1)],
            ["3,000", "33.3%", "1,007 / 984", "p = 0.36", "p < 0.0001", "p = 1"],
        );
        const order = { repeats: 9, of: 29, expected: 9.7, pOrFewer: 0.6, pOrMore: 0.7 };
        assert.equal(twoSided(order), 1);
        assert.equal(twoSided({ ...order, pOrFewer: 0.01 }), 0.02);
    });
});
