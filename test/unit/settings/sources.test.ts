import * as assert from "node:assert/strict";
import * as http from "node:http";
import * as net from "node:net";
import { readSettings } from "../../../settings/schema";
import { checkSources } from "../../../settings/sources";

describe("sources", () => {
    const server = http.createServer((request, response) => {
        const known: Record<string, number> = { "/v2/": 200, "/charts/index.yaml": 200, "/private/v2/": 401 };
        response.writeHead(known[request.url ?? ""] ?? 404).end();
    });
    let base = "";
    before((done) => {
        server.listen(0, "127.0.0.1", () => {
            base = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
            done();
        });
    });
    after((done) => {
        server.close(done);
    });

    const charts = (url: string) =>
        Object.fromEntries(["calico", "metallb", "ingressNginx"].map((name) => [name, { repository: url }]));
    const sources = (registryMirror: string, repository: string) =>
        readSettings({ sources: JSON.stringify({ registryMirror, charts: charts(repository) }) }, "dev");

    it("checkSources: a mirror and repositories that answer pass, with a login or without", async () => {
        for (const mirror of [base, `${base}/private`]) {
            const findings = await checkSources(sources(mirror, `${base}/charts`));
            assert.deepEqual(findings, [
                { status: "PASS", subject: "sources", detail: `there are answers from ${mirror}, ${base}/charts` },
            ]);
        }
    });

    it("checkSources: a mirror or a chart repository that does not answer fails, with its setting and the reason", async () => {
        const findings = await checkSources(sources("http://127.0.0.1:9", `${base}/nothing`));
        assert.deepEqual(
            findings.map(({ status, subject }) => [status, subject]),
            [
                ["FAIL", "sources.registryMirror"],
                ...["calico", "metallb", "ingressNginx"].map((name) => ["FAIL", `sources.charts.${name}.repository`]),
            ],
        );
        assert.match(findings[0]?.detail ?? "", /http:\/\/127\.0\.0\.1:9 does not serve/);
        assert.match(findings[1]?.detail ?? "", /HTTP 404/);
    });
});
