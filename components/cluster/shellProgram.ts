import { join } from "node:path";
import { readText } from "../../lib/textFile";

/**
 * The interpreter of a `command.local.Command` whose program is one or more files of this folder, one after the other: a program
 * that runs what takes long has mortal.sh before it.
 *
 * The program is the interpreter's, and not the command, so that an error of Pulumi's shows the command's words instead. It is the
 * text and not a path, so that the state works in any folder.
 */
export function shellProgram(...files: string[]): string[] {
    return ["/bin/sh", "-c", files.map((name) => readText(join(__dirname, name))).join("\n")];
}
