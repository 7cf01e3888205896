import { defaultStack } from "../../lib/commandLines";

/**
 * The stack that a command is about: `--stack`, else the one that plain `pulumi` takes from the environment, else `dev`.
 *
 * @throws {Error} where the name can't be a stack's.
 */
export function stackName(option: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
    const name = option ?? env.PULUMI_STACK ?? defaultStack;
    if (!/^[\w.-]+$/.test(name)) {
        throw new Error(
            `The stack's name "${name}" is invalid. Use letters, digits, hyphens, underscores and periods.`,
        );
    }
    return name;
}

/** Runs a command. What it returns is the exit code; of an error the message is printed, without a stack trace. */
export async function run(command: () => number | Promise<number>): Promise<void> {
    try {
        process.exitCode = await command();
    } catch (error) {
        console.error(error instanceof Error ? error.message : String(error));
        process.exitCode = 1;
    }
}
