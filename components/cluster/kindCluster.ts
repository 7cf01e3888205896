import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Cluster, LocalImage } from "./cluster";
import { kindConfig, type KindShape } from "./kindConfig";
import { lookForCluster, marks } from "./kindOwnership";
import { shellProgram } from "./shellProgram";

/** What a {@link KindCluster} is made of. Any change replaces the cluster, but for {@link advice}. */
export interface KindClusterArgs extends KindShape {
    /** Name of the cluster, also the prefix of its containers. */
    clusterName: string;
    /**
     * URL of a registry that serves the public registries' images by path. Nodes ask it first and upstream second:
     * https://github.com/containerd/containerd/blob/main/docs/hosts.md. Default: none.
     */
    registryMirror?: string;
    /** Certificates of authorities that nodes trust beside the public ones when they pull images, PEM. Default: none. */
    caCertificates?: string;
    /**
     * IPv4 subnet, CIDR, for the Docker network `kind` where it does not exist yet; none where it exists. Default: Docker chooses one,
     * which may be one that pods or Services have.
     */
    networkSubnet?: string;
    /** What the user can do, as the program that makes this cluster puts it. It ends an error message. */
    advice: {
        /** A cluster of that name exists, and another made it. */
        nameIsTaken: string;
        /** An image that the nodes need is no longer in this machine's Docker. */
        imageIsMissing: string;
    };
}

/**
 * A Kubernetes cluster in Docker, by kind (https://kind.sigs.k8s.io), ready for a network plugin: its nodes become Ready only
 * when one, such as {@link Calico}, is installed. Nodes carry the label `ingress-ready=true`, and the control plane takes
 * pods like every other node.
 *
 * The kubeconfig is an output and nothing else: `~/.kube/config` is neither read nor written.
 *
 * Each node carries a mark that names the stack and the cluster, see kindOwnership.ts. If the cluster or a node vanished, the
 * next preview notices and the cluster is made again. If an interrupted run left nodes, the next run removes them. If a cluster
 * of that name is another's, it is refused and left alone.
 */
export class KindCluster extends pulumi.ComponentResource implements Cluster {
    /** Name of the cluster, known when its API server answers. */
    readonly clusterName: pulumi.Output<string>;
    readonly kubeconfig: pulumi.Output<string>;
    /** IPv4 subnet of the Docker network that the nodes are in, CIDR. */
    readonly networkSubnet: pulumi.Output<string>;
    readonly childOptions: pulumi.ComponentResourceOptions;
    /**
     * Ends when it is known that no other stack has a cluster of that name. A program that awaits it before it goes on is refused
     * sooner: nothing else is registered.
     */
    readonly checked: Promise<void>;
    private readonly ifImageIsMissing: string;

    constructor(name: string, args: KindClusterArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:KindCluster", name, {}, opts);
        this.ifImageIsMissing = args.advice.imageIsMissing;
        const owner = new random.RandomId(`${name}-owner`, { byteLength: 6 }, { parent: this }).hex;
        const interpreter = shellProgram("mortal.sh", "kindCluster.sh");
        const environment = { CLUSTER_NAME: args.clusterName, MARKS: marks };
        const { mark, checked } = lookForCluster(
            {
                clusterName: args.clusterName,
                nodes: args.workers + 1,
                owner,
                inspect: { command: "inspect", interpreter, environment },
                ifNameIsTaken: args.advice.nameIsTaken,
            },
            this,
        );
        this.checked = checked;
        // Only where no other stack has a cluster of that name. Otherwise a change of the name would clean up what is to stay.
        const ownerOfMark = mark.apply((id) => id.slice(0, id.indexOf(".")));
        // It is in the state before there is a cluster, so that destroy removes whatever an interrupted run made.
        const cleanup = new command.local.Command(
            `${name}-cleanup`,
            {
                interpreter,
                delete: "cleanup",
                environment: { ...environment, OWNER: ownerOfMark },
                triggers: [args.clusterName, ownerOfMark],
                logging: command.local.Logging.None,
            },
            { parent: this, aliases: [{ name: `${name}-sweep` }] },
        );
        const nodes = new command.local.Command(
            `${name}-nodes`,
            {
                interpreter,
                create: "create",
                update: "update",
                delete: "delete",
                stdin: mark.apply((id) => JSON.stringify(kindConfig(args, marks + id))),
                environment: {
                    ...environment,
                    OWNER: owner,
                    MARK: mark,
                    REGISTRY_MIRROR: args.registryMirror ?? "",
                    NETWORK_SUBNET: args.networkSubnet ?? "",
                    ...(args.caCertificates && { CA_CERTIFICATES: args.caCertificates }),
                },
                triggers: [
                    mark,
                    args.clusterName,
                    JSON.stringify(kindConfig(args, marks)),
                    args.registryMirror ?? "",
                    // Clusters from before there was this one have no trigger for it.
                    ...(args.caCertificates ? [args.caCertificates] : []),
                ],
                logging: command.local.Logging.Stderr,
            },
            {
                parent: this,
                additionalSecretOutputs: ["stdout"],
                dependsOn: cleanup,
                deleteBeforeReplace: true,
                // The subnet matters only while there is no network. That there is one later is no change. Without a network there is
                // no cluster either: it is made anew, and not with the subnet of the last time.
                ignoreChanges: args.networkSubnet === undefined ? ["environment.NETWORK_SUBNET"] : [],
                customTimeouts: { create: "10m", delete: "5m" },
            },
        );

        // The subnet is the first line, the kubeconfig the rest.
        this.kubeconfig = pulumi.secret(nodes.stdout.apply((text) => text.slice(text.indexOf("\n") + 1)));
        this.networkSubnet = pulumi.unsecret(nodes.stdout.apply((text) => text.split("\n", 1)[0] ?? ""));
        this.clusterName = nodes.id.apply(() => args.clusterName);
        const provider = new k8s.Provider(
            `${name}-provider`,
            {
                kubeconfig: this.kubeconfig,
                // If the cluster is replaced, the provider stays, and `deletedWith` replaces what is in the cluster. So a state
                // that was left half-way still finds the provider that it names.
                clusterIdentifier: owner,
                enableServerSideApply: true,
            },
            { parent: this },
        );
        this.childOptions = { provider, deletedWith: nodes };
        this.registerOutputs({ clusterName: this.clusterName, networkSubnet: this.networkSubnet });
    }

    /**
     * Loads the image into every node, so that it needs no registry:
     * https://kind.sigs.k8s.io/docs/user/quick-start/#loading-an-image-into-your-cluster
     */
    publish(name: string, image: LocalImage, opts?: pulumi.CustomResourceOptions): pulumi.Output<string> {
        const loaded = new command.local.Command(
            `${name}-load`,
            {
                interpreter: shellProgram("mortal.sh", "kindLoad.sh"),
                create: "loading the image",
                environment: {
                    IMAGE: image.imageName,
                    CLUSTER_NAME: this.clusterName,
                    IF_MISSING: this.ifImageIsMissing,
                },
                triggers: [image.imageName, image.repoDigest, this.clusterName],
                logging: command.local.Logging.None,
            },
            opts,
        );
        return pulumi.all([image.imageName, loaded.id]).apply(([imageName]) => imageName);
    }
}
