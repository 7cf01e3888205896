import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "./cluster";
import { shellProgram } from "./shellProgram";

/** What a {@link KubectlWait} waits for. */
export interface KubectlWaitArgs {
    cluster: Cluster;
    /** If the wait fails, the pods and events of these namespaces are shown. */
    namespaces: pulumi.Input<string>[];
    /** If the wait fails, what these commands of kubectl say is shown as well; each is its arguments. Default: none. */
    explain?: string[];
    /**
     * Arguments of kubectl, one call after the other. Each is a command that takes `--timeout`: `wait …` or `rollout status …`.
     * https://kubernetes.io/docs/reference/kubectl/generated/kubectl_wait/
     */
    conditions: pulumi.Input<string>[];
    /** If one of these changes, the wait is repeated. */
    triggers: pulumi.Input<unknown>[];
}

/** Limit for all conditions of one wait. When a whole class makes its clusters at once, images come slowly. */
const timeoutSeconds = 600;

/**
 * Waits until the cluster is in a certain state; what depends on this resource waits with it. Pulumi waits for the resources
 * that it makes itself. This is for what a chart or an operator makes.
 *
 * It fails after ten minutes, and shows the pods and events that explain it.
 */
export class KubectlWait extends command.local.Command {
    constructor(name: string, args: KubectlWaitArgs, opts?: pulumi.CustomResourceOptions) {
        super(
            name,
            {
                interpreter: shellProgram("kubectlWait.sh"),
                create: `waiting for ${name}`,
                stdin: pulumi.secret(args.cluster.kubeconfig),
                environment: {
                    NAMESPACES: pulumi.all(args.namespaces).apply((namespaces) => namespaces.join(" ")),
                    EXPLAIN: (args.explain ?? []).join("\n"),
                    CONDITIONS: pulumi.all(args.conditions).apply((conditions) => conditions.join("\n")),
                    TIMEOUT_SECONDS: String(timeoutSeconds),
                },
                triggers: args.triggers,
                logging: command.local.Logging.None,
            },
            opts,
        );
    }
}
