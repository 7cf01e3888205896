import { existsSync } from "node:fs";
import { passphraseFile, type Workspace } from "./workspace";

/** A text as one word of a POSIX shell. */
export function quote(text: string): string {
    return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Shell commands after which plain `pulumi`, `kind` and `kubectl` are those of the project, and act on the stack. */
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
