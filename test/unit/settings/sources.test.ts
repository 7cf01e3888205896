import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { readSettings, type Settings } from "../../../settings/schema";
import { checkSources } from "../../../settings/sources";
import { startProxy } from "../../support/proxy";

const names = ["calico", "metallb", "ingressNginx"] as const;

describe("sources", () => {
    let before: NodeJS.ProcessEnv;
    beforeEach(() => {
        before = { ...process.env };
        for (const name of Object.keys(before)) if (/_proxy$/i.test(name)) delete process.env[name];
    });
    afterEach(() => {
        for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
        Object.assign(process.env, before);
    });

    const asked: string[] = [];
    const answer: http.RequestListener = (request, response) => {
        asked.push(`${request.method} ${request.url}`);
        const known: Record<string, number> = { "/v2/": 200, "/charts/index.yaml": 200, "/private/v2/": 401 };
        const login = Buffer.from("kim:s3cr/t").toString("base64");
        if (request.url === "/login/index.yaml" && request.headers.authorization === `Basic ${login}`) {
            response.end();
        } else if (request.url === "/get-only/index.yaml") {
            response.writeHead(request.method === "HEAD" ? 405 : 200).end("apiVersion: v1");
        } else response.writeHead(known[request.url ?? ""] ?? 404).end();
    };
    const server = http.createServer(answer);
    let base = "";
    serve(server, (url) => (base = url));

    const withSources = (registryMirror: string | undefined, repository: string): Settings => {
        const settings = readSettings({}, "dev");
        const { charts } = settings.sources;
        const moved = Object.fromEntries(names.map((name) => [name, { ...charts[name], repository }]));
        return { ...settings, sources: { ...settings.sources, registryMirror, charts: moved as typeof charts } };
    };

    it("checkSources: a mirror and repositories that answer pass, with a login or without", async () => {
        for (const mirror of [base, `${base}/private`]) {
            const findings = await checkSources(withSources(mirror, `${base}/charts`), "dev");
            assert.deepEqual(findings, [
                { status: "PASS", subject: "sources", detail: `there are answers from ${mirror}, ${base}/charts` },
            ]);
        }
    });

    it("checkSources: a mirror or a chart repository that does not answer fails, with its setting and the reason", async () => {
        const findings = await checkSources(withSources("http://127.0.0.1:9", `${base}/nothing`), "dev");
        assert.deepEqual(
            findings.map(({ status, subject }) => [status, subject]),
            [["FAIL", "sources.registryMirror"], ...names.map((name) => ["FAIL", `sources.charts.${name}.repository`])],
        );
        assert.match(findings[0]?.detail ?? "", /http:\/\/127\.0\.0\.1:9 does not serve .*: connect ECONNREFUSED/);
        assert.match(findings[1]?.detail ?? "", /HTTP 404/);
    });

    it("checkSources: a server that refuses HEAD is asked by GET", async () => {
        asked.length = 0;
        const [finding] = await checkSources(withSources(undefined, `${base}/get-only`), "dev");
        assert.equal(finding?.status, "PASS", finding?.detail);
        assert.ok(asked.includes("GET /get-only/index.yaml"));
    });

    it("checkSources: a login in a URL is sent, and no message shows it", async () => {
        const login = (url: string, password: string) => url.replace("http://", `http://kim:${password}@`);
        const [good] = await checkSources(withSources(undefined, login(`${base}/login`, "s3cr%2Ft")), "dev");
        assert.equal(good?.status, "PASS", good?.detail);
        const [bad] = await checkSources(withSources(undefined, login(`${base}/nothing`, "s3cr%2Ft")), "dev");
        assert.equal(bad?.status, "FAIL");
        for (const finding of [good, bad]) {
            assert.match(finding?.detail ?? "", /http:\/\/\*\*\*@127\.0\.0\.1/);
            assert.doesNotMatch(finding?.detail ?? "", /kim|s3cr/);
        }
    });

    it("checkSources: a repository in a registry is asked as a registry", async () => {
        const [finding] = await checkSources(withSources(undefined, "oci://127.0.0.1:9/charts"), "dev");
        assert.equal(finding?.status, "FAIL");
        assert.match(finding?.detail ?? "", /GET https:\/\/127\.0\.0\.1:9\/v2\/: /);
    });

    describe("behind a proxy", () => {
        let proxy: Awaited<ReturnType<typeof startProxy>>;
        beforeEach(async () => {
            proxy = await startProxy();
        });
        afterEach(() => proxy.close());
        const port = () => new URL(base).port;

        it("checkSources: a name that only the proxy knows passes, asked as http proxies expect it", async () => {
            process.env.HTTP_PROXY = proxy.url;
            const [finding] = await checkSources(
                withSources(undefined, `http://charts.invalid:${port()}/charts`),
                "dev",
            );
            assert.equal(finding?.status, "PASS", finding?.detail);
            assert.deepEqual(new Set(proxy.asked), new Set([`HEAD http://charts.invalid:${port()}/charts/index.yaml`]));
        });

        it("checkSources: what NO_PROXY names is asked directly", async () => {
            Object.assign(process.env, { HTTP_PROXY: proxy.url, NO_PROXY: "charts.invalid" });
            const [finding] = await checkSources(
                withSources(undefined, `http://charts.invalid:${port()}/charts`),
                "dev",
            );
            assert.equal(finding?.status, "FAIL");
            assert.match(finding?.detail ?? "", /ENOTFOUND|EAI_AGAIN/);
            assert.deepEqual(proxy.asked, []);
        });

        it("checkSources: where the proxy does not answer, it is named without its login", async () => {
            process.env.HTTP_PROXY = "http://kim:s3cret@127.0.0.1:9";
            const [finding] = await checkSources(withSources(undefined, "http://charts.invalid/charts"), "dev");
            assert.equal(finding?.status, "FAIL");
            assert.match(finding?.detail ?? "", /through the proxy http:\/\/\*\*\*@127\.0\.0\.1:9/);
            assert.match(finding?.remedy ?? "", /NO_PROXY/);
        });

        it("checkSources: a kind of proxy that Node.js does not know is a warning: the tools know it", async () => {
            process.env.HTTP_PROXY = "socks5://127.0.0.1:9";
            const [finding] = await checkSources(withSources(undefined, "http://charts.invalid/charts"), "dev");
            assert.equal(finding?.status, "WARN", finding?.detail);
        });
    });

    describe("with a company's certificate authority", () => {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "authority-"));
        const file = (name: string) => path.join(folder, name);
        const openssl = (command: string) =>
            execFileSync("openssl", command.split(" "), { cwd: folder, stdio: "pipe" });
        openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=company -days 2");
        openssl("req -newkey rsa:2048 -nodes -keyout key.pem -out csr.pem -subj /CN=charts.invalid");
        fs.writeFileSync(file("ext"), "subjectAltName=DNS:charts.invalid,IP:127.0.0.1");
        openssl("x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -days 2 -extfile ext");
        const secure = https.createServer(
            { key: fs.readFileSync(file("key.pem")), cert: fs.readFileSync(file("cert.pem")) },
            answer,
        );
        let secureBase = "";
        serve(secure, (url) => (secureBase = url.replace("http:", "https:")));
        after(() => fs.rmSync(folder, { recursive: true }));

        it("checkSources: an authority that Node.js does not know is a warning, with how to name it", async () => {
            const [finding] = await checkSources(withSources(undefined, `${secureBase}/charts`), "dev");
            assert.equal(finding?.status, "WARN", finding?.detail);
            assert.match(finding?.detail ?? "", /certificate/);
            assert.match(finding?.remedy ?? "", /export NODE_EXTRA_CA_CERTS=/);
        });

        for (const variable of ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]) {
            it(`checkSources: an authority that ${variable} names is trusted`, async () => {
                process.env[variable] = file("ca.pem");
                const [finding] = await checkSources(withSources(undefined, `${secureBase}/charts`), "dev");
                assert.equal(finding?.status, "PASS", finding?.detail);
            });
        }

        it("checkSources: of a mirror, only what nodes trust counts: public authorities, and those of sources.caCertificates", async () => {
            // This machine trusts it, which nodes don't know.
            process.env.SSL_CERT_FILE = file("ca.pem");
            const withMirror = withSources(secureBase, `${base}/charts`);
            const [unknown] = await checkSources(withMirror, "s07");
            assert.deepEqual([unknown?.status, unknown?.subject], ["WARN", "sources.registryMirror"], unknown?.detail);
            assert.match(
                unknown?.remedy ?? "",
                /: npm run set -- --stack s07 sources\.caCertificates \/path\/to\/ca\.pem$/,
            );
            delete process.env.SSL_CERT_FILE;
            const [known] = await checkSources(withMirror, "s07", fs.readFileSync(file("ca.pem"), "utf8"));
            assert.equal(known?.status, "PASS", known?.detail);
        });

        it("checkSources: a chart repository is asked with what this machine trusts, as helm does", async () => {
            const company = fs.readFileSync(file("ca.pem"), "utf8");
            const [finding] = await checkSources(withSources(undefined, `${secureBase}/charts`), "dev", company);
            assert.equal(finding?.status, "WARN", finding?.detail);
        });

        it("checkSources: https goes through the proxy by a tunnel, whose other end is checked", async () => {
            const proxy = await startProxy();
            Object.assign(process.env, { HTTPS_PROXY: proxy.url, SSL_CERT_FILE: file("ca.pem") });
            const { port } = new URL(secureBase);
            const [finding] = await checkSources(
                withSources(undefined, `https://charts.invalid:${port}/charts`),
                "dev",
            );
            proxy.close();
            assert.equal(finding?.status, "PASS", finding?.detail);
            assert.deepEqual(new Set(proxy.asked), new Set([`CONNECT charts.invalid:${port}`]));
        });

        it("checkSources: a certificate of another name fails: no tool would take it", async () => {
            process.env.SSL_CERT_FILE = file("ca.pem");
            const [finding] = await checkSources(
                withSources(undefined, `${secureBase.replace("127.0.0.1", "localhost")}/charts`),
                "dev",
            );
            assert.equal(finding?.status, "FAIL");
        });
    });
});

/** Runs a server while the tests of a group run. */
function serve(server: net.Server, tell: (url: string) => void) {
    before((done) => {
        server.listen(0, "127.0.0.1", () => {
            tell(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
            done();
        });
    });
    after((done) => {
        server.close(done);
        (server as http.Server).closeAllConnections();
    });
}
