import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { SaxesParser } from "saxes";
import { catalogues, languages, type Language } from "../../../../experiments/catalogue";
import { experiments } from "../../../../experiments";
import { toHtml } from "../../../../experiments/report/html";
import { jsonReport, toJson } from "../../../../experiments/report/json";
import { toReport, type Done } from "../../../../experiments/report/report";
import { toText } from "../../../../experiments/report/text";
import { FakeCluster } from "../../../support/fakeCluster";
import { launchBrowser } from "../../../support/page";

/** Each experiment, done on a stand-in for a stack; of spread, both kinds of charts. */
const runs = [
    { name: "spread", options: { to: "web" }, guess: "inTurn" },
    { name: "spread", options: { to: "backend" }, guess: undefined },
    { name: "keepalive", options: { requests: 40 }, guess: "connections" },
] as const;

describe("report", function () {
    this.timeout(60_000);
    const dones: Done[] = [];
    const pages: { language: Language; done: Done; html: string }[] = [];

    before(async () => {
        for (const { name, options, guess } of runs) {
            const experiment = experiments.find((one) => one.name === name) ?? assert.fail(name);
            const cluster = new FakeCluster();
            await cluster.start();
            const all = { requests: 200, concurrency: 5, keepAlive: false, affinity: false, tool: "own", ...options };
            const given = Object.fromEntries(Object.entries(all).filter(([key]) => key in experiment.options));
            const begun = await experiment.begin(cluster.lab(), given);
            const { facts, measured, conclusion } = await begun.perform();
            cluster.stop();
            dones.push({
                experiment,
                language: "en",
                stack: "dev",
                cluster: "lb-dev",
                run: "m4x1k2-ab12",
                command: `npm run experiment -- ${name}`,
                begun: new Date("2026-11-26T06:00:00Z"),
                seconds: 12.3,
                options: given,
                prediction: begun.prediction,
                guess,
                conclusion,
                facts,
                measured,
            });
        }
        for (const done of dones) {
            for (const language of languages) {
                const texts = catalogues[language];
                const report = toReport({ ...done, language }, texts);
                pages.push({ language, done, html: await toHtml(report, texts, language) });
            }
        }
    });

    it("HTML: no error for a strict parser, in either language", async () => {
        const { parse } = await import("parse5");
        for (const { language, html } of pages) {
            const errors: string[] = [];
            parse(html, {
                sourceCodeLocationInfo: true,
                onParseError: ({ code, startLine }) => errors.push(`${code} in line ${startLine}`),
            });
            assert.deepEqual(errors, []);
            assert.match(html, new RegExp(`^<!doctype html>\\s*<html lang="${language}">`));
        }
    });

    it("SVG: well-formed, with a title and a description that no other drawing has", () => {
        for (const { html } of pages) {
            const drawings = html.match(/<svg .*?<\/svg>/gs) ?? [];
            assert.ok(drawings.length >= 3);
            const ids: string[] = [];
            for (const drawing of drawings) {
                const parser = new SaxesParser({ xmlns: false });
                parser.on("error", (error) => assert.fail(`${error.message}\n${drawing}`));
                parser.write(drawing).close();
                // What only repeats a letter is not read out.
                if (drawing.includes('aria-hidden="true"') && !drawing.includes("<title")) continue;
                assert.match(drawing, /^<svg [^>]*role="img"/);
                const [, title, description] = /aria-labelledby="(\S+) (\S+)"/.exec(drawing) ?? [];
                assert.ok(drawing.includes(`<title id="${title}">`) && drawing.includes(`<desc id="${description}">`));
                assert.doesNotMatch(drawing, /aria-label=/);
                ids.push(title ?? "", description ?? "");
            }
            assert.equal(new Set(ids).size, ids.length);
        }
    });

    it("asks for nothing from anywhere", () => {
        for (const { html } of pages) {
            assert.doesNotMatch(
                html,
                /https?:|\/\/[a-z]|@import|url\(|\b(src|href|srcset|action|data|poster)=|<script|<link/i,
            );
            assert.match(
                html,
                /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/,
            );
        }
    });

    it("what comes from the cluster is text, never markup", async () => {
        const [done] = dones;
        if (done === undefined) return assert.fail();
        const evil = `<img src=x onerror="alert(1)">&`;
        const report = toReport({ ...done, stack: evil, command: evil }, catalogues.en);
        const [section] = report.sections;
        section?.table?.rows.push([evil, evil, evil, 1, evil]);
        if (section?.chart?.kind === "bars") {
            section.chart.pods = section.chart.pods.map((pod) => ({ ...pod, name: evil }));
            section.chart.description = evil;
        }
        const html = await toHtml(report, catalogues.en, "en");
        assert.doesNotMatch(html, /<img/);
        assert.match(html, /&lt;img src=x onerror=&quot;alert\(1\)&quot;&gt;&amp;/);
    });

    it("is in its own language throughout", () => {
        for (const { language, done, html } of pages) {
            const texts = catalogues[language];
            const own = done.experiment.texts(texts);
            for (const text of [own.question, texts.run.verdict, texts.run.prediction, texts.report.subtitle]) {
                assert.ok(html.includes(text), text);
            }
            const visible = html.replace(/<style>.*?<\/style>/gs, "").replace(/<[^>]*>/g, "");
            if (language === "en") assert.doesNotMatch(visible, /\p{Script=Hangul}/u);
            assert.equal(visible.includes(texts.run.guess), done.guess !== undefined);
        }
    });

    it("text: tables are aligned also where letters are wide, and the verdict comes last", () => {
        const wide = /[\uac00-\ud7a3]/g;
        const width = (text: string) => [...text].length + (text.match(wide)?.length ?? 0);
        for (const language of languages) {
            const texts = catalogues[language];
            const [done] = dones;
            if (done === undefined) return assert.fail();
            const lines = toText(toReport({ ...done, language }, texts), texts).split("\n");
            const table = lines.filter((line) => /lb-dev-worker2? +\d+ +\S+ +█/.test(line));
            assert.equal(table.length, 3);
            const head = lines[lines.indexOf(table[0] ?? "") - 1] ?? "";
            const column = texts.sections.requests;
            // Its figures end where its name ends.
            const end = width(head.slice(0, head.indexOf(column) + column.length));
            for (const row of table) assert.match(row.slice(0, end), /\d$/, `${head}\n${row}`);
            assert.ok(lines.some((line) => line.startsWith(`${texts.run.verdict}: `)));
            assert.match(lines.at(-1) ?? "", new RegExp(`^${texts.run.guess}: `));
        }
    });

    it("JSON: follows its schema, in English, with what was measured", () => {
        for (const done of dones) {
            const data = toJson({ ...done, language: "ko" });
            assert.deepEqual(jsonReport.parse(JSON.parse(JSON.stringify(data))), JSON.parse(JSON.stringify(data)));
            assert.deepEqual([data.schema, data.schemaVersion], ["load-balancing-lab/experiment", 1]);
            assert.doesNotMatch(JSON.stringify(data), /\p{Script=Hangul}|BEGIN CERTIFICATE/u);
            assert.ok(Object.keys(data.measured).length > 2);
            assert.equal(data.begun, "2026-11-26T06:00:00.000Z");
        }
        assert.deepEqual(
            dones.map((done) => toJson(done).guess),
            [{ outcome: "inTurn", right: false }, null, { outcome: "connections", right: true }],
        );
    });

    it("in a browser: as wide as a phone, light and dark, and no request leaves", async function () {
        const browser = await launchBrowser();
        if (browser === undefined) return this.skip();
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "report-"));
        try {
            for (const [index, { html, language }] of pages.entries()) {
                const file = path.join(folder, `${index}.html`);
                fs.writeFileSync(file, html);
                const backgrounds = new Set<string>();
                for (const colorScheme of ["light", "dark"] as const) {
                    const page = await browser.newPage({ viewport: { width: 360, height: 800 }, colorScheme });
                    const asked: string[] = [];
                    const complaints: string[] = [];
                    page.on("request", (request) => asked.push(request.url()));
                    page.on("console", (message) => complaints.push(message.text()));
                    await page.goto(pathToFileURL(file).href);
                    const seen = await page.evaluate(() => ({
                        wide: document.documentElement.scrollWidth,
                        background: getComputedStyle(document.body).backgroundColor,
                        text: getComputedStyle(document.body).color,
                        letters: [...document.querySelectorAll("figure svg text")].map(
                            (text) => text.getBoundingClientRect().height,
                        ),
                    }));
                    assert.ok(seen.wide <= 360, `${language}: ${seen.wide} px wide`);
                    assert.notEqual(seen.background, seen.text);
                    assert.ok(Math.min(...seen.letters) >= 9, `letters of ${Math.min(...seen.letters)} px`);
                    backgrounds.add(seen.background);
                    assert.deepEqual(asked, [pathToFileURL(file).href]);
                    assert.deepEqual(complaints, []);
                    await page.close();
                }
                assert.equal(backgrounds.size, 2);
            }
        } finally {
            await browser.close();
            fs.rmSync(folder, { recursive: true });
        }
    });
});
