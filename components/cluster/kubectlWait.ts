import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** What a {@link Condition} waits for. */
export interface ConditionArgs {
    /** Credentials for the cluster. */
    kubeconfig: pulumi.Input<string>;
    /** The namespace whose pods and events explain why it takes too long. */
    namespace: pulumi.Input<string>;
    /**
     * Arguments of kubectl, one call after the other, each of which takes a time-out: `wait …` or `rollout status …`.
     * https://kubernetes.io/docs/reference/kubectl/generated/kubectl_wait/
     */
    conditions: pulumi.Input<string>[];
    /**
     * An object that the API server must be ready to admit, tried without keeping it. A webhook refuses connections for some
     * seconds after its pod is Ready. Default: none.
     */
    admits?: object;
    /** Waits again when one of these changes. */
    triggers: pulumi.Input<unknown>[];
}

/** Limit for all that one condition waits for. Images come slowly into a cluster that a class makes at the same time. */
const timeoutSeconds = 600;

const script = `set -eu
kubeconfig=$(mktemp)
trap 'rm -f "$kubeconfig"' EXIT
trap 'exit 130' INT TERM
cat >"$kubeconfig"
deadline=$(($(date +%s) + TIMEOUT_SECONDS))
run() { kubectl --kubeconfig "$kubeconfig" "$@" </dev/null; }
left() { now=$(date +%s); echo $((deadline > now ? deadline - now : 1)); }
explain() {
    echo "$1"
    echo "Pods of $NAMESPACE:"
    run get pods --namespace "$NAMESPACE" --output wide
    echo "Last events of $NAMESPACE:"
    run get events --namespace "$NAMESPACE" --sort-by .lastTimestamp | tail -n 15
    exit 1
} >&2
printf '%s\n' "$CONDITIONS" | while read -r condition; do
    # shellcheck disable=SC2086 # a condition is several words
    said=$(run $condition --timeout "$(left)s" 2>&1) || explain "Waited for up to $TIMEOUT_SECONDS s: kubectl $condition: $said"
done
[ -z "$ADMITS" ] && exit 0
object=$(mktemp)
trap 'rm -f "$kubeconfig" "$object"' EXIT
printf '%s' "$ADMITS" >"$object"
until said=$(run apply --server-side --dry-run=server --filename "$object" 2>&1); do
    case $said in
        *webhook*) [ "$(left)" -gt 1 ] || explain "Waited for $TIMEOUT_SECONDS s: $said"; sleep 1 ;;
        *) explain "$said" ;;
    esac
done`;

/**
 * Holds back what depends on it until the cluster is in a certain state. Pulumi itself waits for the resources that it makes;
 * this is for what a chart or an operator makes. It fails after ten minutes, with the pods and events that explain it.
 */
export class Condition extends command.local.Command {
    constructor(name: string, args: ConditionArgs, opts?: pulumi.CustomResourceOptions) {
        super(
            name,
            {
                // The script comes as the interpreter's, so that an error shows its words instead.
                interpreter: ["/bin/sh", "-c", script],
                create: `waiting for ${name}`,
                stdin: pulumi.secret(args.kubeconfig),
                environment: {
                    NAMESPACE: args.namespace,
                    CONDITIONS: pulumi.all(args.conditions).apply((conditions) => conditions.join("\n")),
                    ADMITS: args.admits === undefined ? "" : JSON.stringify(args.admits),
                    TIMEOUT_SECONDS: String(timeoutSeconds),
                },
                triggers: args.triggers,
                logging: command.local.Logging.None,
            },
            opts,
        );
    }
}
