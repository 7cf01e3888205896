import { InvalidArgumentError } from "commander";
import { down } from "./lib/down";
import { onStack, stackCommand } from "./lib/stackCommand";

function fileName(text: string): string {
    if (text === "") throw new InvalidArgumentError("Name the file to save a last backup as.");
    return text;
}

stackCommand("down", "Takes the stack down: deletes the cluster and everything in it.")
    .option("--backup <file>", "save a last backup of the database first, and delete nothing if that fails", fileName)
    .action(onStack((workspace, { backup }: { backup?: string }) => down(workspace, backup)))
    .parse();
