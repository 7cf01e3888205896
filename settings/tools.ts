import * as fs from "node:fs/promises";
import * as path from "node:path";
import { npmRun, withTools } from "../lib/commandLines";
import { fail, type Finding } from "./finding";

/**
 * Checks that the tools which the Pulumi program runs are on the PATH. The commands don't need this: they have the project's
 * own tools on theirs.
 */
export async function checkTools(stack: string): Promise<Finding[]> {
    const directories = (process.env.PATH ?? "").split(path.delimiter).filter(Boolean);
    const isInstalled = (tool: string) =>
        Promise.any(directories.map((directory) => fs.access(path.join(directory, tool), fs.constants.X_OK))).then(
            () => true,
            () => false,
        );
    const findings = ["kind", "kubectl"].map(async (tool) =>
        (await isInstalled(tool))
            ? []
            : [
                  fail(
                      "PATH",
                      `the command ${tool} is not on it`,
                      `To install what is missing: ${npmRun(stack, "up")}\n` +
                          `To run pulumi with it yourself: ${withTools(stack, "pulumi", "up")}`,
                  ),
              ],
    );
    return (await Promise.all(findings)).flat();
}
