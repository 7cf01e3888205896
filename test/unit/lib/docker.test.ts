import * as assert from "node:assert/strict";
import { docker, DockerError, requireDockerEngine } from "../../../lib/docker";
import { dockerEngine, useStubs } from "../../support/stubs";

describe("docker", () => {
    const { stub, isolate } = useStubs();
    const refuses = (promise: Promise<unknown>, ...patterns: RegExp[]) =>
        assert.rejects(promise, (error: Error) => {
            assert.ok(error instanceof DockerError);
            for (const pattern of patterns) assert.match(error.message, pattern);
            return true;
        });

    for (const [what, said, patterns] of [
        [
            "a stopped engine",
            "Cannot connect to the Docker daemon at unix:///x.",
            [/does not answer/, /docker context use/],
        ],
        ["a socket of another user", "permission denied while trying to connect", [/usermod -aG docker/]],
        [
            "a context that is gone",
            'context "colima": context not found: open meta.json',
            [/docker context use default/],
        ],
    ] as const) {
        it(`docker: ${what} is explained, with what to do`, async () => {
            stub("docker", `echo '${said}' >&2; exit 1`);
            await refuses(docker("info"), ...patterns);
        });
    }

    it("docker: where it is not installed, says where to get it", async () => {
        isolate();
        await refuses(docker("info"), /not installed .* https:\/\/docs\.docker\.com/);
    });

    it("docker: the client does not see variables that lead it elsewhere", async () => {
        stub("docker", '[ "$1" = context ] || echo "${DOCKER_API_VERSION-none} ${DOCKER_DEFAULT_PLATFORM-none}"');
        Object.assign(process.env, { DOCKER_API_VERSION: "1.20", DOCKER_DEFAULT_PLATFORM: "linux/arm64" });
        assert.equal(await docker("info"), "none none");
    });

    it("requireDockerEngine: Docker's own engine is accepted", async () => {
        stub("docker", `case "$*" in ${dockerEngine}\nesac`);
        await requireDockerEngine();
    });

    for (const [what, script, pattern] of [
        [
            "podman under docker's name",
            'echo "podman version 4.9.3"; echo "Emulate Docker CLI using podman." >&2',
            /is podman version 4\.9\.3,/,
        ],
        ["nerdctl under docker's name", 'echo "nerdctl version 2.1.2"', /is nerdctl version 2\.1\.2,/],
        ["finch under docker's name", 'echo "finch version v1.8.0"', /is finch version v1\.8\.0,/],
        [
            "podman behind docker's client",
            `case "$*" in --version) echo "Docker version 28.2.2, build 1" ;; version*) echo '{"Components":[{"Name":"Podman Engine","Version":"4.9.3"}]}' ;; esac`,
            /leads to Podman Engine 4\.9\.3,/,
        ],
        [
            "an engine without a name",
            `case "$*" in --version) echo "Docker version 28.2.2, build 1" ;; version*) echo null ;; esac`,
            /leads to another engine,/,
        ],
    ] as const) {
        it(`requireDockerEngine: ${what} is refused, and Docker's engine named`, async () => {
            stub("docker", script);
            await refuses(requireDockerEngine(), pattern, /needs Docker's own engine\. Install it: https:/);
        });
    }
});
