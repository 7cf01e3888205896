import { randomUUID } from "node:crypto";
import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { kindNetwork } from "../../lib/docker";
import type { KubeProxyMode } from "../../settings/schema";

/** What a {@link KindCluster} is made of. Any change replaces the cluster. */
export interface KindClusterArgs {
    /** Name of the cluster, also the prefix of its containers. */
    clusterName: string;
    /** Node image; kind asks for it by digest: https://kind.sigs.k8s.io/docs/user/quick-start/#creating-a-cluster */
    nodeImage: string;
    /** Number of worker nodes beside the one control plane. */
    workers: number;
    /** Addresses of pods, CIDR. */
    podSubnet: string;
    /** Cluster IPs of Services, CIDR. */
    serviceSubnet: string;
    kubeProxyMode: KubeProxyMode;
    /** Ports that nodes publish on this machine's 127.0.0.1. Default: none. */
    portMappings?: { hostPort: number; containerPort: number }[];
    /**
     * URL of a registry that serves the public registries' images by path. Nodes ask it first and upstream second:
     * https://github.com/containerd/containerd/blob/main/docs/hosts.md. Default: none.
     */
    registryMirror?: string;
    /** IPv4 subnet, CIDR, for the Docker network `kind` where it does not exist yet. Default: Docker chooses. */
    networkSubnet?: string;
}

/** The registries that a mirror stands in for. */
const mirroredRegistries = ["docker.io", "quay.io", "registry.k8s.io", "ghcr.io"];

/** Where a node carries the mark by which its stack knows it; see {@link KindCluster}. */
const markFolder = "/etc/load-balancing-lab/";

/** A label on the Docker network, where a stack made it, so that the last stack takes it away. */
const networkLabel = "load-balancing-lab";

/** What every command begins with: the cluster's nodes, whether one of them carries a mark, and where files are for a while. */
const prelude = `set -eu
temporary=\${TMPDIR:-/tmp}
own_kubeconfig() {
    kubeconfig=$(mktemp "$temporary/$CLUSTER_NAME.XXXXXX")
    trap 'rm -f "$kubeconfig"' EXIT
    trap 'exit 130' INT TERM
}
nodes=$(docker ps --all --quiet --filter "label=io.x-k8s.kind.cluster=$CLUSTER_NAME")
marked() { docker inspect --format '{{json .Mounts}}' $nodes | grep -q "${markFolder}$1"; }`;

const inspectScript = `${prelude}
[ -z "$nodes" ] || docker inspect --format '{{json .Mounts}}' $nodes`;

/** Called `create`, `update` or `delete`. What `create` prints becomes the state: the subnet and the kubeconfig. */
const script = `${prelude}
own_kubeconfig
case $0 in
create)
    if [ -n "$nodes" ]; then
        if ! marked "$OWNER\\."; then
            echo "a cluster named $CLUSTER_NAME exists, and this stack did not make it" >&2
            exit 1
        fi
        echo "removing what an interrupted run left of the cluster $CLUSTER_NAME" >&2
        kind delete cluster --name "$CLUSTER_NAME" --kubeconfig "$kubeconfig"
    fi
    there() { docker network inspect ${kindNetwork} >/dev/null 2>&1; }
    # Where another stack makes it at the same moment, that is as good.
    there || docker network create --driver bridge --label ${networkLabel} \\
        --opt com.docker.network.bridge.enable_ip_masquerade=true \\
        \${NETWORK_SUBNET:+--subnet "$NETWORK_SUBNET"} ${kindNetwork} >/dev/null || there
    kind create cluster --name "$CLUSTER_NAME" --config - --kubeconfig "$kubeconfig" >&2
    if [ -n "$REGISTRY_MIRROR" ]; then
        for node in $(kind get nodes --name "$CLUSTER_NAME"); do
            for registry in ${mirroredRegistries.join(" ")}; do
                folder=/etc/containerd/certs.d/$registry
                printf '[host."%s"]\n  capabilities = ["pull", "resolve"]\n' "$REGISTRY_MIRROR" |
                    docker exec --interactive "$node" sh -c "mkdir -p $folder && cat >$folder/hosts.toml"
            done
        done
    fi
    docker network inspect --format '{{range .IPAM.Config}}{{println .Subnet}}{{end}}' ${kindNetwork} | grep -v : | head -n 1
    cat "$kubeconfig"
    ;;
update)
    # Only this script is another: the cluster stays as it is.
    printf '%s' "$PULUMI_COMMAND_STDOUT"
    ;;
delete)
    if [ -n "$nodes" ] && marked "$MARK"; then
        kind delete cluster --name "$CLUSTER_NAME" --kubeconfig "$kubeconfig"
    fi
    ;;
esac`;

