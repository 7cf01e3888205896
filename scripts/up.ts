import { onStack, stackCommand } from "./lib/stackCommand";
import { up } from "./lib/up";

stackCommand("up", "Brings the stack up: makes what is missing, changes what differs, and prints what to open.")
    .action(onStack(up))
    .parse();
