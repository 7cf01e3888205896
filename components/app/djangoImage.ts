import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import dockerIgnore from "@balena/dockerignore";
import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";

/** What a {@link DjangoImage} is built from, and where it goes. */
export interface DjangoImageArgs {
    /** Name of the image without its tag; a stack's own, since the image goes with the stack. */
    repository: string;
    /** Folder with the Dockerfile. */
    context: string;
    /** The Python image that it starts from. */
    baseImage: string;
    /** URL of the package index that pip asks. Default: pip's own. */
    pipIndex?: string;
    /** The kind cluster whose nodes get the image. */
    clusterName: pulumi.Input<string>;
}

const loadScript = `set -eu
if ! docker image inspect "$IMAGE" >/dev/null 2>&1; then
    echo "Docker no longer has the image $IMAGE, as after a docker image prune. To build it again: pulumi up --replace '$BUILT_BY'" >&2
    exit 1
fi
kind load docker-image "$IMAGE" --name "$CLUSTER_NAME"`;

/** An image that is gone already is no reason to fail. */
const removeScript = `docker image rm --no-prune "$IMAGE" || ! docker image inspect "$IMAGE" >/dev/null 2>&1`;

/**
 * The backend's image, built here and loaded into every node of a kind cluster, so that it needs no registry:
 * https://kind.sigs.k8s.io/docs/user/quick-start/#loading-an-image-into-your-cluster
 *
 * Its tag is a digest of all that goes into it: an unchanged context builds and loads nothing, and a change rolls the pods.
 */
export class DjangoImage extends pulumi.ComponentResource {
    /** Name and tag, known when every node has the image. */
    readonly imageName: pulumi.Output<string>;

    constructor(name: string, args: DjangoImageArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:DjangoImage", name, {}, opts);
        const buildArgs = { BASE_IMAGE: args.baseImage, ...(args.pipIndex && { PIP_INDEX_URL: args.pipIndex }) };
        const image = new docker.Image(
            name,
            {
                imageName: `${args.repository}:${contextDigest(args.context, JSON.stringify(buildArgs)).slice(0, 16)}`,
                build: { context: args.context, dockerfile: path.join(args.context, "Dockerfile"), args: buildArgs },
                skipPush: true,
            },
            { parent: this },
        );
        const loaded = new command.local.Command(
            `${name}-load`,
            {
                interpreter: ["/bin/sh", "-c", loadScript],
                create: "loading the image",
                environment: { IMAGE: image.imageName, CLUSTER_NAME: args.clusterName, BUILT_BY: image.urn },
                triggers: [image.imageName, image.repoDigest, args.clusterName],
                logging: command.local.Logging.None,
            },
            { parent: this },
        );
        // docker.Image leaves its image behind. This outlives the image's last use and a new cluster.
        new command.local.Command(
            `${name}-cleanup`,
            {
                delete: removeScript,
                environment: { IMAGE: image.imageName },
                triggers: [image.imageName],
                logging: command.local.Logging.None,
            },
            { parent: this },
        );
        this.imageName = pulumi.all([image.imageName, loaded.id]).apply(([imageName]) => imageName);
        this.registerOutputs({ imageName: this.imageName });
    }
}

/** A digest of the files that `docker build` would see, their modes, and what else the build is given. */
export function contextDigest(context: string, more: string): string {
    const file = path.join(context, ".dockerignore");
    const ignore = dockerIgnore();
    if (fs.existsSync(file)) ignore.add(fs.readFileSync(file, "utf8"));
    const entries = fs.readdirSync(context, { recursive: true, withFileTypes: true });
    const names = entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => path.relative(context, path.join(entry.parentPath, entry.name)))
        .filter((name) => name === "Dockerfile" || !ignore.ignores(name))
        .sort();
    const digest = createHash("sha256").update(more);
    for (const name of names) {
        const full = path.join(context, name);
        const content = fs.lstatSync(full).isSymbolicLink() ? fs.readlinkSync(full) : fs.readFileSync(full);
        digest.update(`\0${name}\0${fs.lstatSync(full).mode & 0o111}\0${content.length}\0`).update(content);
    }
    return digest.digest("hex");
}
