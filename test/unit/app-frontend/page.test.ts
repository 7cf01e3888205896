import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import type { Browser } from "playwright-core";
import { launchBrowser, visitPage, type Visit, type VisitOptions } from "../../support/page";

// The frontend's page in a browser, served under /frontend as the ingress does, with a stand-in for the pods behind it.

const pages = path.resolve("app-frontend");
const template = fs.readFileSync(path.join(pages, "nginx.conf.template"), "utf8");
const policy = /add_header Content-Security-Policy "([^"]+)" always;/.exec(template)?.[1] ?? "";
const types: Record<string, string> = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "application/javascript",
    ".svg": "image/svg+xml",
};

const frontendPods = ["frontend-7c9d5b8f6d-2xkqp", "frontend-7c9d5b8f6d-zr5tw"];
const backendPods = ["backend-5d9c7b6f4d-abcde", "backend-5d9c7b6f4d-fghij", "backend-5d9c7b6f4d-klmno"];

interface Entry {
    id: number;
    name: string;
    message: string;
    createdAt: string;
    pod: string;
}

interface Answer {
    status: number;
    frontend?: string;
    backend?: string;
    body?: object;
}

/** What answers instead of the cluster. */
class StandIn {
    entries: Entry[] = [];
    /** Answers by pod to what the buttons send. */
    served: { frontend: Record<string, number>; backend: Record<string, number> } = { frontend: {}, backend: {} };
    /** What the numbered request gets instead of an answer by a pod of each tier; `cut` is no answer at all. */
    mishap: (request: number) => Answer | "cut" | undefined = () => undefined;
    /** What every request to the guestbook gets instead. */
    guestbook: Answer | undefined;
    delayMilliseconds = 0;
    private asked = 0;

    answer(method: string, url: string, sent: string): Answer | "cut" {
        const frontend = frontendPods[this.asked % 2];
        // Uneven, so that no figure passes for another.
        const backend = backendPods[[0, 1, 0, 2, 0, 1][this.asked % 6] ?? 0];
        const by = { frontend, backend };
        if (url === "/api/whoami") {
            const answer = this.mishap(++this.asked) ?? { status: 200, ...by, body: { pod: backend } };
            if (answer === "cut") return answer;
            for (const tier of ["frontend", "backend"] as const) {
                const pod = answer[tier];
                if (pod !== undefined) this.served[tier][pod] = (this.served[tier][pod] ?? 0) + 1;
            }
            return answer;
        }
        if (this.guestbook !== undefined) return this.guestbook;
        if (method === "DELETE") {
            this.entries = this.entries.filter(({ id }) => url !== `/api/entries/${id}`);
            return { status: 204, ...by };
        }
        if (method === "GET") return { status: 200, ...by, body: { entries: this.entries } };
        const { name, message } = JSON.parse(sent) as { name: string; message: string };
        if (name.trim() === "") return { status: 400, ...by, body: { errors: { name: ["This field is required."] } } };
        const createdAt = "2026-03-02T10:15:00+00:00";
        const entry = { id: this.entries.length + 1, name, message, createdAt, pod: backend ?? "" };
        this.entries.unshift(entry);
        return { status: 201, ...by, body: entry };
    }
}

let standIn = new StandIn();

