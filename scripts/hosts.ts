import { hosts } from "./lib/hosts";
import { onStack, stackCommand } from "./lib/stackCommand";

stackCommand("hosts", "Prints the command that adds the stack's names to the hosts file.")
    .action(onStack(hosts))
    .parse();
