import { parseStack, run } from "./command";
import { diagnose, diagnoseTools, format } from "./diagnosis";
import { gatherFacts } from "./facts";
import { openWorkspace } from "./workspace";

run(async () => {
    const facts = await gatherFacts(openWorkspace(parseStack()));
    const findings = [...diagnose(facts), ...diagnoseTools(facts)];
    for (const finding of findings) console.log(format(finding));
    return findings.some(({ status }) => status === "FAIL") ? 1 : 0;
});
