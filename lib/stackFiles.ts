import { readdirSync } from "node:fs";

/** The name of the file with a stack's settings: https://www.pulumi.com/docs/iac/concepts/config/ */
export const stackFileName = (stack: string) => `Pulumi.${stack}.yaml`;

/** The stacks that have a file in the project's directory. */
export function stacksWithFile(root: string): string[] {
    return readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
}