/**
 * Nodes of an interrupted run never got into the state. The network goes with the last cluster in it, where a stack made it. And
 * whatever a run that was killed left of the kubeconfig goes, with the copies of it that Pulumi's Kubernetes provider leaves.
 */
const sweepScript = `${prelude}
if [ -z "$nodes" ] || marked "$OWNER\\."; then
    if [ -n "$nodes" ]; then
        own_kubeconfig
        kind delete cluster --name "$CLUSTER_NAME" --kubeconfig "$kubeconfig"
    fi
    rm -f "$temporary/$CLUSTER_NAME".??????
    for copy in "$temporary"/kubeconfig[0-9]* "$temporary"/tmp.*; do
        if grep -qsx "current-context: kind-$CLUSTER_NAME" "$copy"; then rm -f "$copy"; fi
    done
fi
made=$(docker network ls --quiet --filter name='^${kindNetwork}$' --filter label=${networkLabel})
users() { docker ps --all --quiet --filter network=${kindNetwork}; }
if [ -n "$made" ] && [ -z "$(users)" ]; then
    docker network rm ${kindNetwork} >/dev/null || [ -n "$(users)" ]
fi`;

/**
 * A Kubernetes cluster in Docker, by kind (https://kind.sigs.k8s.io), ready for a network plugin: its nodes become Ready only
 * when one, such as {@link Calico}, is installed. Nodes carry the label `ingress-ready=true`, and the control plane takes
 * pods like every other node.
 *
 * The kubeconfig is an output and nothing else: `~/.kube/config` is neither read nor written.
 *
 * Each node carries a mark, an empty mount under `/etc/load-balancing-lab/`, that names the stack by an id from its state, and
 * the cluster. So a cluster that vanished or lost nodes is noticed by the next preview and made again; what an interrupted
 * run left is removed by the next; and a cluster of the same name that another made is refused and left alone.
 */
export class KindCluster extends pulumi.ComponentResource {
    /** Name of the cluster, known when it is ready to be talked to. */
    readonly clusterName: pulumi.Output<string>;
    /** Credentials for the cluster's administrator, a secret. */
    readonly kubeconfig: pulumi.Output<string>;
    /** IPv4 subnet of the Docker network that the nodes are in, CIDR. */
    readonly networkSubnet: pulumi.Output<string>;
    /**
     * Options for everything inside the cluster: the provider that reaches it, and `deletedWith`, since what is inside goes when
     * the cluster goes.
     */
    readonly inside: { provider: k8s.Provider; deletedWith: pulumi.Resource };

    constructor(name: string, args: KindClusterArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:KindCluster", name, {}, opts);
        const owner = new random.RandomId(`${name}-owner`, { byteLength: 6 }, { parent: this }).hex;
        const mark = currentMark(args, owner, this);
        // In the state before there is a cluster, so that destroy finds whatever an interrupted run made.
        const sweep = new command.local.Command(
            `${name}-sweep`,
            {
                interpreter: ["/bin/sh", "-c", sweepScript],
                delete: "sweeping",
                environment: { CLUSTER_NAME: args.clusterName, OWNER: owner },
                triggers: [args.clusterName, owner],
                logging: command.local.Logging.None,
            },
            { parent: this },
        );
        const cluster = new command.local.Command(
            `${name}-nodes`,
            {
                interpreter: ["/bin/sh", "-c", script],
                create: "create",
                update: "update",
                delete: "delete",
                stdin: mark.apply((text) => JSON.stringify(kindConfig(args, text))),
                environment: {
                    CLUSTER_NAME: args.clusterName,
                    OWNER: owner,
                    MARK: mark,
                    REGISTRY_MIRROR: args.registryMirror ?? "",
                    NETWORK_SUBNET: args.networkSubnet ?? "",
                },
                triggers: [mark, args.clusterName, JSON.stringify(kindConfig(args, "")), args.registryMirror ?? ""],
                logging: command.local.Logging.Stderr,
            },
            {
                parent: this,
                additionalSecretOutputs: ["stdout"],
                dependsOn: sweep,
                deleteBeforeReplace: true,
                // It matters only while there is no network; that there is one later is no change.
                ignoreChanges: ["environment.NETWORK_SUBNET"],
                customTimeouts: { create: "10m", delete: "5m" },
            },
        );

        // The subnet is the first line, the kubeconfig the rest.
        this.kubeconfig = pulumi.secret(cluster.stdout.apply((text) => text.slice(text.indexOf("\n") + 1)));
        this.networkSubnet = pulumi.unsecret(cluster.stdout.apply((text) => text.split("\n", 1)[0] ?? ""));
        this.clusterName = cluster.id.apply(() => args.clusterName);
        const provider = new k8s.Provider(
            `${name}-provider`,
            {
                kubeconfig: this.kubeconfig,
                // The provider stays when the cluster is replaced: what is inside is replaced through `deletedWith`, and a state
                // that was left half-way still finds the provider that it names.
                clusterIdentifier: owner,
                enableServerSideApply: true,
            },
            { parent: this },
        );
        this.inside = { provider, deletedWith: cluster };
        this.registerOutputs({ clusterName: this.clusterName, networkSubnet: this.networkSubnet });
    }
}

