import * as fs from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";

// The frontend's page in a real browser, for tests: what a visitor does and sees.

const usualPlaces = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where to find a host that no name server knows. */
export interface HostMap {
    host: string;
    address: string;
}

/**
 * Starts a browser with a profile of its own: the one that the environment variable CHROMIUM names, or Chromium or Chrome in its
 * usual place. Undefined if there is none.
 */
export async function launchBrowser(hostMap?: HostMap): Promise<Browser | undefined> {
    const executablePath = process.env.CHROMIUM || usualPlaces.find((place) => fs.existsSync(place));
    if (executablePath === undefined) return undefined;
    if (!fs.existsSync(executablePath)) throw new Error(`CHROMIUM is ${executablePath}, which does not exist.`);
    return chromium.launch({
        executablePath,
        args: [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            ...(hostMap === undefined ? [] : [`--host-resolver-rules=MAP ${hostMap.host} ${hostMap.address}`]),
        ],
    });
}

/** How a page is looked at. */
export interface VisitOptions {
    width?: number;
    height?: number;
    colorScheme?: "light" | "dark";
}

/** Answers by pod for each tier, and how many requests no pod of the tier answered. */
export interface Histogram {
    sent: number;
    failed: number;
    frontend: Record<string, number>;
    backend: Record<string, number>;
    unanswered: { frontend: number; backend: number };
}

/** An entry of the guestbook as it is shown. */
export interface ShownEntry {
    name: string;
    message: string;
    pod: string;
}

/** Opens the page, in a browser context of its own. */
export async function visitPage(browser: Browser, url: string, options: VisitOptions = {}): Promise<Visit> {
    const { width = 1280, height = 800, colorScheme = "light" } = options;
    const page = await browser.newPage({ ignoreHTTPSErrors: true, viewport: { width, height }, colorScheme });
    const visit = new Visit(page);
    await page.goto(url);
    await visit.guestbookAnswered();
    return visit;
}

/** The open page. */
export class Visit {
    /** URL of each request that the browser made for the page. */
    readonly requests: string[] = [];
    /** What the browser reported on its console as an error, and what no script caught. */
    readonly problems: string[] = [];

    constructor(readonly page: Page) {
        page.setDefaultTimeout(10_000);
        page.on("request", (request) => this.requests.push(request.url()));
        page.on("pageerror", (error) => this.problems.push(error.message));
        page.on("console", (message) => {
            if (message.type() === "error") this.problems.push(`${message.text()} (${message.location().url})`);
        });
    }

    /** Waits until the guestbook has been read, or has told why not. */
    async guestbookAnswered(): Promise<void> {
        await this.page.locator('#guestbook[aria-busy="false"]').waitFor({ timeout: 60_000 });
    }

    /** Presses the button for so many requests, and waits until all are through. */
    async fire(requests: 1 | 10 | 100, timeoutSeconds = 60): Promise<void> {
        await this.startFiring(requests);
        await this.page.locator('#load[aria-busy="false"]').waitFor({ timeout: timeoutSeconds * 1000 });
    }

    /** Presses the button for so many requests. */
    async startFiring(requests: 1 | 10 | 100): Promise<void> {
        await this.page.click(`[data-requests="${requests}"]`);
    }

    async reset(): Promise<void> {
        await this.page.click("#reset");
    }

    async histogram(): Promise<Histogram> {
        const number = async (selector: string) =>
            Number((await this.page.locator(selector).innerText()).replace(/\D/g, ""));
        const tier = async (name: string) => {
            const rows = await this.page
                .locator(`[data-tier="${name}"] [data-pod]`)
                .evaluateAll((all) =>
                    all.map((row) => [row.getAttribute("data-pod"), Number(row.getAttribute("data-count"))] as const),
                );
            return Object.fromEntries(rows) as Record<string, number>;
        };
        const { "": frontend = 0, ...frontendPods } = await tier("frontend");
        const { "": backend = 0, ...backendPods } = await tier("backend");
        return {
            sent: await number("#sent"),
            failed: await number("#failed"),
            frontend: frontendPods,
            backend: backendPods,
            unanswered: { frontend, backend },
        };
    }

    /** The pods that the diagram shows as those of the last request. */
    async lastPods(): Promise<{ frontend?: string; backend?: string }> {
        const pod = async (tier: string) => {
            const lit = await this.page.locator(`[data-stop="${tier}"] [aria-current]`).allInnerTexts();
            return lit[0];
        };
        return { frontend: await pod("frontend"), backend: await pod("backend") };
    }

    /** How far the diagram shows the last request to have come: each stop with `reached`, `failed` or nothing. */
    async stops(): Promise<Record<string, string>> {
        const stops = await this.page
            .locator("[data-stop]")
            .evaluateAll((all) => all.map((stop) => [stop.getAttribute("data-stop"), stop.getAttribute("data-state")]));
        return Object.fromEntries(stops) as Record<string, string>;
    }

    /** Fills in the guestbook's form, sends it, and waits until the page has told how it went. */
    async sign(entry: { name: string; message: string }): Promise<void> {
        await this.page.fill("#name", entry.name);
        await this.page.fill("#message", entry.message);
        await this.page.click("#sign button");
        await this.guestbookAnswered();
    }

    /** Presses Refresh. */
    async refresh(): Promise<void> {
        await this.page.click("#refresh");
        await this.guestbookAnswered();
    }

    async entries(): Promise<ShownEntry[]> {
        const entries = await this.page.locator("#entries > li").all();
        return Promise.all(
            entries.map(async (entry) => ({
                name: await entry.locator(".author").innerText(),
                message: await entry.locator(".message").innerText(),
                pod: await entry.locator(".pod").innerText(),
            })),
        );
    }

    /** Presses Delete at the first entry with this message. */
    async deleteEntry(message: string): Promise<void> {
        await this.page.locator("#entries > li", { hasText: message }).getByRole("button").first().click();
        await this.guestbookAnswered();
    }

    /** What the page tells in the error's colour, wherever it is shown. */
    async errors(): Promise<string[]> {
        const all = await this.page.locator(".problem:not(dd)").allInnerTexts();
        return all.map((text) => text.trim()).filter((text) => text !== "");
    }

    async close(): Promise<void> {
        await this.page.close();
    }
}
