import * as assert from "node:assert/strict";
import { hostname } from "node:os";
import { hints } from "../../../../scripts/lib/pulumi";

describe("hints", () => {
    for (const [said, hint] of [
        [
            "error: getting stack configuration: get stack secrets manager: incorrect passphrase",
            /PULUMI_CONFIG_PASSPHRASE/,
        ],
        [
            "error: the stack is currently locked by 1 lock(s). Either wait",
            /^ {2}eval "\$\(npm run -s env -- --stack s07\)" && pulumi cancel --yes$/m,
        ],
        [
            "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock " +
                "file with `pulumi cancel`.\n  file:///x.json: created by kim@lecture (pid 7) at 2026-11-25T09:00:00Z",
            /^A pulumi of kim's on the machine lecture works on this stack\..*\n {2}eval .* pulumi cancel --yes$/,
        ],
        [
            `error: the stack is currently locked by 1 lock(s).\n  file:///x.json: created by kim@${hostname()} (pid 7) at 2026`,
            /^Another pulumi works on this stack\./,
        ],
        [
            'Helm release "a/b" was created, but failed to initialize completely. Use Helm CLI to investigate: context canceled',
            /^Helm's command line is not needed\..*\n {2}npm run up -- --stack s07\n/,
        ],
        [
            'Helm release "b" was created but has a failed status. Use the `helm` command to investigate the error, correct it, then retry.',
            /^Helm's command line is not needed\./,
        ],
        ["error: failed to connect to any docker daemon", /^Docker does not answer.* npm run doctor -- --stack s07$/],
        ["write /var/lib/docker/tmp/x: no space left on device", /^The disk is full.*\n {2}docker system df\n/],
        [
            "toomanyrequests: You have reached your pull rate limit.",
            /^Docker Hub .* npm run set -- --stack s07 sources\.registryMirror http:/,
        ],
        ["error: failed to download plugin: time-0.1.0: failed all 5 attempts", /~\/\.pulumi\/plugins/],
    ] as const) {
        it(`hints: "${said}" is explained`, () => {
            const found = hints(said, "s07");
            assert.equal(found.length, 1);
            assert.match(found[0] ?? "", hint);
        });
    }
    it("hints: an unknown error has none", () => assert.deepEqual(hints("error: update failed", "dev"), []));
});
