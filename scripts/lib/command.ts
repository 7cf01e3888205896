import { parseArgs } from "node:util";

/** What every command takes: which stack it is about. */
export const stackOption = { stack: { type: "string" } } as const;

/**
 * The stack that a command is about: `--stack`, else what plain `pulumi` would take from the environment, else `dev`.
 *
 * @throws {Error} where the name can't be a stack's.
 */
export function stackName(option: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
    const name = option ?? env.PULUMI_STACK ?? "dev";
    if (!/^[\w.-]+$/.test(name)) {
        throw new Error(
            `"${name}" is no name for a stack: letters, digits, hyphens, underscores and periods make one.`,
        );
    }
    return name;
}

/** The stack named on the command line of a command that takes nothing else. */
export function parseStack(): string {
    return stackName(parseArgs({ options: stackOption }).values.stack);
}

/** Runs a command: what it returns is the exit code, and an error is one message without a stack trace. */
export function run(command: () => number | Promise<number>): void {
    Promise.resolve()
        .then(command)
        .then(
            (code) => {
                process.exitCode = code;
            },
            (error: unknown) => {
                console.error(error instanceof Error ? error.message : String(error));
                process.exitCode = 1;
            },
        );
}
