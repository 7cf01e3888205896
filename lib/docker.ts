import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { toolEnvironment } from "./environment";
import { Refusal } from "./refusal";

const run = promisify(execFile);

/** A docker command failed. The message says what to do. */
export class DockerError extends Refusal {}

/**
 * Runs the docker client and returns what it printed.
 *
 * @throws {DockerError} where docker is missing, its engine does not answer within 30 s, or the command fails.
 */
export async function docker(...args: string[]): Promise<string> {
    try {
        const options = { env: toolEnvironment(), maxBuffer: 64 << 20, timeout: 30_000 };
        return (await run("docker", args, options)).stdout.trim();
    } catch (error) {
        throw new DockerError(explain(args, error as NodeJS.ErrnoException & { stderr?: string; killed?: boolean }));
    }
}

function explain(args: string[], error: NodeJS.ErrnoException & { stderr?: string; killed?: boolean }): string {
    if (error.code === "ENOENT") {
        return "Docker is not installed (no `docker` on the PATH). Install it: https://docs.docker.com/get-docker/";
    }
    const said = error.killed ? "no answer within 30 s" : (error.stderr ?? error.message).trim();
    if (/context.* not found/i.test(said)) {
        return `Docker's client is set to a context that is gone. Choose another: \`unset DOCKER_CONTEXT; docker context use default\`. Docker said: ${said}`;
    }
    if (/permission denied/i.test(said)) {
        return (
            "Docker's socket refuses this user. Add yourself to the group `docker` and log in again: " +
            `\`sudo usermod -aG docker "$USER"\`. Docker said: ${said}`
        );
    }
    if (
        error.killed ||
        /cannot connect|is the docker daemon running|connection refused|no such host|failed to connect/i.test(said)
    ) {
        return (
            "Docker does not answer. Start Docker Desktop, or on Linux `sudo systemctl start docker`, " +
            "and check with `docker info`. If another engine runs, choose it: `docker context ls`, then `docker context use NAME`. " +
            `Docker said: ${said}`
        );
    }
    return `docker ${args.join(" ")}: ${said}`;
}

/**
 * Makes sure that Docker's own engine answers. Podman, nerdctl and finch imitate its client, and podman its socket, but not all
 * that kind and Pulumi's Docker provider ask for.
 *
 * @throws {DockerError} where it is another, or where none answers.
 */
export async function requireDockerEngine(): Promise<void> {
    const [client = ""] = (await docker("--version")).split("\n");
    if (!client.startsWith("Docker version")) throw new DockerError(refusal(`The command docker is ${client}`));
    const server = JSON.parse(await docker("version", "--format", "{{json .Server}}")) as {
        Components?: { Name: string; Version: string }[];
    } | null;
    const components = server?.Components ?? [];
    if (components.some(({ Name }) => Name === "Engine")) return;
    const [other] = components;
    const name = other === undefined ? "another engine" : `${other.Name} ${other.Version}`;
    throw new DockerError(refusal(`The command docker leads to ${name}`));
}

function refusal(found: string): string {
    return (
        `${found}, and this needs Docker's own engine. Install it: https://docs.docker.com/get-docker/. ` +
        "If it is installed, put its `docker` first on the PATH and choose its context: `docker context ls`, then `docker context use NAME`."
    );
}
