# shellcheck shell=sh
# Applies objects to a cluster, whoever made them, and waits until they are established.
#
# Input: the first line is the kubeconfig, the second the objects as a list, both in JSON.
set -eu

# A shell reads a line byte by byte, and the objects are some MB.
IFS= read -r kubeconfig
objects=$(cat)

# kubectl reads the kubeconfig once. It is an administrator's, and never a file that somebody who is killed would leave behind.
run() {
    printf '%s' "$kubeconfig" | kubectl --kubeconfig /dev/stdin "$@" --filename /dev/fd/3 3<<END
$objects
END
}

# Server-side, since they are too large for the annotation that kubectl makes otherwise. Conflicts are with whoever made them
# before, a chart of Calico 3.31 for example.
run apply --server-side --force-conflicts --field-manager calico-crds
run wait --for=condition=Established --timeout 60s
