import * as assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { measureCeiling } from "../../../lib/ceiling";
import { isSuccess, longestOutage, sendAll, startLoad, type ClosedLoop, type LoadOptions } from "../../../lib/load";

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

    it("keeps of each request when it was due, when it was sent, and who answered", async () => {
        answer = (index, _request, response) =>
            index === 3 ? end(response, 500) : response.writeHead(200, { "x-frontend-pod": `f-${index % 2}` }).end();
        const load = startLoad([target("web")], { rate });
        await sleep(300);
        const { exchanges } = await load.stop();
        const web = exchanges.web ?? [];
        assert.ok(web.length > 5);
        for (const [index, one] of web.entries()) {
            assert.equal(one.index, index);
            assert.equal(one.due, index * interval);
            assert.ok(one.sent >= one.due - 1 && one.ended >= one.sent, JSON.stringify(one));
            assert.equal(one.status, index === 3 ? 500 : 200);
            assert.equal(one.connection?.reused, false);
        }
        assert.deepEqual(
            web.slice(0, 5).map(({ pod, failure }) => pod ?? failure),
            ["f-0", "f-1", "f-0", "500", "f-0"],
        );
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

describe("closed loop", () => {
    let server: http.Server;
    let answer: (index: number, request: http.IncomingMessage, response: http.ServerResponse) => void;
    let requests: number;
    let underWay: number;
    let mostUnderWay: number;

    beforeEach(async () => {
        requests = underWay = mostUnderWay = 0;
        answer = (index, _request, response) => response.writeHead(200, { "x-pod": `web-${index % 3}` }).end("ok");
        server = http.createServer((request, response) => {
            mostUnderWay = Math.max(mostUnderWay, ++underWay);
            response.once("close", () => underWay--);
            answer(requests++, request, response);
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    });
    afterEach(() => {
        server.closeAllConnections();
        server.close();
    });
    const send = (loop: ClosedLoop) => {
        const { port } = server.address() as AddressInfo;
        const each = (index: number) => ({ headers: { "x-request-id": String(index) } });
        return sendAll({ name: "web", url: `http://web.test:${port}/`, asked: { address: "127.0.0.1" }, each }, loop);
    };

    it("one after the other, each on a connection of its own, with the pod that answered", async () => {
        const ids: unknown[] = [];
        answer = (index, request, response) => {
            ids.push(request.headers["x-request-id"]);
            response.writeHead(200, { "x-pod": `web-${index % 3}` }).end("ok");
        };
        const exchanges = await send({ count: 30 });
        assert.deepEqual(
            ids,
            Array.from({ length: 30 }, (_, index) => String(index)),
        );
        assert.deepEqual(
            exchanges.map(({ index, pod, status }) => [index, pod, status]),
            ids.map((_, index) => [index, `web-${index % 3}`, 200]),
        );
        assert.equal(new Set(exchanges.map(({ connection }) => connection?.id)).size, 30);
        assert.ok(exchanges.every(({ connection }) => !connection?.reused && (connection?.localPort ?? 0) > 0));
        for (const { due, sent, ended } of exchanges) assert.ok(due <= sent && sent <= ended);
        for (const [index, { due }] of exchanges.slice(1).entries()) assert.ok(due >= (exchanges[index]?.ended ?? NaN));
        assert.equal(mostUnderWay, 1);
    });

    it("with that many at once, and no more requests than asked for", async () => {
        answer = (_index, _request, response) => void sleep(20).then(() => response.end());
        const exchanges = await send({ count: 25, concurrency: 10 });
        assert.deepEqual([exchanges.length, requests, mostUnderWay], [25, 25, 10]);
        assert.deepEqual(
            exchanges.map(({ index }) => index),
            Array.from({ length: 25 }, (_, index) => index),
        );
    });

    it("each sender keeps its connection, and says which requests went by it", async () => {
        const ended: number[] = [];
        const exchanges = await send({ count: 40, concurrency: 4, keepAlive: true, onEnd: (done) => ended.push(done) });
        assert.deepEqual(
            ended,
            Array.from({ length: 40 }, (_, index) => index + 1),
        );
        const connections = new Set(exchanges.map(({ connection }) => connection?.id));
        assert.equal(connections.size, 4);
        assert.equal(exchanges.filter(({ connection }) => connection?.reused === false).length, 4);
        const ports = new Set(exchanges.map(({ connection }) => connection?.localPort));
        assert.equal(ports.size, 4);
    });

    it("tells failures from answers, and goes on", async () => {
        answer = (index, request, response) => {
            if (index === 1) request.socket.destroy();
            else if (index === 2) response.writeHead(503).end();
            else if (index !== 3) response.end();
        };
        const exchanges = await send({ count: 5, patience: 0.3 });
        assert.deepEqual(
            exchanges.map(({ failure }) => failure),
            [undefined, "ECONNRESET", "503", "timeout", undefined],
        );
        assert.equal(exchanges.filter(isSuccess).length, 2);
        assert.deepEqual(
            exchanges.map(({ status }) => status),
            [200, undefined, 503, undefined, 200],
        );
    });

    it("ends at once when it is told to, also while it waits for an answer", async () => {
        answer = () => undefined;
        const stop = new AbortController();
        const sending = send({ count: 1000, concurrency: 5, patience: 60, signal: stop.signal });
        const begun = performance.now();
        setTimeout(() => stop.abort(new Error("stopped")), 100);
        await assert.rejects(sending, /^Error: stopped$/);
        assert.ok(performance.now() - begun < 1000);
        assert.equal(requests, 5);
        await assert.rejects(send({ count: 5, signal: stop.signal }), /^Error: stopped$/);
        assert.equal(requests, 5);
    });

    it("any number at once is no reason for a warning of Node.js's", async () => {
        const warnings: Error[] = [];
        const note = (warning: Error) => void warnings.push(warning);
        process.on("warning", note);
        answer = (_index, _request, response) => void sleep(50).then(() => response.end());
        await send({ count: 40, concurrency: 40, signal: new AbortController().signal });
        process.off("warning", note);
        assert.deepEqual(warnings, []);
    });

    it("knows its own limit", async () => {
        const { perSecond, requests: sent } = await measureCeiling({ concurrency: 5 }, 200);
        assert.equal(sent, 200);
        assert.ok(perSecond > 20 && perSecond < 1e6, String(perSecond));
        const stopped = AbortSignal.abort(new Error("stopped"));
        await assert.rejects(measureCeiling({ concurrency: 5, signal: stopped }), /stopped|aborted/);
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
