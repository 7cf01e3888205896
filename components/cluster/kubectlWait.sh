# shellcheck shell=sh
# Waits for conditions of a cluster. Says why where it takes too long.
#
# Environment: CONDITIONS, a line for each, arguments of a kubectl command that takes --timeout; TIMEOUT_SECONDS for all of them;
# NAMESPACES, separated by spaces, whose pods and events explain a failure; EXPLAIN, a line for each, arguments of kubectl commands
# that explain it as well. Input: the kubeconfig.
set -euf

kubeconfig=$(cat)
deadline=$(($(date +%s) + TIMEOUT_SECONDS))
# Pulumi kills this shell alone, without a warning, and waits for kubectl. So kubectl never waits for longer than this.
slice=5

# kubectl reads the kubeconfig once. It is an administrator's, and never a file that somebody who is killed would leave behind.
run() { printf '%s' "$kubeconfig" | kubectl --kubeconfig /dev/stdin "$@"; }

seconds_left() {
    now=$(date +%s)
    echo $((deadline > now ? deadline - now : 1))
}

next_slice() {
    left=$(seconds_left)
    echo $((left < slice ? left : slice))
}

fail() {
    # What can't be had is no reason to keep back the rest.
    set +e
    echo "$1"
    for namespace in $NAMESPACES; do
        echo "Pods of $namespace:"
        run get pods --namespace "$namespace" --output wide --request-timeout "${slice}s"
        echo "Last events of $namespace:"
        run get events --namespace "$namespace" --sort-by .lastTimestamp --request-timeout "${slice}s" | tail -n 15
    done
    while [ -n "$EXPLAIN" ] && read -r what; do
        echo "kubectl $what:"
        # shellcheck disable=SC2086 # a command is several words
        run $what --request-timeout "${slice}s"
    done <<END
$EXPLAIN
END
    exit 1
} >&2

# In a pipeline a shell of its own would run the loop, and go on when this one is killed.
while read -r condition; do
    # shellcheck disable=SC2086 # a condition is several words
    until said=$(run $condition --timeout "$(next_slice)s" 2>&1); do
        case $said in
            *"timed out"* | *"deadline exceeded"*) [ "$(seconds_left)" -le 1 ] || continue ;;
        esac
        fail "Waited for up to $TIMEOUT_SECONDS s: kubectl $condition: $said"
    done
done <<END
$CONDITIONS
END
