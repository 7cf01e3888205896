import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** What {@link Answers} asks. */
export interface AnswersArgs {
    /** URLs that have to answer, from this machine. */
    urls: pulumi.Input<pulumi.Input<string>[]>;
    /** The address at which their hosts are found; a host that is an address itself is asked there. */
    address: pulumi.Input<string>;
    /** The certificate authority, PEM, that vouches for them. */
    caCertificate: pulumi.Input<string>;
}

/** Limit for all URLs together. After a restart of the machine, pods need minutes. */
const timeoutSeconds = 300;

/**
 * Each URL has to answer several times in a row, on connections of their own: a proxy's worker processes learn of a route one
 * after the other.
 */
const script = `
const { URLS, ADDRESS, CA, TIMEOUT_SECONDS } = process.env;
const deadline = Date.now() + TIMEOUT_SECONDS * 1000;
const lookup = (host, options, done) =>
    options.all ? done(null, [{ address: ADDRESS, family: 4 }]) : done(null, ADDRESS, 4);
const ask = (url) => new Promise((resolve) => {
    const options = { agent: false, ca: CA, lookup, timeout: 5000 };
    require(new URL(url).protocol.slice(0, -1)).get(url, options, (response) => {
        response.resume();
        resolve(response.statusCode < 400 ? undefined : "HTTP " + response.statusCode);
    }).on("timeout", function () { this.destroy(new Error("no answer within 5 s")); })
        .on("error", (error) => resolve(error.message));
});
(async () => {
    for (const url of JSON.parse(URLS)) {
        for (let inARow = 0; inARow < 5; ) {
            const wrong = await ask(url);
            inARow = wrong === undefined ? inARow + 1 : 0;
            if (wrong === undefined) continue;
            if (Date.now() > deadline) {
                console.error(url + " at " + ADDRESS + " does not answer as it should: " + wrong);
                process.exit(1);
            }
            await new Promise((resolve) => setTimeout(resolve, 200));
        }
    }
})();`;

/** Done when every URL answers a user of this machine; fails after five minutes, and says which does not and why. */
export class Answers extends command.local.Command {
    constructor(name: string, args: AnswersArgs, opts?: pulumi.CustomResourceOptions) {
        super(
            name,
            {
                interpreter: ["node", "--eval", script],
                create: "asking",
                environment: {
                    URLS: pulumi.output(args.urls).apply((urls) => JSON.stringify(urls)),
                    ADDRESS: args.address,
                    CA: args.caCertificate,
                    TIMEOUT_SECONDS: String(timeoutSeconds),
                },
                logging: command.local.Logging.None,
            },
            opts,
        );
    }
}
