// Not all of @pulumi/pulumi, which takes long to load: the commands use this too.
import { RunError } from "@pulumi/pulumi/errors";

/**
 * An error whose message tells the user what to do. Pulumi shows the message alone.
 *
 * It has no stack. Pulumi formats an error in colours even if it shows only the message, and Node.js 20.20 takes half a minute and
 * 500 MB to colour a stack that leads through node_modules.
 */
export class Refusal extends RunError {
    override stack = undefined;
}