/** The mark on the cluster that is there, where all its nodes are; a new one else. */
function currentMark(
    { clusterName, workers }: KindClusterArgs,
    owner: pulumi.Output<string>,
    parent: pulumi.Resource,
): pulumi.Output<string> {
    const { stdout } = command.local.runOutput(
        { command: inspectScript, environment: { CLUSTER_NAME: clusterName }, logging: command.local.Logging.None },
        { parent },
    );
    const found = stdout.apply((text) => text.split("\n").filter(Boolean).map(markOf));
    refuseForeign(clusterName, found, owner);
    return pulumi.all([found, owner]).apply(([marks, id]) => {
        const [first] = marks;
        const whole = marks.length === workers + 1 && marks.every((mark) => mark === first);
        return first?.startsWith(`${id}.`) && whole ? first : `${id}.${randomUUID()}`;
    });
}

function markOf(mounts: string): string | undefined {
    const { Destination } =
        (JSON.parse(mounts) as { Destination: string }[]).find(({ Destination: at }) => at.startsWith(markFolder)) ??
        {};
    return Destination?.slice(markFolder.length);
}

/** Stops the program, in preview too, where nodes of that name carry another stack's mark or none. */
function refuseForeign(
    clusterName: string,
    found: pulumi.Output<(string | undefined)[]>,
    owner: pulumi.Output<string>,
) {
    const refuse = (marks: (string | undefined)[], id: string) => {
        if (marks.every((mark) => mark?.startsWith(`${id}.`))) return;
        throw new pulumi.RunError(
            `A kind cluster named "${clusterName}" exists, and this stack did not make it; it is left alone. ` +
                "Give this stack's cluster another name, for example: " +
                `pulumi config set --path cluster.name ${clusterName}-2. ` +
                `If the other one is yours to delete: kind delete cluster --name ${clusterName}`,
        );
    };
    // Before the stack's first update its id is unknown, and so every cluster is somebody else's.
    const known = (owner as unknown as { isKnown: Promise<boolean> }).isKnown;
    found.apply(async (marks) => ((await known) ? undefined : refuse(marks, "")));
    pulumi.all([found, owner]).apply(([marks, id]) => refuse(marks, id));
}

/** https://kind.sigs.k8s.io/docs/user/configuration/ */
function kindConfig(args: KindClusterArgs, mark: string): object {
    const node = {
        image: args.nodeImage,
        labels: { "ingress-ready": "true" },
        // A mount is there from the container's first moment, so that a half-made node is known as well.
        extraMounts: [{ hostPath: "/dev/null", containerPath: markFolder + mark, readOnly: true }],
    };
    return {
        kind: "Cluster",
        apiVersion: "kind.x-k8s.io/v1alpha4",
        networking: {
            disableDefaultCNI: true,
            podSubnet: args.podSubnet,
            serviceSubnet: args.serviceSubnet,
            kubeProxyMode: args.kubeProxyMode,
        },
        nodes: [
            {
                ...node,
                role: "control-plane",
                kubeadmConfigPatches: [JSON.stringify({ kind: "InitConfiguration", nodeRegistration: { taints: [] } })],
                extraPortMappings: (args.portMappings ?? []).map((mapping) => ({
                    ...mapping,
                    listenAddress: "127.0.0.1",
                    protocol: "TCP",
                })),
            },
            ...Array.from({ length: args.workers }, () => ({ ...node, role: "worker" })),
        ],
    };
}
