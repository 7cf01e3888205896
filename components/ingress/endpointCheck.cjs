"use strict";

// Asks all routes beside each other, each until nothing but good answers came for a while. Each time it opens a connection of its
// own, since a proxy's pods and worker processes learn of a new pod or certificate one after the other.
//
// Environment: ROUTES, a JSON list of { url, version }, where version is what the header X-Version has to be; ADDRESS, to which
// every host name resolves; CA, the certificate authority as PEM; TIMEOUT_SECONDS for all routes.

const http = require("node:http");
const https = require("node:https");

const { ROUTES, ADDRESS, CA, TIMEOUT_SECONDS } = process.env;
const timesInARow = 10;
// ingress-nginx hands new pods and certificates on once a second.
const pause = 200;
const deadline = Date.now() + TIMEOUT_SECONDS * 1000;

const lookup = (host, options, done) =>
    options.all ? done(null, [{ address: ADDRESS, family: 4 }]) : done(null, ADDRESS, 4);

/** Why the route does not answer as it should; undefined if it does. */
const findFault = ({ url, version }) =>
    new Promise((resolve) => {
        const client = url.startsWith("https:") ? https : http;
        // Not the global agent: that keeps connections, and with NODE_USE_ENV_PROXY it goes through a proxy.
        const request = client.get(url, { agent: false, ca: CA, lookup, timeout: 5000 }, ({ statusCode, headers }) => {
            request.destroy();
            if (statusCode >= 400) return resolve(`HTTP ${statusCode}`);
            const answered = headers["x-version"] ?? "none";
            resolve(answered === version ? undefined : `version ${answered} answers, and not ${version}`);
        });
        request.on("timeout", () => request.destroy(new Error("no answer within 5 s")));
        request.on("error", (error) => resolve(error.message));
    });

async function waitFor(route) {
    for (let inARow = 0; inARow < timesInARow;) {
        const fault = await findFault(route);
        inARow = fault === undefined ? inARow + 1 : 0;
        if (fault !== undefined && Date.now() > deadline) {
            throw new Error(`${route.url} at ${ADDRESS} does not answer as it should: ${fault}`);
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
    }
}

Promise.all(JSON.parse(ROUTES).map(waitFor)).catch((error) => {
    console.error(error.message);
    process.exit(1);
});
