import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { cpus } from "node:os";
import * as path from "node:path";
import dockerIgnore from "@balena/dockerignore";
import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { commandLine, quote } from "../../lib/commandLines";
import { readText, toLinuxLines } from "../../lib/textFile";
import { maskLogins } from "../../lib/web";
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
    /**
     * Certificates of authorities that pip trusts beside the public ones, PEM, and the file that they are in: an error message
     * names it. Default: none.
     */
    caCertificates?: { pem: string; file: string };
    /** What the cluster's nodes run on, as `linux/arm64`. Default: what this machine does. */
    platform?: string;
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
        const { pipIndex, caCertificates } = args;
        const shortArgs = { BASE_IMAGE: args.baseImage, ...(pipIndex && indexArgs(pipIndex)) };
        const buildArgs = { ...shortArgs, ...(caCertificates && { CA_CERTIFICATES: caCertificates.pem }) };
        const platform = args.platform ?? machinePlatform();
        const imageName = `${args.repository}:${contextDigest(args.context, JSON.stringify(buildArgs)).slice(0, 16)}`;
        // docker.Image leaves its image behind. This removes it with the stack, whatever becomes of the cluster. It is there before
        // the image is, so that it knows of one whose build was cut off as well.
        const cleanup = new command.local.Command(
            `${name}-cleanup`,
            {
                delete: removeScript,
                environment: { IMAGE: imageName },
                triggers: [imageName],
                logging: command.local.Logging.None,
            },
            { parent: this },
        );
        // Pulumi's own error names the step that failed, and not the reason, which passed by.
        const failed = new pulumi.ErrorHook(`${name}-failed`, async () => {
            await pulumi.log.error(
                `${imageName} could not be built. To see the reason, run this: ` +
                    maskLogins(buildCommand(args.context, imageName, platform, shortArgs, caCertificates?.file)),
            );
            return false;
        });
        const image = new docker.Image(
            name,
            {
                imageName,
                build: {
                    context: args.context,
                    dockerfile: path.join(args.context, "Dockerfile"),
                    args: buildArgs,
                    platform,
                },
                skipPush: true,
            },
            { parent: this, dependsOn: cleanup, hooks: { onError: [failed] } },
        );
        this.imageName = args.cluster.publish(name, image, { parent: this });
        this.registerOutputs({ imageName: this.imageName });
    }
}

/** What containers on this machine run on. Where they are in a virtual machine, it has the same kind of processor. */
export function machinePlatform(arch: string = process.arch, processor = cpus()[0]?.model ?? ""): string {
    // On Apple's own processors Node.js may be one for Intel's, which Apple translates.
    if (arch === "arm64" || /Apple/.test(processor)) return "linux/arm64";
    return `linux/${arch === "x64" ? "amd64" : arch}`;
}

/** The build arguments of a package index. pip refuses one in plain http, unless it is told to trust the host. */
function indexArgs(pipIndex: string): Record<string, string> {
    const { protocol, host } = new URL(pipIndex);
    return { PIP_INDEX_URL: pipIndex, ...(protocol === "http:" && { PIP_TRUSTED_HOST: host }) };
}

/**
 * The command line that builds the image by hand.
 *
 * @param caFile the file with the certificates. In a message their many lines would be indented, and so be none any more.
 */
export function buildCommand(
    context: string,
    imageName: string,
    platform: string,
    args: Record<string, string>,
    caFile?: string,
): string {
    const buildArgs = Object.entries(args).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
    return [
        commandLine("docker", "build", "--platform", platform, ...buildArgs),
        ...(caFile === undefined ? [] : [`--build-arg "CA_CERTIFICATES=$(cat ${quote(caFile)})"`]),
        commandLine("--tag", imageName, context),
    ].join(" ");
}

/**
 * A digest of the files that `docker build` would see, whether they are executable, and what else the build is given. What else
 * tells one checkout from another is not counted, since the Dockerfile evens it out: line ends and the other permissions.
 */
export function contextDigest(context: string, more: string): string {
    const ignore = readDockerIgnore(context);
    const names = filesBelow(context)
        .filter((name) => name === "Dockerfile" || !ignore.ignores(name))
        .sort();
    const digest = createHash("sha256").update(more);
    for (const name of names) {
        const full = path.join(context, name);
        const { mode } = fs.lstatSync(full);
        const executable = (mode & 0o111) === 0 ? 0 : 0o111;
        const content = fs.lstatSync(full).isSymbolicLink() ? fs.readlinkSync(full) : withLinuxLines(full);
        digest.update(`\0${name}\0${executable}\0${content.length}\0`).update(content);
    }
    return digest.digest("hex");
}

/**
 * What `.dockerignore` leaves out, by Docker's rules: https://docs.docker.com/build/concepts/context/#dockerignore-files. Unlike
 * Docker the package takes capitals for small letters, expects no byte order mark, and takes some characters for those of a
 * regular expression.
 */
function readDockerIgnore(context: string) {
    const ignore = dockerIgnore({ ignorecase: false });
    // The builder prefers the one that is named after the Dockerfile.
    const file = ["Dockerfile.dockerignore", ".dockerignore"]
        .map((name) => path.join(context, name))
        .find((name) => fs.existsSync(name));
    if (file === undefined) return ignore;
    const patterns = readText(file)
        .replace(/^\uFEFF/, "")
        .replace(/(?<!\\)[+(){}|]/g, "\\$&");
    return ignore.add(patterns);
}

/** The names of all files below a folder. A symbolic link is one, wherever it leads. */
function filesBelow(folder: string, below = ""): string[] {
    return fs.readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry) => {
        const name = path.join(below, entry.name);
        return entry.isDirectory() ? filesBelow(folder, name) : [name];
    });
}

function withLinuxLines(file: string): Buffer {
    const content = fs.readFileSync(file);
    return content.includes(0) ? content : Buffer.from(toLinuxLines(content.toString("latin1")), "latin1");
}
