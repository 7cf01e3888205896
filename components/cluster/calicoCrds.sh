# shellcheck shell=sh
# Applies objects to a cluster, whoever made them, and waits until they are established.
#
# Input: the first line is the objects as a JSON list, gzipped, in base64; the rest is the kubeconfig.
set -eu

IFS= read -r packed
kubeconfig=$(mktemp)
trap 'rm -f "$kubeconfig"' EXIT
trap 'exit 130' INT TERM
cat >"$kubeconfig"
exec 3<"$kubeconfig"
# Linux opens /dev/fd/3 anew for each reader, so the file needs no name. Whoever kills this shell then leaves no file behind.
if [ "$(uname)" = Linux ]; then
    rm "$kubeconfig"
    kubeconfig=/dev/fd/3
    trap - EXIT
fi

# Older versions of macOS call it -D.
decode=-d
[ "$(printf eA== | base64 -d 2>/dev/null)" = x ] || decode=-D
objects() { printf '%s' "$packed" | base64 "$decode" | gzip -dc; }

# Server-side, since they are too large for the annotation that kubectl makes otherwise. Conflicts are with whoever made them
# before, a chart of Calico 3.31 for example.
objects | kubectl --kubeconfig "$kubeconfig" apply --server-side --force-conflicts --field-manager calico-crds --filename -
objects | kubectl --kubeconfig "$kubeconfig" wait --for=condition=Established --timeout 60s --filename -
