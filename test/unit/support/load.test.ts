import * as assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { longestOutage, startLoad, type LoadOptions } from "../../support/load";

const interval = 20;
const rate = 1000 / interval;

describe("load", () => {
    let server: http.Server;
    /** Answers the nth request, from 0. */
    let answer: (index: number, request: http.IncomingMessage, response: http.ServerResponse) => void;
    /** How many requests came, how often it was connected to. */
    let requests: number;
    let connections: number;

    beforeEach(async () => {
        requests = connections = 0;
        server = http.createServer((request, response) => answer(requests++, request, response));
        server.on("connection", () => connections++);
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    });
    afterEach(() => {
        server.closeAllConnections();
        server.close();
    });

    const end = (response: http.ServerResponse, status: number) => response.writeHead(status).end();
    const target = (name: string) => ({
        name,
        url: `http://guestbook.test:${(server.address() as AddressInfo).port}/${name}`,
        asked: { address: "127.0.0.1" },
    });
    const reportAfter = async (ms: number, options: Partial<LoadOptions> = {}) => {
        const load = startLoad([target("web")], { rate, ...options });
        await sleep(ms);
        return load.stop();
    };
    const near = (seen: number | undefined, wanted: number, tolerance: number) =>
        assert.ok(Math.abs((seen ?? NaN) - wanted) <= tolerance, `${seen} is not ${wanted} ± ${tolerance}`);

    it("counts failures by reason, and the time in which nothing but failures were seen", async () => {
        answer = (index, request, response) => {
            if (index === 5) end(response, 500);
            else if (index >= 10 && index < 20) end(response, 503);
            else if (index >= 20 && index < 30) request.socket.destroy();
            else end(response, 200);
        };
        const { web } = (await reportAfter(1200)).seen;
        assert.deepEqual(web?.reasons, { 500: 1, 503: 10, ECONNRESET: 10 });
        assert.equal(web?.failed, 21);
        near(web?.outageSeconds, (20 * interval) / 1000, 0.3);
        near(web?.sent, 60, 20);
        assert.equal(web?.sent, requests);
        assert.equal(connections, requests);
    });

    it("sends what is due while others wait, and gives those up in time", async () => {
        answer = (index, _request, response) => {
            if (index % 2 === 0) end(response, 200);
        };
        const { web } = (await reportAfter(600, { patience: 0.5 })).seen;
        near(web?.sent, 30, 15);
        near(web?.failed, (web?.sent ?? 0) / 2, 3);
        assert.deepEqual(Object.keys(web?.reasons ?? {}), ["timeout"]);
        assert.ok((web?.slowestSeconds ?? 1) < 0.6);
        assert.equal(web?.skipped, 0);
    });

    it("ends by itself", async () => {
        answer = (_index, _request, response) => end(response, 200);
        const { web } = (await reportAfter(700, { atMost: 0.2 })).seen;
        assert.equal(web?.sent, 0.2 * rate);
        assert.deepEqual([web?.failed, web?.outageSeconds], [0, 0]);
    });

    it("keeps a ledger of the entries that were acknowledged, and of no others", async () => {
        const stored: string[] = [];
        const acknowledged: string[] = [];
        answer = (_index, request, response) => {
            if (request.method !== "POST") return end(response, 200);
            let body = "";
            request.on("data", (chunk: Buffer) => (body += chunk.toString()));
            request.on("end", () => {
                const { name, message } = JSON.parse(body) as { name: string; message: string };
                assert.equal(name, "drill");
                const index = stored.push(message) - 1;
                if (index === 3) {
                    // Stored, and the answer is lost.
                    request.socket.destroy();
                } else if (index === 5) {
                    end(response, 503);
                } else if (index === 7) {
                    // Acknowledged to nobody: the client is gone.
                    void sleep(1000).then(() => end(response, 201));
                } else {
                    acknowledged.push(message);
                    end(response, 201);
                }
            });
        };
        const guestbook = { ...target("guestbook"), signature: "drill", rate };
        const { seen, ledger } = await reportAfter(600, { guestbook, patience: 0.5 });
        assert.deepEqual([...ledger].sort(), acknowledged.sort());
        assert.deepEqual(seen.guestbook?.reasons, { ECONNRESET: 1, 503: 1, timeout: 1 });
        assert.equal(new Set(stored).size, stored.length);
        assert.ok(ledger.length > 15);
        assert.equal(seen.web?.failed, 0);
    });
});

describe("longestOutage", () => {
    const sent = (marks: string) => [...marks].map((mark, index) => ({ at: index * 100, ok: mark === "+" }));
    for (const [marks, seconds] of [
        ["", 0],
        ["+++", 0],
        ["+-+", 0.1],
        ["+--+-+", 0.2],
        ["--+", 0.2],
        ["+---", 0.3],
        ["--", 0.2],
    ] as const) {
        it(`is ${seconds} s for "${marks}", ten a second`, () => {
            assert.equal(longestOutage(sent(marks), 100), seconds);
        });
    }
    it("takes no late request for an outage", () => {
        const requests = [0, 100, 900].map((at) => ({ at, ok: true }));
        assert.equal(longestOutage(requests, 100), 0);
    });
});
