# shellcheck shell=sh
# A kind cluster's life: KindCluster hands this text to `sh -c`, with the operation as $0.
#
#   create     makes the cluster; prints the IPv4 subnet of its network, then its kubeconfig, which become the state
#   update     keeps the cluster; prints the state as it is
#   delete     deletes the cluster that has the mark MARK
#   cleanup    removes what an interrupted run of this stack left; removes the network kind after its last cluster
#   inspect    prints the mounts of the cluster's nodes, a line of JSON for each
#
# Environment: CLUSTER_NAME; MARKS, the folder that holds a node's mark; OWNER, with which this stack's marks begin; MARK;
# for create also REGISTRY_MIRROR and NETWORK_SUBNET, both may be empty, and CA_CERTIFICATES, which may be absent.
# Input of create: kind's configuration.
set -eu
# A shell's settings must not lead kind or docker elsewhere.
unset KIND_EXPERIMENTAL_DOCKER_NETWORK KIND_EXPERIMENTAL_PROVIDER KIND_CLUSTER_NAME DOCKER_DEFAULT_PLATFORM DOCKER_API_VERSION

network=kind
# A stack that makes the network labels it. The last stack takes a labelled network away.
network_label=load-balancing-lab
# The registries that a mirror stands in for.
registries="docker.io quay.io registry.k8s.io ghcr.io"
temporary=${TMPDIR:-/tmp}
nodes=$(docker ps --all --quiet --filter "label=io.x-k8s.kind.cluster=$CLUSTER_NAME")

# The JSON of each node's mounts.
mounts() {
    # shellcheck disable=SC2086 # $nodes is several words
    [ -z "$nodes" ] || docker inspect --format '{{json .Mounts}}' $nodes
}

# marked MARK — whether a node carries a mark that begins so; a basic regular expression.
marked() { mounts | grep -q "$MARKS$1"; }

# Of a run that was killed, the next one finds the folder by its name.
folder=$temporary/load-balancing-lab.$(id -u).$CLUSTER_NAME

# kind_cluster COMMAND… — `kind COMMAND cluster`, with a kubeconfig that is not the user's and is gone when this script ends.
kind_cluster() {
    operation=$1
    shift
    if [ -z "$mortal_folder" ]; then
        mortal_folder=$folder
        rm -rf "$folder"
        mkdir -m 700 "$folder"
        trap 'rm -rf "$folder"' EXIT
        trap 'exit 130' INT TERM
    fi
    mortal kind "$operation" cluster --name "$CLUSTER_NAME" "$@" --kubeconfig "$folder/kubeconfig"
}

network_exists() { docker network inspect "$network" >/dev/null 2>&1; }

# As kind itself would make it, with the MTU of Docker's default network, but with a subnet of our choice.
create_network() {
    mtu=$(docker network inspect --format '{{index .Options "com.docker.network.driver.mtu"}}' bridge 2>/dev/null) || mtu=
    case $mtu in *[!0-9]*) mtu= ;; esac
    docker network create --driver bridge --label "$network_label" \
        --opt com.docker.network.bridge.enable_ip_masquerade=true \
        ${mtu:+--opt "com.docker.network.driver.mtu=$mtu"} \
        ${NETWORK_SUBNET:+--subnet "$NETWORK_SUBNET"} "$network" >/dev/null
}

# The first IPv4 subnet of the network; empty if it has none.
subnet_of_network() {
    docker network inspect --format '{{range .IPAM.Config}}{{println .Subnet}}{{end}}' "$network" |
        sed '/:/d; /^$/d' | head -n 1
}

# Nodes ask the mirror first: https://github.com/containerd/containerd/blob/main/docs/hosts.md
use_mirror() {
    for node in $(kind get nodes --name "$CLUSTER_NAME"); do
        for registry in $registries; do
            hosts=/etc/containerd/certs.d/$registry
            printf '[host."%s"]\n  capabilities = ["pull", "resolve"]\n' "$REGISTRY_MIRROR" |
                docker exec --interactive "$node" sh -c "mkdir -p $hosts && cat >$hosts/hosts.toml"
        done
    done
}

# What a node does with certificates. Each gets a file of its own: update-ca-certificates does not promise to read more than one
# in a file. Programs written in Go read what is trusted once, so containerd starts again. What it runs goes on.
# shellcheck disable=SC2016 # the node's shell expands it
trust='number=0
while read -r line; do
    case $line in -----BEGIN*) number=$((number + 1)) ;; esac
    echo "$line" >>"/usr/local/share/ca-certificates/load-balancing-lab-$number.crt"
done
said=$(update-ca-certificates 2>&1) || {
    echo "$said" >&2
    exit 1
}
systemctl restart containerd'

trust_certificates() {
    for node in $(kind get nodes --name "$CLUSTER_NAME"); do
        printf '%s' "$CA_CERTIFICATES" | docker exec --interactive "$node" sh -c "$trust" >&2
    done
}

network_users() { docker ps --all --quiet --filter "network=$network"; }

case $0 in
    create)
        if [ -n "$nodes" ]; then
            if ! marked "$OWNER\\."; then
                echo "a cluster named $CLUSTER_NAME exists, and this stack did not make it" >&2
                exit 1
            fi
            echo "removing what an interrupted run left of the cluster $CLUSTER_NAME" >&2
            kind_cluster delete
        fi
        # If another stack makes the network at the same moment, that is as good, unless it has another subnet.
        if network_exists; then wanted=; else
            wanted=$NETWORK_SUBNET
            create_network || network_exists
        fi
        subnet=$(subnet_of_network)
        if [ -z "$subnet" ]; then
            echo "the Docker network $network has no IPv4 subnet. To have it made anew, delete the clusters that are" \
                "in it, and then the network: docker network rm $network" >&2
            exit 1
        fi
        if [ -n "$wanted" ] && [ "$subnet" != "$wanted" ]; then
            echo "another stack made the Docker network $network with the subnet $subnet meanwhile, and not with" \
                "$wanted. Try again: the settings are checked against it" >&2
            exit 1
        fi
        kind_cluster create --config - >&2
        [ -z "${CA_CERTIFICATES:-}" ] || trust_certificates
        [ -z "$REGISTRY_MIRROR" ] || use_mirror
        echo "$subnet"
        cat "$folder/kubeconfig"
        ;;
    update)
        printf '%s' "$PULUMI_COMMAND_STDOUT"
        ;;
    delete)
        if [ -n "$nodes" ] && marked "$MARK"; then kind_cluster delete; fi
        ;;
    cleanup)
        if [ -z "$nodes" ] || marked "$OWNER\\."; then
            [ -z "$nodes" ] || kind_cluster delete
            # A run that was killed leaves its folder. Pulumi's Kubernetes provider leaves copies of the kubeconfig.
            rm -rf "$folder"
            for copy in "$temporary"/kubeconfig[0-9]* "$temporary"/tmp.*; do
                if grep -qsx "current-context: kind-$CLUSTER_NAME" "$copy"; then rm -f "$copy"; fi
            done
        fi
        made=$(docker network ls --quiet --filter "name=^$network\$" --filter "label=$network_label")
        if [ -n "$made" ] && [ -z "$(network_users)" ]; then
            docker network rm "$network" >/dev/null || [ -n "$(network_users)" ]
        fi
        ;;
    inspect)
        mounts
        ;;
esac
