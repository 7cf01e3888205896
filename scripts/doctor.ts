import { parseStack, run } from "./lib/command";
import { diagnose, diagnoseTools, format } from "./lib/diagnosis";
import { gatherFacts } from "./lib/facts";
import { openWorkspace } from "./lib/workspace";

run(async () => {
    const facts = await gatherFacts(openWorkspace(parseStack()));
    const findings = [...diagnose(facts), ...diagnoseTools(facts)];
    for (const finding of findings) console.log(format(finding));
    return findings.some(({ status }) => status === "FAIL") ? 1 : 0;
});
