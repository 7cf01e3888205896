import { existsSync } from "node:fs";
import { commandLine, quote } from "../../lib/commandLines";
import { environmentChanges } from "../../lib/environment";
import { passphraseFile, type Workspace } from "./workspace";

/**
 * Shell commands after which plain `pulumi`, `kind` and `kubectl` are the project's own, pulumi works on the stack, and nothing
 * leads them elsewhere.
 */
export function shellExports(workspace: Workspace, env: NodeJS.ProcessEnv = process.env): string[] {
    const passphrase = passphraseFile(workspace, env);
    const { unset, set } = environmentChanges(env);
    return [
        ...(unset.length === 0 ? [] : [commandLine("unset", ...unset)]),
        ...Object.entries(set).map(([name, value]) => `export ${name}=${quote(value)}`),
        `export PATH=${quote(workspace.toolsDirectory)}:"$PATH"`,
        `export PULUMI_STACK=${quote(workspace.stack)}`,
        ...(passphrase !== undefined && existsSync(passphrase)
            ? [`export PULUMI_CONFIG_PASSPHRASE_FILE=${quote(passphrase)}`]
            : []),
    ];
}
