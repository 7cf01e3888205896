import { existsSync } from "node:fs";
import { quote } from "../../lib/commandLines";
import { passphraseFile, type Workspace } from "./workspace";

/** Shell commands after which plain `pulumi`, `kind` and `kubectl` are the project's own, and pulumi works on the stack. */
export function shellExports(workspace: Workspace, env: NodeJS.ProcessEnv = process.env): string[] {
    const passphrase = passphraseFile(workspace, env);
    return [
        `export PATH=${quote(workspace.toolsDirectory)}:"$PATH"`,
        `export PULUMI_STACK=${quote(workspace.stack)}`,
        ...(passphrase !== undefined && existsSync(passphrase)
            ? [`export PULUMI_CONFIG_PASSPHRASE_FILE=${quote(passphrase)}`]
            : []),
    ];
}
