import { npmRun, withTools } from "../lib/commandLines";
import { nextClusterName } from "./schema";

/** What the messages of the stack's cluster advise. */
export function clusterAdvice(stack: string, clusterName: string) {
    return {
        nameIsTaken:
            `Give this stack's cluster another name: ${npmRun(stack, "set", "cluster.name", nextClusterName(clusterName))}\n` +
            `Or, if the other cluster is yours, delete it: ${withTools(stack, "kind", "delete", "cluster", "--name", clusterName)}`,
        imageIsMissing: `Build it again: ${withTools(stack, "pulumi", "up", "--replace", "**::backend-image")}`,
    };
}
