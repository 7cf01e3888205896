import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import dockerIgnore from "@balena/dockerignore";
import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster/cluster";

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
    /** The cluster whose nodes get the image. */
    cluster: Cluster;
}

/** An image that is gone already is no reason to fail. */
const removeScript = `docker image rm --no-prune "$IMAGE" || ! docker image inspect "$IMAGE" >/dev/null 2>&1`;

/**
 * The backend's image, built on this machine and published to a cluster.
 *
 * Its tag is a digest of all that goes into it. So an unchanged context builds and publishes nothing, and a change replaces the
 * pods.
 */
export class DjangoImage extends pulumi.ComponentResource {
    /** The reference by which a pod asks for it, known when every node can have it. */
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
        // docker.Image leaves its image behind. This removes it with the stack, whatever becomes of the cluster.
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
        this.imageName = args.cluster.publish(name, image, { parent: this });
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
