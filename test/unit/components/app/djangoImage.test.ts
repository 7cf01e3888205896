import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type Cluster, DjangoImage, type DjangoImageArgs } from "../../../../components";
import { contextDigest } from "../../../../components/app/djangoImage";
import { useCommandStubs } from "../../../support/commandStubs";
import { type Registered, runResources, testCluster } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

describe("DjangoImage", () => {
    const make = (args: Partial<DjangoImageArgs> = {}) => {
        const published: string[] = [];
        return runResources(() => {
            const cluster: Cluster = {
                ...testCluster(),
                publish: (name, { imageName }) => {
                    published.push(name);
                    return imageName.apply((image) => `registry.test/${image}`);
                },
            };
            const { imageName } = new DjangoImage("backend-image", {
                cluster,
                repository: "lb-dev-backend",
                context: "app-django",
                baseImage: "python:3.13-slim",
                ...args,
            });
            return { imageName, published };
        });
    };

    it("the image is built on this machine and not pushed, and pods ask for it as the cluster publishes it", async () => {
        const stack = await make();
        const { inputs } = stack.find(types.image, "backend-image");
        assert.match(inputs.imageName, /^lb-dev-backend:[0-9a-f]{16}$/);
        assert.equal(inputs.skipPush, true);
        assert.equal(inputs.build.context, "app-django");
        assert.equal(inputs.build.dockerfile, path.join("app-django", "Dockerfile"));
        assert.deepEqual(stack.outputs, {
            imageName: `registry.test/${inputs.imageName}`,
            published: ["backend-image"],
        });
    });

    it("another base image or package index is another build argument, and so another tag", async () => {
        const build = async (args: Partial<DjangoImageArgs>) => {
            const { inputs } = (await make(args)).find(types.image, "backend-image");
            return { tag: inputs.imageName as string, args: inputs.build.args as unknown };
        };
        const [plain, again, base, index] = [
            await build({}),
            await build({}),
            await build({ baseImage: "python:3.14-slim" }),
            await build({ pipIndex: "https://pip.test" }),
        ];
        assert.deepEqual(plain, again);
        assert.deepEqual(plain.args, { BASE_IMAGE: "python:3.13-slim" });
        assert.deepEqual(base.args, { BASE_IMAGE: "python:3.14-slim" });
        assert.deepEqual(index.args, { BASE_IMAGE: "python:3.13-slim", PIP_INDEX_URL: "https://pip.test" });
        assert.equal(new Set([plain, base, index].map(({ tag }) => tag)).size, 3);
    });

    describe("its cleanup", () => {
        let cleanup: Registered;
        before(async () => {
            cleanup = (await make()).find(types.command, "backend-image-cleanup");
        });
        const { stub, calls, run } = useCommandStubs();

        it("an image that the stack no longer uses is removed from Docker, and its untagged parents are kept", () => {
            const { IMAGE } = cleanup.inputs.environment as { IMAGE: string };
            assert.deepEqual(cleanup.inputs.triggers, [IMAGE]);
            stub("docker", "");
            assert.equal(run(cleanup, "delete").status, 0);
            assert.deepEqual(calls(), [`docker image rm --no-prune ${IMAGE}`]);
        });

        it("an image that is gone from Docker already is no failure", () => {
            stub("docker", "exit 1");
            assert.equal(run(cleanup, "delete").status, 0);
        });

        it("an image that Docker does not remove is a failure", () => {
            stub("docker", 'case "$2" in rm) exit 1 ;; esac');
            assert.equal(run(cleanup, "delete").status, 1);
        });
    });
});

describe("contextDigest", () => {
    let context: string;
    const file = (name: string) => path.join(context, name);
    const digest = (more = "") => contextDigest(context, more);
    beforeEach(() => {
        context = fs.mkdtempSync(path.join(os.tmpdir(), "context-"));
        fs.mkdirSync(file("app"));
        for (const name of ["Dockerfile", "app/views.py"]) fs.writeFileSync(file(name), name);
        fs.writeFileSync(file(".dockerignore"), "*.pyc\nDockerfile\n");
    });
    afterEach(() => fs.rmSync(context, { recursive: true }));

    for (const [what, change] of Object.entries<() => void>({
        "the content of a file": () => fs.writeFileSync(file("app/views.py"), "other"),
        "the name of a file": () => fs.renameSync(file("app/views.py"), file("app/urls.py")),
        "a file that becomes executable": () => fs.chmodSync(file("app/views.py"), 0o755),
        "a new file": () => fs.writeFileSync(file("app/new.py"), ""),
        "the target of a symbolic link": () => {
            fs.rmSync(file("app/link"));
            fs.symlinkSync("elsewhere", file("app/link"));
        },
        "the Dockerfile, even if .dockerignore names it": () => fs.writeFileSync(file("Dockerfile"), "FROM x"),
    })) {
        it(`the image's tag changes with ${what}`, () => {
            fs.symlinkSync("views.py", file("app/link"));
            const before = digest();
            change();
            assert.notEqual(digest(), before);
        });
    }

    it("the image's tag changes with the build arguments", () => {
        assert.notEqual(digest("PIP_INDEX_URL=https://pip.test"), digest());
    });

    it("the image's tag stays the same when only times change, or a file that .dockerignore names", () => {
        const before = digest();
        fs.utimesSync(file("app/views.py"), 0, 0);
        fs.writeFileSync(file("app.pyc"), "compiled");
        assert.equal(digest(), before);
    });

    it("the image's tag changes when a byte moves from one file to the next", () => {
        const write = (files: Record<string, string>) => {
            for (const [name, text] of Object.entries(files)) fs.writeFileSync(file(name), text);
            return digest();
        };
        assert.notEqual(write({ a: "1", b: "2" }), write({ a: "12", b: "" }));
    });
});
