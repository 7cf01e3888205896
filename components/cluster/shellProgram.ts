import { join } from "node:path";
import { readText } from "../../lib/textFile";

/**
 * The interpreter of a `command.local.Command` whose program is a file of this folder. It may run what takes long by the function
 * of mortal.sh.
 */
export function shellProgram(file: string): string[] {
    return ["/bin/sh", "-c", ["mortal.sh", file].map((name) => readText(join(__dirname, name))).join("\n")];
}
