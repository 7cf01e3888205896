import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type Cluster, DjangoImage, type DjangoImageArgs } from "../../../../components";
import { buildCommand, contextDigest, machinePlatform } from "../../../../components/app/djangoImage";
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

    it("another base image, package index or authority is another build argument, and so another tag", async () => {
        const build = async (args: Partial<DjangoImageArgs>) => {
            const { inputs } = (await make(args)).find(types.image, "backend-image");
            return { tag: inputs.imageName as string, args: inputs.build.args as unknown };
        };
        const caCertificates = { file: "/my labs/ca.pem", pem: "-----BEGIN CERTIFICATE-----\n" };
        const [plain, again, base, index, authority] = [
            await build({}),
            await build({}),
            await build({ baseImage: "python:3.14-slim" }),
            await build({ pipIndex: "https://pip.test" }),
            await build({ caCertificates }),
        ];
        assert.deepEqual(plain, again);
        assert.deepEqual(plain.args, { BASE_IMAGE: "python:3.13-slim" });
        assert.deepEqual(base.args, { BASE_IMAGE: "python:3.14-slim" });
        assert.deepEqual(index.args, { BASE_IMAGE: "python:3.13-slim", PIP_INDEX_URL: "https://pip.test" });
        assert.deepEqual(authority.args, { BASE_IMAGE: "python:3.13-slim", CA_CERTIFICATES: caCertificates.pem });
        assert.equal(new Set([plain, base, index, authority].map(({ tag }) => tag)).size, 4);
    });

    it("pip trusts the host of a package index in plain http, which it would refuse otherwise, and no other", async () => {
        for (const [pipIndex, host] of [
            ["http://pip.test/simple", "pip.test"],
            ["http://pip.test:3141/simple", "pip.test:3141"],
            ["http://kim:secret@10.1.2.3:3141/simple", "10.1.2.3:3141"],
            ["https://pip.test:3141/simple", undefined],
        ] as const) {
            const { args } = (await make({ pipIndex })).find(types.image, "backend-image").inputs.build;
            assert.equal(args.PIP_TRUSTED_HOST, host);
            assert.equal("PIP_TRUSTED_HOST" in args, host !== undefined);
        }
    });

    it("the image is for the platform of the nodes, or for this machine's", async () => {
        const platform = async (args: Partial<DjangoImageArgs>) =>
            (await make(args)).find(types.image, "backend-image").inputs.build.platform as unknown;
        assert.equal(await platform({ platform: "linux/arm64" }), "linux/arm64");
        assert.equal(await platform({}), machinePlatform());
        assert.equal(machinePlatform("x64", "Intel(R) Core(TM) i7"), "linux/amd64");
        assert.equal(machinePlatform("arm64", ""), "linux/arm64");
        // Node.js for Intel's processors on one of Apple's.
        assert.equal(machinePlatform("x64", "VirtualApple @ 2.50GHz"), "linux/arm64");
        assert.equal(machinePlatform("s390x", ""), "linux/s390x");
    });

    it("a build that fails is explained by the command line that shows the reason", async () => {
        const { errorHooks } = (await make()).find(types.image, "backend-image");
        assert.deepEqual(errorHooks, ["backend-image-failed"]);
        assert.equal(
            buildCommand("/my labs/app-django", "lb-dev-backend:1", "linux/amd64", { BASE_IMAGE: "python:3.13-slim" }),
            "docker build --platform linux/amd64 --build-arg BASE_IMAGE=python:3.13-slim --tag lb-dev-backend:1 '/my labs/app-django'",
        );
        assert.equal(
            buildCommand("app-django", "lb-dev-backend:1", "linux/amd64", {}, "/my labs/ca.pem"),
            `docker build --platform linux/amd64 --build-arg "CA_CERTIFICATES=$(cat '/my labs/ca.pem')" --tag lb-dev-backend:1 app-django`,
        );
    });

    describe("its Dockerfile", () => {
        const { file, stub, calls } = useCommandStubs();
        const dockerfile = fs.readFileSync("app-django/Dockerfile", "utf8");
        const [, install = ""] = /^RUN (\[ -n "\$PIP_INDEX_URL"[^]*?) && find /m.exec(dockerfile) ?? [];

        /** Runs the instruction that installs the packages. */
        const runInstall = (buildArgs: Record<string, string>) => {
            // Build arguments that are not given are not set; those of a user's own may be empty.
            stub("pip", `env | grep ^PIP_ | sort >"${file("env")}"`);
            const { status, stderr } = spawnSync("sh", ["-c", install.replaceAll("/authorities.pem", file("ca.pem"))], {
                env: { PATH: `${file("bin")}:/usr/bin:/bin`, ...buildArgs },
                encoding: "utf8",
            });
            const env = fs.existsSync(file("env")) ? fs.readFileSync(file("env"), "utf8") : undefined;
            return { status, stderr, env };
        };

        it("without build arguments, or with empty ones, pip is as it always is", () => {
            const none: Record<string, string> = {};
            for (const buildArgs of [none, { PIP_INDEX_URL: "", PIP_TRUSTED_HOST: "", CA_CERTIFICATES: "" }]) {
                assert.deepEqual(runInstall(buildArgs), { status: 0, stderr: "", env: "" });
            }
            assert.ok(calls().every((call) => call.startsWith("pip install ")));
        });

        it("pip asks the index that is given, and trusts the host that is given", () => {
            const buildArgs = { PIP_INDEX_URL: "http://pip.test:3141", PIP_TRUSTED_HOST: "pip.test:3141" };
            const env = "PIP_INDEX_URL=http://pip.test:3141\nPIP_TRUSTED_HOST=pip.test:3141\n";
            assert.equal(runInstall(buildArgs).env, env);
        });

        it("pip trusts the authorities that are given beside its own", () => {
            stub("python", "echo public");
            assert.equal(runInstall({ CA_CERTIFICATES: "company\ncampus" }).env, `PIP_CERT=${file("ca.pem")}\n`);
            assert.equal(fs.readFileSync(file("ca.pem"), "utf8"), "public\ncompany\ncampus\n");
        });

        it("where pip's own authorities can't be read, the build ends", () => {
            stub("python", "echo no certifi >&2; exit 1");
            assert.deepEqual(runInstall({ CA_CERTIFICATES: "company" }), {
                status: 1,
                stderr: "no certifi\n",
                env: undefined,
            });
        });

        it("the certificates stay in the stage that is left behind", () => {
            const last = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
            assert.doesNotMatch(last, /CA_CERTIFICATES|authorities\.pem|PIP_/);
            const copied = [...last.matchAll(/^COPY --from=build (\S+) /gm)].map(([, from]) => from);
            assert.deepEqual(copied, ["/site-packages", "/app"]);
        });
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

        it("it is made before the image, so that an image whose build was cut off is removed as well", async () => {
            const stack = await make();
            const { urn } = stack.find(types.command, "backend-image-cleanup");
            assert.ok(stack.find(types.image, "backend-image").dependencies.includes(urn));
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

    it("the image's tag is the same with Windows' line ends, with another umask and with other permissions", () => {
        const write = (end: string) => {
            fs.writeFileSync(file("app/views.py"), `a${end}b${end}`);
            fs.writeFileSync(file("app/binary.mo"), Buffer.from([0, 13, 10]));
        };
        write("\n");
        const before = digest();
        write("\r\n");
        assert.equal(digest(), before);
        for (const mode of [0o600, 0o664]) {
            fs.chmodSync(file("app/views.py"), mode);
            assert.equal(digest(), before, mode.toString(8));
        }
        fs.chmodSync(file("app/views.py"), 0o700);
        const executable = digest();
        fs.chmodSync(file("app/views.py"), 0o775);
        assert.equal(digest(), executable);
        // Of a file that is no text, each byte counts.
        fs.writeFileSync(file("app/binary.mo"), Buffer.from([0, 10]));
        assert.notEqual(digest(), executable);
    });

    /** Which of some files a .dockerignore leaves out, as the tag tells. */
    const ignored = (dockerIgnore: string, names: string[], file1 = ".dockerignore") => {
        fs.writeFileSync(file(file1), dockerIgnore);
        return names.filter((name) => {
            fs.mkdirSync(path.dirname(file(name)), { recursive: true });
            const without = digest();
            fs.writeFileSync(file(name), "x");
            const same = digest() === without;
            fs.rmSync(file(name));
            return same;
        });
    };
    // Each as Docker decides: https://docs.docker.com/build/concepts/context/#dockerignore-files
    const rules: Record<string, [string, string[], string[]]> = {
        "capitals and small letters differ": ["tests/\n", ["tests/a", "Tests/a"], ["tests/a"]],
        "a byte order mark is no part of the first line": ["\uFEFFa.py\n", ["a.py", "b.py"], ["a.py"]],
        "Windows' line ends are no part of a line": ["a.py\r\nb.py\r\n", ["a.py", "b.py", "c.py"], ["a.py", "b.py"]],
        "blanks around a line don't count": ["  a.py  \n\n", ["a.py", "b.py"], ["a.py"]],
        "a comment begins at the start of a line": ["#a.py\n", ["a.py", "#a.py"], []],
        "the last line that holds decides": ["*.py\n!a.py\n", ["a.py", "b.py"], ["b.py"]],
        "all but some folders": ["*\n!app/\napp/tests/\n", ["app/a", "app/tests/a", "b"], ["app/tests/a", "b"]],
        "a slash at either end of a line does not count": ["/app/\n", ["app/a", "b/app/a"], ["app/a"]],
        "two stars are any number of folders": ["**/x/\n", ["x/a", "b/c/x/a", "b/xa"], ["x/a", "b/c/x/a"]],
        "a star stops at a slash": ["*.py\n", ["a.py", "b/a.py"], ["a.py"]],
        "signs of regular expressions are plain": ["c++(1)|{2}.py\n", ["c++(1)|{2}.py", "cc1.py"], ["c++(1)|{2}.py"]],
    };
    for (const [rule, [text, names, expected]] of Object.entries(rules)) {
        it(`.dockerignore: ${rule}`, () => assert.deepEqual(ignored(text, names), expected));
    }

    it(".dockerignore: one that is named after the Dockerfile takes its place", () => {
        fs.writeFileSync(file(".dockerignore"), "b.py\n");
        assert.deepEqual(ignored("a.py\n", ["a.py", "b.py"], "Dockerfile.dockerignore"), ["a.py"]);
    });

    it("a link to a folder is a link, whatever is in the folder", () => {
        fs.symlinkSync("app", file("link"));
        const before = digest();
        fs.symlinkSync("..", file("app/up"));
        assert.notEqual(digest(), before);
    });

    it("the image has neither Dockerfile nor .dockerignore, and Linux's line ends and one set of permissions", function () {
        if (process.platform !== "linux") this.skip();
        const dockerfile = fs.readFileSync("app-django/Dockerfile", "utf8");
        const [, tidy] = /^RUN (rm -f Dockerfile[^]*?[^\\])\n/m.exec(dockerfile) ?? [];
        const [, permissions] = /(chmod -R \S+ )\. /.exec(dockerfile) ?? [];
        assert.ok(tidy !== undefined && permissions !== undefined);
        const run = (umask: string) => {
            fs.writeFileSync(file("app/views.py"), "a\r\nb \r\n");
            fs.writeFileSync(file("app/it's.html"), "a\nb\r\n");
            fs.writeFileSync(file("app/binary.mo"), Buffer.from([0, 13, 10]));
            fs.writeFileSync(file("Dockerfile"), "");
            fs.writeFileSync(file(".dockerignore"), "");
            const command = `umask ${umask}; chmod -R ${umask === "002" ? "g+w" : "go="} .; ${tidy} && ${permissions} .`;
            const { status, stderr } = spawnSync("sh", ["-c", command], { cwd: context, encoding: "utf8" });
            assert.equal(status, 0, stderr);
            assert.deepEqual(fs.readdirSync(context), ["app"]);
            return fs.readdirSync(file("app")).map((name) => {
                const { mode } = fs.statSync(file(`app/${name}`));
                return [name, (mode & 0o777).toString(8), fs.readFileSync(file(`app/${name}`)).toString("hex")];
            });
        };
        const files = run("002");
        assert.deepEqual(files, [
            ["binary.mo", "644", "000d0a"],
            ["it's.html", "644", Buffer.from("a\nb\n").toString("hex")],
            ["views.py", "644", Buffer.from("a\nb \n").toString("hex")],
        ]);
        assert.deepEqual(run("077"), files);
        // Where there is nothing to mend, nothing fails.
        assert.equal(spawnSync("sh", ["-c", tidy], { cwd: context }).status, 0);
    });

    it("the image's tag changes when a byte moves from one file to the next", () => {
        const write = (files: Record<string, string>) => {
            for (const [name, text] of Object.entries(files)) fs.writeFileSync(file(name), text);
            return digest();
        };
        assert.notEqual(write({ a: "1", b: "2" }), write({ a: "12", b: "" }));
    });
});
