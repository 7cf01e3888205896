import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { tools as pinned } from "../../../../lib/versions";
import { install, isAtLeast, missingTools, parseVersion, upstreamRelease } from "../../../../scripts/lib/tools";
import { startProxy } from "../../../support/proxy";

const sha256 = (content: Buffer | string) => createHash("sha256").update(content).digest("hex");

describe("tools", () => {
    let directory: string;
    before(() => {
        directory = fs.mkdtempSync(path.join(os.tmpdir(), "tools-"));
    });
    after(() => fs.rmSync(directory, { recursive: true }));

    describe("versions", () => {
        const kubectl = JSON.stringify({
            clientVersion: { major: "1", minor: "35", gitVersion: "v1.35.4", goVersion: "go1.26.8" },
            kustomizeVersion: "v5.7.1",
        });
        for (const [printed, version] of [
            ["v3.274.1\n", "3.274.1"],
            ["v3.275.0-alpha.x1b2c\n", "3.275.0"],
            ["kind v0.33.0 go1.26.8 linux/amd64\n", "0.33.0"],
            ["kind version 0.33.0\n", "0.33.0"],
            [kubectl, "1.35.4"],
            ["20.10.24+dfsg1", "20.10.24"],
            ["command not found", undefined],
            ["", undefined],
        ] as const) {
            it(`parseVersion: finds ${version ?? "no version"} in ${JSON.stringify(printed.slice(0, 40))}`, () =>
                assert.equal(parseVersion(printed), version));
        }

        for (const [version, oldest, expected] of [
            ["3.228.0", "3.228.0", true],
            ["3.1000.0", "3.228.0", true],
            ["4.0.0", "3.228.0", true],
            ["3.99.9", "3.228.0", false],
            ["1.9.0", "1.31.0", false],
            ["20.20.2", "20", true],
            ["0", "0.32.0", false],
        ] as const) {
            it(`isAtLeast: ${version} is ${expected ? "" : "not "}at least ${oldest}`, () =>
                assert.equal(isAtLeast(version, oldest), expected));
        }

        it("missingTools: finds the tools that are missing, broken or too old", async () => {
            const bin = path.join(directory, "stubs");
            fs.mkdirSync(bin);
            const stub = (name: string, script: string) =>
                fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
            const missing = () => missingTools({ cwd: directory, env: { PATH: bin } });
            assert.deepEqual(await missing(), ["pulumi", "kind", "kubectl"]);
            stub("pulumi", "echo v3.274.1");
            stub("kind", "echo kind v0.20.0 go1.20.4 linux/amd64");
            stub("kubectl", "exit 1");
            assert.deepEqual(await missing(), ["kind", "kubectl"]);
            stub("kind", "echo kind v0.33.0 go1.26.8 linux/amd64");
            stub("kubectl", `echo '${kubectl}'`);
            assert.deepEqual(await missing(), []);
        });
    });

    it("upstreamRelease: names upstream's files for Linux and macOS, and refuses other machines", () => {
        const { pulumi, kind, kubectl } = pinned;
        assert.deepEqual(upstreamRelease("pulumi", "linux", "x64"), {
            url: `https://github.com/pulumi/pulumi/releases/download/v${pulumi}/pulumi-v${pulumi}-linux-x64.tar.gz`,
            checksums: `https://github.com/pulumi/pulumi/releases/download/v${pulumi}/pulumi-${pulumi}-checksums.txt`,
        });
        assert.equal(
            upstreamRelease("kind", "darwin", "arm64").url,
            `https://github.com/kubernetes-sigs/kind/releases/download/v${kind}/kind-darwin-arm64`,
        );
        assert.equal(
            upstreamRelease("kubectl", "linux", "x64").checksums,
            `https://dl.k8s.io/release/v${kubectl}/bin/linux/amd64/kubectl.sha256`,
        );
        assert.throws(() => upstreamRelease("kind", "win32", "x64"), /win32 on x64/);
        assert.throws(() => upstreamRelease("kind", "linux", "ppc64"), /linux on ppc64/);
    });

    describe("install", () => {
        const program = "#!/bin/sh\necho kind v0.33.0\n";
        const files = new Map<string, Buffer | string>();
        let server: Server;
        let origin: string;
        let bin: string;
        const release = (name: string) => ({ url: `${origin}/${name}`, checksums: `${origin}/${name}.sha256sum` });
        const leftovers = () => fs.readdirSync(path.dirname(bin), { recursive: true }).map(String).sort();

        before((done) => {
            server = createServer((request, response) => {
                const content = files.get(request.url?.slice(1) ?? "");
                if (content === undefined) response.writeHead(404).end("no such file");
                else if (request.url === "/truncated") {
                    response.writeHead(200, { "content-length": content.length * 2 }).write(content);
                    setTimeout(() => response.destroy(), 20);
                } else response.end(content);
            }).listen(0, "127.0.0.1", () => {
                origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
                done();
            });
        });
        after((done) => {
            server.close(done);
        });
        beforeEach(() => {
            files.clear();
            bin = path.join(fs.mkdtempSync(path.join(directory, "project-")), "bin");
        });

        it("install: downloads a tool, verifies it and makes it executable", async () => {
            files.set("kind-linux", program).set("kind-linux.sha256sum", `${sha256(program)}  kind-linux\n`);
            await install("kind", bin, release("kind-linux"));
            assert.deepEqual(leftovers(), ["bin", "bin/kind"]);
            assert.match(execFileSync(path.join(bin, "kind"), { encoding: "utf8" }), /v0\.33\.0/);
        });

        it("install: downloads through the proxy that the environment names", async () => {
            const proxy = await startProxy();
            process.env.HTTP_PROXY = proxy.url;
            try {
                const inside = `http://releases.invalid:${new URL(origin).port}/kind`;
                files.set("kind", program).set("kind.sha256sum", sha256(program));
                await install("kind", bin, { url: inside, checksums: `${inside}.sha256sum` });
                assert.deepEqual(proxy.asked, [`GET ${inside}.sha256sum`, `GET ${inside}`]);
            } finally {
                delete process.env.HTTP_PROXY;
                proxy.close();
            }
        });

        it("install: replaces an older tool", async () => {
            fs.mkdirSync(bin);
            fs.writeFileSync(path.join(bin, "kind"), "old");
            files.set("kind-linux", program).set("kind-linux.sha256sum", sha256(program));
            await install("kind", bin, release("kind-linux"));
            assert.equal(fs.readFileSync(path.join(bin, "kind"), "utf8"), program);
        });

        it("install: unpacks all programs of an archive", async () => {
            const contents = path.join(directory, "archive", "pulumi");
            fs.mkdirSync(contents, { recursive: true });
            for (const name of ["pulumi", "pulumi-language-nodejs"]) {
                fs.writeFileSync(path.join(contents, name), program);
            }
            const archive = path.join(directory, "archive.tar.gz");
            execFileSync("tar", ["-czf", archive, "-C", path.dirname(contents), "pulumi"]);
            const content = fs.readFileSync(archive);
            files
                .set("pulumi.tar.gz", content)
                .set("sums", `${sha256("x")}  other.zip\n${sha256(content)}  pulumi.tar.gz\n`);
            await install("pulumi", bin, { url: `${origin}/pulumi.tar.gz`, checksums: `${origin}/sums` });
            assert.deepEqual(leftovers(), ["bin", "bin/pulumi", "bin/pulumi-language-nodejs"]);
            assert.equal(fs.statSync(path.join(bin, "pulumi-language-nodejs")).mode & 0o777, 0o755);
        });

        for (const [what, prepare, message] of [
            [
                "with another checksum than upstream's",
                () => files.set("kind", program).set("kind.sha256sum", `${sha256("another")}  kind`),
                /has the SHA-256 .* not .* as .*kind\.sha256sum says/,
            ],
            ["without a checksum", () => files.set("kind", program), /kind\.sha256sum could not be downloaded: .* 404/],
            [
                "whose list of checksums is something else",
                () => files.set("kind", program).set("kind.sha256sum", "<html>log in first</html>"),
                /has no SHA-256 of/,
            ],
            [
                "that upstream does not have",
                () => files.set("kind.sha256sum", `${sha256(program)}  kind`),
                /\/kind could not .* 404/,
            ],
        ] as const) {
            it(`install: a tool ${what} is refused and leaves no file`, async () => {
                prepare();
                await assert.rejects(install("kind", bin, release("kind")), (error: Error) => {
                    assert.match(error.message, message);
                    assert.match(error.message, /install kind [\d.]+ by hand, anywhere on the PATH/);
                    return true;
                });
                assert.deepEqual(leftovers(), ["bin"]);
            });
        }

        it("install: a download that ends early is refused and leaves no file", async () => {
            files.set("truncated", program).set("truncated.sha256sum", sha256(program));
            await assert.rejects(install("kind", bin, release("truncated")), /\/truncated could not be downloaded/);
            assert.deepEqual(leftovers(), ["bin"]);
        });

        it("install: where the server can't be reached, names the URL and the reason", async () => {
            const unreachable = { url: "http://127.0.0.1:9/kind", checksums: "http://127.0.0.1:9/kind.sha256sum" };
            await assert.rejects(
                install("kind", bin, unreachable),
                /127\.0\.0\.1:9\/kind\.sha256sum could not be downloaded: /,
            );
        });
    });
});
