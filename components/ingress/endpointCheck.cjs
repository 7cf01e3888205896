"use strict";

// Asks each URL until it answers five times in a row. Each time it opens a connection of its own, since a proxy's worker
// processes learn of a new route one after the other.
//
// Environment: URLS, a JSON list; ADDRESS, to which every host name resolves; CA, the certificate authority as PEM;
// TIMEOUT_SECONDS for all URLs together.

const http = require("node:http");
const https = require("node:https");

const { URLS, ADDRESS, CA, TIMEOUT_SECONDS } = process.env;
const timesInARow = 5;
const deadline = Date.now() + TIMEOUT_SECONDS * 1000;

const lookup = (host, options, done) =>
    options.all ? done(null, [{ address: ADDRESS, family: 4 }]) : done(null, ADDRESS, 4);

/** Why the URL does not answer as it should; undefined if it does. */
const findFault = (url) =>
    new Promise((resolve) => {
        const client = url.startsWith("https:") ? https : http;
        // Not the global agent: that keeps connections, and with NODE_USE_ENV_PROXY it goes through a proxy.
        const request = client.get(url, { agent: false, ca: CA, lookup, timeout: 5000 }, (response) => {
            response.resume();
            resolve(response.statusCode < 400 ? undefined : `HTTP ${response.statusCode}`);
        });
        request.on("timeout", () => request.destroy(new Error("no answer within 5 s")));
        request.on("error", (error) => resolve(error.message));
    });

async function waitFor(url) {
    for (let inARow = 0; inARow < timesInARow;) {
        const fault = await findFault(url);
        if (fault === undefined) {
            inARow++;
            continue;
        }
        inARow = 0;
        if (Date.now() > deadline) throw new Error(`${url} at ${ADDRESS} does not answer as it should: ${fault}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
}

async function main() {
    for (const url of JSON.parse(URLS)) await waitFor(url);
}

main().catch((error) => {
    console.error(error.message);
    process.exit(1);
});
