import { parseStack, run } from "./lib/command";
import { shellExports } from "./lib/shell";
import { openWorkspace } from "./lib/workspace";

run(() => {
    for (const line of shellExports(openWorkspace(parseStack()))) console.log(line);
    return 0;
});
