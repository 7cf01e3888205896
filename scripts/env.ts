import { parseStack, run } from "./command";
import { shellExports } from "./shell";
import { openWorkspace } from "./workspace";

run(() => {
    for (const line of shellExports(openWorkspace(parseStack()))) console.log(line);
    return 0;
});
