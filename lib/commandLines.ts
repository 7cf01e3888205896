/*
 * The command lines that messages show. Each can be pasted as it is into a new shell (bash or zsh) in the project's folder,
 * where neither pulumi nor kind nor kubectl has to be on the PATH. Each acts on the stack that the message is about.
 */

/** The stack of a command that names none. */
export const defaultStack = "dev";

/** A text as one word of a POSIX shell. */
export function quote(text: string): string {
    // A word that begins with "=" is not plain: zsh replaces =ls with the path of ls.
    return /^(?!=)[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Words as a command line. */
export function commandLine(...words: string[]): string {
    return words.map(quote).join(" ");
}

/** A script of package.json for a stack, for example `npm run kubectl -- --stack s07 get pods`. */
export function npmRun(stack: string, script: string, ...args: string[]): string {
    return commandLine("npm", "run", script, ...npmArguments(stack, args));
}

/** The same without the lines that npm itself prints, for a shell that reads the script's output. */
export function npmRunSilent(stack: string, script: string, ...args: string[]): string {
    return commandLine("npm", "run", "-s", script, ...npmArguments(stack, args));
}

/** A command that is pulumi's, kind's or kubectl's own: it runs after the project's tools and stack are in the environment. */
export function withTools(stack: string, ...words: string[]): string {
    return `eval "$(${npmRunSilent(stack, "env")})" && ${commandLine(...words)}`;
}

/** What follows a script's name; npm takes options before `--` for its own. */
function npmArguments(stack: string, args: string[]): string[] {
    // A shell in which PULUMI_STACK names another stack needs the default's name too.
    const isDefault = stack === defaultStack && (process.env.PULUMI_STACK ?? defaultStack) === defaultStack;
    const given = [...(isDefault ? [] : ["--stack", stack]), ...args];
    return given.length === 0 ? [] : ["--", ...given];
}
