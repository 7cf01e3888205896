import { setSetting } from "./lib/setSetting";
import { onStack, stackCommand } from "./lib/stackCommand";

stackCommand("set", "Writes one setting of the stack into Pulumi.<stack>.yaml. It is checked first.")
    .argument("<key>", "the setting's dotted name, for example cluster.workers")
    .argument("<value>", "its value")
    .action(onStack((workspace, key: string, value: string) => setSetting(workspace, key, value)))
    .parse();
