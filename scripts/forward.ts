import { Argument, InvalidArgumentError } from "commander";
import { forward, tiers } from "./lib/forward";
import { onStack, stackCommand } from "./lib/stackCommand";

function port(text: string): number {
    if (!/^\d+$/.test(text) || Number(text) < 1 || Number(text) > 65535) {
        throw new InvalidArgumentError("A port is a number from 1 to 65535.");
    }
    return Number(text);
}

stackCommand("forward", "Brings a tier of the stack to a port of 127.0.0.1, until Ctrl-C.")
    .addArgument(new Argument("<tier>", "the tier").choices(Object.keys(tiers)))
    .argument("[local-port]", "the port of 127.0.0.1 (each tier has a default of its own)", port)
    .action(onStack((workspace, tier: string, localPort?: number) => forward(workspace, tier, localPort)))
    .parse();
