import * as assert from "node:assert/strict";
import * as net from "node:net";
import { checkHostPorts } from "../../../settings/hostPorts";

describe("host ports", () => {
    const server = net.createServer();
    let ports = { http: 0, https: 0 };
    before((done) => {
        server.listen(0, "127.0.0.1", () => {
            const { port } = server.address() as net.AddressInfo;
            ports = { http: port, https: port + 1 > 65535 ? port - 1 : port + 1 };
            done();
        });
    });
    after((done) => {
        server.close(done);
    });

    it("checkHostPorts: a port that is already used fails, with one that is free", async () => {
        const findings = await checkHostPorts(ports, []);
        const http = findings.find(({ subject }) => subject === "cluster.hostPorts.http");
        assert.equal(http?.detail, `${ports.http} is already used on this machine`);
        const free = await checkHostPorts({ ...ports, http: Number(http?.example) }, [ports.https]);
        assert.deepEqual(
            free.map(({ status }) => status),
            ["PASS"],
        );
    });

    it("checkHostPorts: ports that the stack's own cluster publishes pass", async () => {
        const findings = await checkHostPorts(ports, [ports.http, ports.https]);
        assert.deepEqual(
            findings.map(({ status }) => status),
            ["PASS"],
        );
    });

    it("checkHostPorts: the same port for http and https fails", async () => {
        const [finding] = await checkHostPorts({ http: 8443, https: 8443 }, []);
        assert.equal(finding?.subject, "cluster.hostPorts.https");
        assert.match(finding?.detail ?? "", /8443 is also the port of http/);
    });

    it("checkHostPorts: without host ports nothing is checked", async () =>
        assert.deepEqual(await checkHostPorts(undefined, []), []));
});
