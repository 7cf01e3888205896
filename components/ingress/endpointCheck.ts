import { join } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { readText } from "../../lib/textFile";
import type { Endpoints } from "./endpoints";

/** What {@link EndpointCheck} asks. */
export interface EndpointCheckArgs {
    /** Their URLs have to answer, from this machine. */
    endpoints: pulumi.Output<Endpoints>;
    /** The certificate authority, PEM, that signed their certificate. */
    caCertificate: pulumi.Input<string>;
    /** If one of these changes, the URLs are asked again. */
    triggers: pulumi.Input<unknown>[];
}

/** Limit for all URLs together. After a restart of the machine, pods need minutes to answer. */
const timeoutSeconds = 300;

/** Done when every URL answers a user of this machine. It fails after five minutes, and names the URL and the reason. */
export class EndpointCheck extends command.local.Command {
    constructor(name: string, args: EndpointCheckArgs, opts?: pulumi.CustomResourceOptions) {
        super(
            name,
            {
                // The program's text, not its path: the state works in any folder.
                interpreter: ["node", "--eval", readText(join(__dirname, "endpointCheck.cjs"))],
                create: "asking",
                environment: {
                    URLS: args.endpoints.urls.apply((urls) => JSON.stringify(Object.values(urls))),
                    ADDRESS: args.endpoints.address,
                    CA: args.caCertificate,
                    TIMEOUT_SECONDS: String(timeoutSeconds),
                },
                triggers: args.triggers,
                logging: command.local.Logging.None,
            },
            opts,
        );
    }
}
