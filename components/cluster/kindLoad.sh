# shellcheck shell=sh
# Loads an image from this machine's Docker into every node of a kind cluster.
#
# Environment: IMAGE, CLUSTER_NAME; IF_MISSING, what to do where Docker does not have the image.
set -eu
if ! docker image inspect "$IMAGE" >/dev/null 2>&1; then
    echo "Docker no longer has the image $IMAGE, as after a docker image prune. $IF_MISSING" >&2
    exit 1
fi
kind load docker-image "$IMAGE" --name "$CLUSTER_NAME"
