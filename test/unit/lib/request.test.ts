import * as assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { keepConnections, podOf, request } from "../../../lib/request";

describe("request", () => {
    let server: http.Server;
    let url: string;
    beforeEach(async () => {
        server = http.createServer((asked, answer) => {
            let body = "";
            asked.on("data", (chunk: Buffer) => (body += chunk.toString()));
            asked.on("end", () => answer.end(JSON.stringify({ method: asked.method, host: asked.headers.host, body })));
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        url = `http://lab.test:${(server.address() as AddressInfo).port}/`;
    });
    afterEach(() => {
        server.closeAllConnections();
        server.close();
    });
    const here = { address: "127.0.0.1" };

    it("finds the host where it is told that it is, without a hosts file", async () => {
        const { status, json } = await request(url, { ...here, method: "POST", body: { a: 1 } });
        assert.equal(status, 200);
        assert.deepEqual(json, { method: "POST", host: new URL(url).host, body: '{"a":1}' });
    });

    it("has a connection of its own, or one that is kept, and says which", async () => {
        const first = await request(url, here);
        const second = await request(url, here);
        assert.notEqual(first.connection.id, second.connection.id);
        assert.deepEqual([first.connection.reused, second.connection.reused], [false, false]);

        const connections = keepConnections(url);
        const kept = [];
        for (let i = 0; i < 3; i++) kept.push((await request(url, { ...here, connections })).connection);
        connections.close();
        assert.deepEqual(
            kept.map(({ reused }) => reused),
            [false, true, true],
        );
        assert.equal(new Set(kept.map(({ id }) => id)).size, 1);
        assert.equal(new Set(kept.map(({ localPort }) => localPort)).size, 1);
    });

    it("ends with the signal's reason, and leaves nothing that listens to it", async () => {
        const stop = new AbortController();
        await request(url, { ...here, signal: stop.signal });
        server.removeAllListeners("request");
        const asked = request(url, { ...here, signal: stop.signal });
        setTimeout(() => stop.abort(new Error("stopped")), 50);
        await assert.rejects(asked, /^Error: stopped$/);
        await assert.rejects(request(url, { ...here, signal: stop.signal }), /^Error: stopped$/);
        await assert.rejects(request(url, { ...here, timeout: 50 }), /^Error: timeout$/);
    });

    it("podOf: the last pod on the way", () => {
        assert.equal(podOf({ "x-pod": "web-1" }), "web-1");
        assert.equal(podOf({ "x-frontend-pod": "frontend-1" }), "frontend-1");
        assert.equal(podOf({ "x-frontend-pod": "frontend-1", "x-pod": "backend-1" }), "backend-1");
        assert.equal(podOf({}), undefined);
    });
});
