import * as assert from "node:assert/strict";
import { checkEnvironment } from "../../../settings/environment";
import { useStubs } from "../../support/stubs";

describe("environment of plain pulumi", () => {
    const { stub } = useStubs();
    const context = (host: string) =>
        stub("docker", `echo '[{"Endpoints":{"docker":{"Host":"${host}"}},"Storage":{"TLSPath":""}}]'`);
    const check = (more: NodeJS.ProcessEnv) => checkEnvironment("s07", { PATH: process.env.PATH, ...more });
    beforeEach(() => context("unix:///var/run/docker.sock"));

    for (const name of ["KIND_EXPERIMENTAL_DOCKER_NETWORK", "KIND_EXPERIMENTAL_PROVIDER", "DOCKER_DEFAULT_PLATFORM"]) {
        it(`checkEnvironment: ${name} fails, with the command that runs pulumi without it`, () => {
            const [finding, ...more] = check({ [name]: "x" });
            assert.deepEqual([finding?.status, finding?.subject, more], ["FAIL", name, []]);
            assert.match(finding?.remedy ?? "", /eval "\$\(npm run -s env -- --stack s07\)" && pulumi up$/);
        });
    }

    it("checkEnvironment: an engine that only docker's context names fails, since Pulumi's provider would take another", () => {
        context("unix:///run/user/1000/docker.sock");
        const [finding] = check({});
        assert.equal(finding?.status, "FAIL");
        assert.match(finding?.detail ?? "", /unix:\/\/\/run\/user\/1000\/docker\.sock/);
        assert.deepEqual(check({ DOCKER_HOST: "unix:///run/user/1000/docker.sock" }), []);
    });

    it("checkEnvironment: what a shell usually has is fine", () => {
        assert.deepEqual(check({ NODE_OPTIONS: "--inspect", KUBECONFIG: "/x", HTTPS_PROXY: "http://proxy:3128" }), []);
    });
});
