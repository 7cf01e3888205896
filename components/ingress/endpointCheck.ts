import { join } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { readText } from "../../lib/textFile";
import type { Endpoints } from "./endpoints";

/** What {@link EndpointCheck} asks. */
export interface EndpointCheckArgs {
    /** Their routes have to answer, from this machine. */
    endpoints: pulumi.Output<Endpoints>;
    /** The certificate authority, PEM, that signed their certificate. */
    caCertificate: pulumi.Input<string>;
    /** The version that has to answer, by service, in the header X-Version. */
    versions: Record<Endpoints["routes"][number]["service"], pulumi.Input<string>>;
    /** If one of these changes, the routes are asked again. */
    triggers: pulumi.Input<unknown>[];
}

/** Limit for all routes together. After a restart of the machine, pods need minutes to answer. */
const timeoutSeconds = 300;

/**
 * Done when the version that was made, and no other, answers a user of this machine on every route. It fails after five minutes, and
 * names the URL and the reason.
 */
export class EndpointCheck extends command.local.Command {
    constructor(name: string, args: EndpointCheckArgs, opts?: pulumi.CustomResourceOptions) {
        super(
            name,
            {
                // The program's text, not its path: the state works in any folder.
                interpreter: ["node", "--eval", readText(join(__dirname, "endpointCheck.cjs"))],
                create: "asking",
                environment: {
                    ROUTES: pulumi
                        .all([args.endpoints.routes, args.versions])
                        .apply(([routes, versions]) =>
                            JSON.stringify(routes.map(({ url, service }) => ({ url, version: versions[service] }))),
                        ),
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
