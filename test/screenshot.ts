import * as path from "node:path";
import { readOutputs } from "../scripts/lib/pulumi";
import { openWorkspace } from "../scripts/lib/workspace";
import { launchBrowser, visitPage } from "./support/page";

/*
 * Makes README's picture, docs/page.png: the frontend's page of a stack that is up, after some requests, down to the bars.
 *
 *     npm run screenshot [-- STACK]
 */

const picture = path.resolve(__dirname, "../docs/page.png");

async function takePicture(stack = "dev"): Promise<void> {
    const { urls, hostsEntry = "" } = await readOutputs(openWorkspace(stack));
    const url = urls?.frontend;
    if (url === undefined) throw new Error(`Stack ${stack} has no page yet.`);
    const [address = ""] = hostsEntry.split(" ");
    const browser = await launchBrowser({ host: new URL(url).hostname, address });
    if (browser === undefined) throw new Error("There is no Chromium or Chrome. CHROMIUM=<path> names one.");
    try {
        const visit = await visitPage(browser, url, { width: 1000, height: 800, colorScheme: "light" });
        await visit.fire(100);
        const end = await visit.page.locator("#load .legend").boundingBox();
        if (end === null) throw new Error("The page has no bars.");
        const height = Math.ceil(end.y + end.height + 12);
        await visit.page.screenshot({
            path: picture,
            fullPage: true,
            clip: { x: 0, y: 0, width: 1000, height },
            animations: "disabled",
            caret: "hide",
        });
        console.log(`Made ${path.relative(process.cwd(), picture)}.`);
    } finally {
        await browser.close();
    }
}

takePicture(process.argv[2]).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
});
