# shellcheck shell=sh
# Waits for conditions of a cluster, then until the API server admits an object. Says why where it takes too long.
#
# Environment: CONDITIONS, a line for each, arguments of a kubectl command that takes --timeout; TIMEOUT_SECONDS for all of them;
# ADMITS, an object as JSON, may be empty; NAMESPACE, whose pods and events explain a failure. Input: the kubeconfig.
set -eu

kubeconfig=$(mktemp)
object=
trap 'rm -f "$kubeconfig" ${object:+"$object"}' EXIT
trap 'exit 130' INT TERM
cat >"$kubeconfig"
deadline=$(($(date +%s) + TIMEOUT_SECONDS))

# kubectl reads no input: the loop below reads the conditions from there.
run() { kubectl --kubeconfig "$kubeconfig" "$@" </dev/null; }

seconds_left() {
    now=$(date +%s)
    echo $((deadline > now ? deadline - now : 1))
}

fail() {
    echo "$1"
    echo "Pods of $NAMESPACE:"
    run get pods --namespace "$NAMESPACE" --output wide
    echo "Last events of $NAMESPACE:"
    run get events --namespace "$NAMESPACE" --sort-by .lastTimestamp | tail -n 15
    exit 1
} >&2

printf '%s\n' "$CONDITIONS" | while read -r condition; do
    # shellcheck disable=SC2086 # a condition is several words
    said=$(run $condition --timeout "$(seconds_left)s" 2>&1) || fail "Waited for up to $TIMEOUT_SECONDS s: kubectl $condition: $said"
done

[ -n "$ADMITS" ] || exit 0
object=$(mktemp)
printf '%s' "$ADMITS" >"$object"
until said=$(run apply --server-side --dry-run=server --filename "$object" 2>&1); do
    case $said in
        # A webhook refuses connections for some seconds after its pod is Ready.
        *webhook*)
            [ "$(seconds_left)" -gt 1 ] || fail "Waited for $TIMEOUT_SECONDS s: $said"
            sleep 1
            ;;
        *) fail "$said" ;;
    esac
done
