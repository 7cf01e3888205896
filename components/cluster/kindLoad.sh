# shellcheck shell=sh
# Loads an image from this machine's Docker into every node of a kind cluster.
#
# Environment: IMAGE, CLUSTER_NAME; IF_MISSING, what to do where Docker does not have the image.
set -eu
# A shell's settings must not lead kind or docker elsewhere.
unset KIND_EXPERIMENTAL_DOCKER_NETWORK KIND_EXPERIMENTAL_PROVIDER KIND_CLUSTER_NAME DOCKER_DEFAULT_PLATFORM DOCKER_API_VERSION
if ! docker image inspect "$IMAGE" >/dev/null 2>&1; then
    echo "Docker no longer has the image $IMAGE, as after a docker image prune. $IF_MISSING" >&2
    exit 1
fi
# kind writes the whole image into a file. By its name the next run finds what one left that was killed with all its children.
mortal_folder=${TMPDIR:-/tmp}/load-balancing-lab.$(id -u).$CLUSTER_NAME
rm -rf "$mortal_folder"
mkdir -m 700 "$mortal_folder"
trap 'rm -rf "$mortal_folder"' EXIT
mortal env TMPDIR="$mortal_folder" kind load docker-image "$IMAGE" --name "$CLUSTER_NAME"