const server = http.createServer((request, response) => {
    const url = /^\/frontend(?:\/|$)(.*)/.exec(request.url ?? "");
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
        response.setHeader("Content-Security-Policy", policy);
        const name = url?.[1] || "index.html";
        if (url !== null && name.startsWith("api/")) {
            const answer = standIn.answer(request.method ?? "", `/${name}`, Buffer.concat(chunks).toString());
            setTimeout(() => {
                if (answer === "cut") {
                    // Before the first byte, the browser would try again by itself.
                    response.writeHead(200, { "Content-Length": 100 }).write("{");
                    return setImmediate(() => request.socket.destroy());
                }
                if (answer.frontend) response.setHeader("X-Frontend-Pod", answer.frontend);
                if (answer.backend) response.setHeader("X-Pod", answer.backend);
                response.setHeader("X-Request-ID", "0123456789abcdef0123456789abcdef");
                response.writeHead(answer.status).end(answer.body && JSON.stringify(answer.body));
            }, standIn.delayMilliseconds);
            return;
        }
        const file = path.join(pages, path.basename(name));
        if (url === null || name === "nginx.conf.template" || !fs.existsSync(file)) {
            return response.writeHead(404).end();
        }
        response.writeHead(200, { "Content-Type": types[path.extname(file)] }).end(fs.readFileSync(file));
    });
});

const noBackend = { errors: { backend: ["No backend pod is ready. Try again in a few seconds."] } };
const noDatabase = { errors: { database: ["The database is unavailable."] } };
const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, count) => total + count, 0);

