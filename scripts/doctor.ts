import { doctor } from "./lib/doctor";
import { onStack, stackCommand } from "./lib/stackCommand";

stackCommand("doctor", "Checks the machine, the tools and the stack's settings, as up does. Changes nothing.")
    .action(onStack(doctor))
    .parse();
