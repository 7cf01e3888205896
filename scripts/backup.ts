import { exampleName } from "./lib/backupFile";
import { deleteBackup, getBackup, putBackup, restoreBackup, runBackup } from "./lib/backups";
import { onStack, stackCommand } from "./lib/stackCommand";

const backup = stackCommand("backup", "The backups of the stack's database.").addHelpText(
    "after",
    `\nFor example: npm run backup -- restore ${exampleName}`,
);
backup
    .command("now")
    .description("take one")
    .action(onStack(async (workspace) => (await runBackup(workspace, ["now"])).code));
backup
    .command("list")
    .description("list them, newest first")
    .action(onStack(async (workspace) => (await runBackup(workspace, ["list"])).code));
backup
    .command("restore")
    .description("put the whole database back to what it was then")
    .argument("<name>", "the backup's name, from the list")
    .action(onStack((workspace, name: string) => restoreBackup(workspace, name)));
backup
    .command("get")
    .description("save one to a file here")
    .argument("<name>", "the backup's name, from the list")
    .argument("[file]", "the file (default: the same name)")
    .action(onStack((workspace, name: string, file?: string) => getBackup(workspace, name, file)));
backup
    .command("put")
    .description("send one from a file here")
    .argument("<file>", "the file")
    .argument("[name]", "the backup's name (default: the file's)")
    .action(onStack((workspace, file: string, name?: string) => putBackup(workspace, file, name)));
backup
    .command("delete")
    .description("delete one")
    .argument("<name>", "the backup's name, from the list")
    .action(onStack((workspace, name: string) => deleteBackup(workspace, name)));
backup.parse();
