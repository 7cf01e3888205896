import { shellExports } from "./lib/shell";
import { onStack, stackCommand } from "./lib/stackCommand";

stackCommand("env", 'Prints what a shell needs to run pulumi, kind and kubectl itself: eval "$(npm run -s env)"')
    .action(
        onStack((workspace) => {
            console.log(shellExports(workspace).join("\n"));
            return 0;
        }),
    )
    .parse();