describe("the page", function () {
    this.timeout(20_000);
    let browser: Browser | undefined;
    let origin = "";
    let visit: Visit;

    before(async function () {
        browser = await launchBrowser();
        if (browser === undefined) {
            console.log("SKIPPED: the page's tests need Chromium or Chrome; CHROMIUM can name its program.");
            this.skip();
        }
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    beforeEach(() => {
        standIn = new StandIn();
    });
    afterEach(async () => {
        await visit?.close();
    });
    after(async () => {
        await browser?.close();
        server.closeAllConnections();
        server.close();
    });

    async function open(options?: VisitOptions & { at?: string }): Promise<void> {
        assert.ok(browser);
        visit = await visitPage(browser, origin + (options?.at ?? "/frontend/"), options);
    }

    it("counts 1, 10 and 100 requests by pod, exactly as they were served", async () => {
        await open();
        let total = 0;
        for (const requests of [1, 10, 100] as const) {
            await visit.fire(requests);
            total += requests;
            const { sent, failed, frontend, backend } = await visit.histogram();
            assert.deepEqual({ sent, failed }, { sent: total, failed: 0 });
            // A pod that only the guestbook saw stands there with none.
            const positive = (counts: Record<string, number>) =>
                Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
            assert.deepEqual({ frontend: positive(frontend), backend: positive(backend) }, standIn.served);
            assert.equal(sum(frontend), total);
            assert.equal(sum(backend), total);
        }
        assert.deepEqual(Object.keys((await visit.histogram()).backend).sort(), backendPods);
        assert.match(await visit.page.innerText('[data-tier="backend"]'), /111 answers/);
        assert.equal(await visit.page.innerText("#summary"), "100 sent, none failed.");
        assert.deepEqual(visit.problems, []);
    });

    it("lights up the pods that answered last, and the database only if it was asked", async () => {
        await open();
        const reached = { browser: "reached", ingress: "reached", frontend: "reached", backend: "reached" };
        assert.deepEqual(await visit.stops(), { ...reached, database: "reached" });
        for (let i = 0; i < 3; i++) {
            const before = structuredClone(standIn.served);
            await visit.fire(1);
            const last = await visit.lastPods();
            for (const tier of ["frontend", "backend"] as const) {
                const pod = last[tier] ?? "";
                assert.equal(standIn.served[tier][pod], (before[tier][pod] ?? 0) + 1);
            }
        }
        assert.deepEqual(await visit.stops(), { ...reached, database: "" });
        assert.equal(await visit.page.innerText("#request-id"), "0123456789abcdef0123456789abcdef");
    });

    it("keeps each pod's place and colour, also over a reset", async () => {
        await open();
        const look = () =>
            visit.page
                .locator("#load [data-pod]")
                .evaluateAll((rows) =>
                    rows.map(
                        (row) => `${row.getAttribute("data-pod")} ${getComputedStyle(row).getPropertyValue("--pod")}`,
                    ),
                );
        await visit.fire(10);
        const first = await look();
        assert.equal(new Set(first.map((row) => row.split(" ")[1])).size, 5);
        await visit.fire(10);
        assert.deepEqual(await look(), first);
        await visit.reset();
        assert.deepEqual(await look(), []);
        assert.equal((await visit.histogram()).sent, 0);
        await visit.fire(10);
        assert.deepEqual((await look()).sort(), first.sort());
    });

    it("counts what fails, says why, and sends the rest all the same", async () => {
        standIn.mishap = (request) =>
            request % 10 === 3
                ? { status: 503, frontend: frontendPods[0], body: noBackend }
                : request % 10 === 6
                  ? { status: 500, frontend: frontendPods[0], backend: backendPods[0] }
                  : request % 50 === 9
                    ? "cut"
                    : request % 50 === 19
                      ? { status: 503 }
                      : undefined;
        await open();
        await visit.fire(100);
        const { sent, failed, unanswered, frontend, backend } = await visit.histogram();
        assert.deepEqual(
            { sent, failed, unanswered },
            { sent: 100, failed: 24, unanswered: { frontend: 4, backend: 14 } },
        );
        assert.deepEqual({ frontend, backend }, standIn.served);
        assert.deepEqual((await visit.page.locator("#reasons li").allInnerTexts()).sort(), [
            "10 × No backend pod is ready. Try again in a few seconds.",
            "10 × The answer was HTTP 500.",
            "2 × HTTP 503: the ingress reached no frontend pod.",
            "2 × No answer. Is the cluster up?",
        ]);
        assert.equal(await visit.page.innerText("#summary"), "100 sent, 24 failed.");
    });

    it("can't be started twice, tells how far it is, and a reset ends it", async () => {
        standIn.delayMilliseconds = 100;
        await open();
        await visit.startFiring(100);
        const buttons = await visit.page.locator("[data-requests]").all();
        assert.deepEqual(await Promise.all(buttons.map((button) => button.isDisabled())), [true, true, true]);
        await visit.page.locator("#progress-text", { hasText: /^[1-9]\d? of 100$/ }).waitFor();
        await visit.reset();
        await visit.page.waitForTimeout(250);
        assert.equal((await visit.histogram()).sent, 0);
        assert.ok(sum(standIn.served.backend) < 50);
        standIn.delayMilliseconds = 0;
        await visit.fire(1);
        assert.equal((await visit.histogram()).sent, 1);
    });

    it("says in words who is missing, shows where, and keeps what was written", async () => {
        const [frontend, backend] = [frontendPods[0], backendPods[0]];
        const outages: [string, string, Answer][] = [
            ["database", "The database is unavailable.", { status: 503, frontend, backend, body: noDatabase }],
            [
                "backend",
                "No backend pod is ready. Try again in a few seconds.",
                { status: 503, frontend, body: noBackend },
            ],
            ["frontend", "HTTP 503: the ingress reached no frontend pod.", { status: 503 }],
        ];
        await open();
        for (const [missing, words, answer] of outages) {
            standIn.guestbook = answer;
            await visit.sign({ name: "Ada", message: `no ${missing}?` });
            assert.equal((await visit.stops())[missing], "failed");
            assert.equal(await visit.page.innerText("#sign-problem"), words);
            assert.equal(await visit.page.inputValue("#message"), `no ${missing}?`);
            await visit.refresh();
            assert.equal(await visit.page.innerText("#entries-problem"), words);
        }
        standIn.guestbook = undefined;
        await visit.page.click("#sign button");
        await visit.guestbookAnswered();
        assert.deepEqual(
            (await visit.entries()).map(({ message }) => message),
            ["no frontend?"],
        );
        assert.deepEqual(await visit.errors(), []);
    });

    it("signs the guestbook and deletes from it; what looks like HTML stays text", async () => {
        await open();
        assert.match(await visit.page.innerText("#guestbook"), /Nobody has signed yet/);
        const message = "<img src=x onerror=\"document.title='hacked'\"> & <b>bold</b>";
        await visit.sign({ name: "<i>Eve</i>", message });
        await visit.sign({ name: "김민지", message: "안녕하세요\nsecond line" });
        const entries = await visit.entries();
        assert.deepEqual(
            entries.map((entry) => [entry.name, entry.message]),
            [
                ["김민지", "안녕하세요\nsecond line"],
                ["<i>Eve</i>", message],
            ],
        );
        assert.ok(entries.every(({ pod }) => backendPods.includes(pod)));
        assert.equal(await visit.page.locator("#entries img, #entries b, #entries i").count(), 0);
        assert.equal(await visit.page.title(), "Load balancing lab");
        assert.equal(await visit.page.inputValue("#message"), "");
        await visit.deleteEntry("second line");
        assert.deepEqual(
            (await visit.entries()).map((entry) => entry.message),
            [message],
        );
        assert.deepEqual(standIn.entries.length, 1);
        assert.deepEqual(visit.problems, []);
    });

    it("shows at the field what is wrong with it", async () => {
        await open();
        await visit.sign({ name: "   ", message: "hello" });
        assert.equal(await visit.page.innerText("#name-error"), "This field is required.");
        assert.equal(await visit.page.getAttribute("#name", "aria-invalid"), "true");
        assert.equal(await visit.page.evaluate(() => document.activeElement?.id), "name");
        assert.deepEqual(standIn.entries, []);
        // Refused before the database was asked.
        assert.equal((await visit.stops()).database, "");
        await visit.sign({ name: "Ada", message: "hello" });
        assert.equal(await visit.page.innerText("#name-error"), "");
        assert.equal(await visit.page.getAttribute("#name", "aria-invalid"), null);
        assert.equal(standIn.entries.length, 1);
    });

    it("works at /frontend as at /frontend/, and asks nobody but its own site for anything", async () => {
        await open({ at: "/frontend" });
        assert.equal(visit.page.url(), `${origin}/frontend/`);
        await visit.fire(10);
        await visit.sign({ name: "Ada", message: "hello" });
        const own = visit.requests.slice(1);
        assert.deepEqual(
            own.filter((url) => !url.startsWith(`${origin}/frontend/`)),
            [],
        );
        assert.deepEqual(visit.problems, []);
        const links = await visit.page
            .locator("nav a")
            .evaluateAll((all) => all.map((link) => link.getAttribute("href")));
        assert.deepEqual(links, ["/backend", "/db"]);
    });

    it("is forbidden by its policy to talk to anyone else, to run other scripts, and to make HTML of text", async () => {
        await open();
        assert.equal(
            await visit.page.evaluate(() =>
                fetch("https://elsewhere.example/").then(
                    () => "answered",
                    () => "refused",
                ),
            ),
            "refused",
        );
        assert.match(visit.problems.join("\n"), /Content Security Policy/);
        assert.match(policy, /require-trusted-types-for 'script'/);
        const scripts = [
            ...fs.readFileSync(path.join(pages, "index.html"), "utf8").matchAll(/<script>([^]*?)<\/script>/g),
        ];
        assert.deepEqual(
            scripts.map(
                ([, script]) =>
                    `'sha256-${createHash("sha256")
                        .update(script ?? "")
                        .digest("base64")}'`,
            ),
            policy.match(/'sha256-[^']+'/g),
        );
    });

    it("fits a phone, with long names and words", async () => {
        await open({ width: 360, height: 740 });
        const long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft".repeat(3);
        await visit.sign({ name: long.slice(0, 80), message: long });
        await visit.fire(100);
        const widest = await visit.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.deepEqual(widest, [360, 360]);
        const cut = await visit.page
            .locator("[data-pod]")
            .evaluateAll((all) => all.filter((shown) => shown.scrollWidth > shown.clientWidth).length);
        assert.equal(cut, 0);
    });
});
