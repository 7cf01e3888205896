import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { useSandbox } from "../../support/sandbox";

describe("doctor", function () {
    this.timeout(30_000);

    const { file, changes, run } = useSandbox();
    const server = http.createServer((request, response) => {
        response.writeHead(request.url === "/charts/index.yaml" ? 200 : 404).end();
    });
    let origin = "";
    before((done) => {
        server.listen(0, "127.0.0.1", () => {
            origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
            done();
        });
    });
    after((done) => {
        server.close(done);
    });

    /** Writes settings whose charts come from the test's own server. */
    const configure = (charts: string, more = "") => {
        const repositories = ["calico", "metallb", "ingressNginx"].map((name) => `${name}: { repository: ${charts} }`);
        const sources = `load-balancing-lab:sources: { charts: { ${repositories.join(", ")} } }`;
        fs.writeFileSync(file("Pulumi.dev.yaml"), `config:\n    ${sources}\n${more}`);
    };

    it("doctor: a good machine and good settings pass, and nothing is changed", async () => {
        configure(`${origin}/charts`, "    load-balancing-lab:addressPool: 172.20.7.0/24\n");
        const { code, stdout, stderr } = await run("doctor");
        assert.deepEqual([code, stderr], [0, ""], stdout);
        for (const line of [/^PASS {2}Docker: 29/m, /^PASS {2}pulumi: /m, /^PASS {2}Settings: /m]) {
            assert.match(stdout, line);
        }
        assert.match(stdout, /^PASS {2}addressPool: 172\.20\.7\.0\/24$/m);
        assert.match(stdout, /^PASS {2}sources: there are answers from http:\/\/127\.0\.0\.1:\d+\/charts$/m);
        assert.doesNotMatch(stdout, /FAIL/);
        assert.deepEqual(changes(), []);
        assert.equal(fs.existsSync(file(".state")), false);
    });

    it("doctor: settings that don't fit this machine fail, each with what to do", async () => {
        configure(`${origin}/nothing`, "    load-balancing-lab:addressPool: 8.8.8.0/28\n");
        fs.writeFileSync(file("nodes"), "lb-other\tlb-other-control-plane\texited\t\n");
        const { code, stdout } = await run("doctor");
        assert.equal(code, 1);
        assert.match(stdout, /^FAIL {2}addressPool: 8\.8\.8\.0\/28 is not in a private range/m);
        assert.match(stdout, /^ {6}For example: npm run set -- addressPool 172\.(\d+)\.255\.200-172\.\1\.255\.219$/m);
        assert.match(stdout, /^FAIL {2}sources\.charts\.calico\.repository: .* HTTP 404$/m);
    });

    it("doctor: stopped nodes of the stack fail, with the command that starts them", async () => {
        configure(`${origin}/charts`);
        fs.writeFileSync(file("nodes"), "lb-dev\tlb-dev-control-plane\texited\t\n");
        const { code, stdout } = await run("doctor");
        assert.equal(code, 1);
        assert.match(stdout, /^FAIL {2}Nodes: .*lb-dev-control-plane are stopped.*\n {6}To start them: npm run up$/m);
    });

    it("doctor: without Docker, settings are still checked by themselves, and each failure is listed once", async () => {
        configure(`${origin}/charts`, "    load-balancing-lab:cluster: { podSubnet: 192.168.0.0/99 }\n");
        const { code, stdout } = await run("doctor", [], { DOCKER_DOWN: "1" });
        assert.equal(code, 1);
        assert.match(stdout, /^FAIL {2}Docker: Docker does not answer/m);
        assert.equal(stdout.match(/cluster\.podSubnet: .*prefix length/g)?.length, 1);
        assert.equal(stdout.match(/^FAIL/gm)?.length, 2, stdout);
    });
});
