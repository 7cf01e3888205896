import { withTools } from "../lib/commandLines";
import { environmentChanges } from "../lib/environment";
import { fail, type Finding } from "./finding";

/** With these, plain `pulumi up` would make something else, or half of it elsewhere. */
const refused = /^(KIND_EXPERIMENTAL_.*|DOCKER_DEFAULT_PLATFORM)$/;

/**
 * Checks that the shell does not lead the tools elsewhere. The Pulumi program can't change the environment of the plugins, which
 * run already. The commands don't need this: they start pulumi in an environment of its own.
 */
export function checkEnvironment(stack: string, env: NodeJS.ProcessEnv = process.env): Finding[] {
    const { unset, set } = environmentChanges(env);
    const remedy = `To run pulumi without it: ${withTools(stack, "pulumi", "up")}`;
    const misled = unset
        .filter((name) => refused.test(name))
        .map((name) => fail(name, "this variable of the shell leads kind or Docker elsewhere", remedy));
    const { DOCKER_HOST } = set;
    if (DOCKER_HOST === undefined) return misled;
    const detail = `Docker's context leads to ${DOCKER_HOST}, but Pulumi's Docker provider knows only the variable DOCKER_HOST`;
    return [...misled, fail("Docker context", detail, `To run pulumi with it: ${withTools(stack, "pulumi", "up")}`)];
}
