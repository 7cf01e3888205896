import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A docker command failed. The message says what to do. */
export class DockerError extends Error {}

/**
 * Runs the docker client and returns what it printed.
 *
 * @throws {DockerError} where docker is missing, its engine does not answer within 30 s, or the command fails.
 */
export async function docker(...args: string[]): Promise<string> {
    try {
        return (await run("docker", args, { maxBuffer: 64 << 20, timeout: 30_000 })).stdout.trim();
    } catch (error) {
        throw new DockerError(explain(args, error as NodeJS.ErrnoException & { stderr?: string; killed?: boolean }));
    }
}

function explain(args: string[], error: NodeJS.ErrnoException & { stderr?: string; killed?: boolean }): string {
    if (error.code === "ENOENT") {
        return "Docker is not installed (no `docker` on the PATH). Install it: https://docs.docker.com/get-docker/";
    }
    const said = error.killed ? "no answer within 30 s" : (error.stderr ?? error.message).trim();
    if (/permission denied/i.test(said)) {
        return (
            "Docker's socket refuses this user. Add yourself to the group `docker` and log in again: " +
            `\`sudo usermod -aG docker "$USER"\`. Docker said: ${said}`
        );
    }
    if (error.killed || /cannot connect|is the docker daemon running|connection refused|no such host/i.test(said)) {
        return (
            "Docker does not answer. Start Docker Desktop, or on Linux `sudo systemctl start docker`, " +
            `and check with \`docker info\`. Docker said: ${said}`
        );
    }
    return `docker ${args.join(" ")}: ${said}`;
}
