import { Command } from "commander";
import { defaultStack } from "../../lib/commandLines";
import { run, stackName } from "./command";
import { openWorkspace, type Workspace } from "./workspace";

/**
 * Declares the command line of `npm run <name>`. Every command has the option --stack.
 *
 * @param stackOption what the help says of it.
 */
export function stackCommand(
    name: string,
    description: string,
    stackOption = `the stack (default: $PULUMI_STACK or ${defaultStack})`,
): Command {
    return new Command(`npm run ${name} --`)
        .description(description)
        .option("--stack <name>", stackOption)
        .configureHelp({ showGlobalOptions: true })
        .showHelpAfterError();
}

/**
 * Makes a function the action of a {@link stackCommand}: it gets the workspace of the stack, then what commander hands over.
 *
 * @param action what it returns is the exit code.
 */
export function onStack<Given extends unknown[]>(
    action: (workspace: Workspace, ...given: Given) => number | Promise<number>,
): (...given: [...Given, Command]) => Promise<void> {
    return (...given) => {
        // Commander's last argument is the command itself.
        const { stack } = (given.pop() as Command).optsWithGlobals<{ stack?: string }>();
        return run(() => action(openWorkspace(stackName(stack)), ...(given as unknown as Given)));
    };
}
