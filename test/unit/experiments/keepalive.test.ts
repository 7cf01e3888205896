import * as assert from "node:assert/strict";
import { catalogues } from "../../../experiments/catalogue";
import { Fault } from "../../../experiments/fault";
import { keepalive, type KeepaliveMeasured } from "../../../experiments/keepalive";
import { FakeCluster, type FakeOptions } from "../../support/fakeCluster";

const { en } = catalogues;

describe("keepalive", function () {
    this.timeout(60_000);
    let cluster: FakeCluster;
    afterEach(() => cluster.stop());

    const start = async (options: FakeOptions = {}) => {
        cluster = new FakeCluster(options);
        await cluster.start();
        return keepalive.begin(cluster.lab(), { requests: 60 });
    };

    it("one connection sees one pod; a connection for each request, or the ingress, sees all", async () => {
        const begun = await start();
        assert.equal(begun.prediction.outcome, "connections");
        const { measured, conclusion } = await begun.perform();
        const { kept, separate, byIngress } = measured as KeepaliveMeasured;
        assert.deepEqual([kept.connections, separate.connections, byIngress.connections], [1, 60, 1]);
        assert.deepEqual([new Set(kept.picks).size, new Set(separate.picks).size], [1, 3]);
        // The ingress takes turns.
        assert.ok(byIngress.picks.every((pick, index) => index === 0 || pick !== byIngress.picks[index - 1]));
        assert.deepEqual(
            [conclusion.outcome, conclusion.claim, conclusion.prediction],
            ["connections", "refuted", "confirmed"],
        );
        assert.match(
            conclusion.verdict(en),
            /^The course says "a Service spreads requests over its pods": refuted\. 60 requests on 1 connection came to 1 pod of 3\. /,
        );
        assert.match(conclusion.remarks.map((say) => say(en)).join(), /^The cure/);
        assert.equal(conclusion.sections(en).length, 2);
        assert.deepEqual(cluster.made, []);
    });

    it("a connection that sees several pods refutes the prediction", async () => {
        const begun = await start();
        let turn = 0;
        cluster.intercept = (_asked, answer) => {
            answer.writeHead(200, { "x-pod": cluster.web[turn++ % 3]?.name }).end();
            return true;
        };
        const { conclusion } = await begun.perform();
        assert.deepEqual(
            [conclusion.outcome, conclusion.claim, conclusion.prediction],
            ["requests", "confirmed", "refuted"],
        );
    });

    it("connections that do not stay open show nothing", async () => {
        const begun = await start();
        cluster.intercept = (_asked, answer) => {
            answer.writeHead(200, { "x-pod": cluster.web[0]?.name, connection: "close" }).end();
            return true;
        };
        const { conclusion } = await begun.perform();
        assert.deepEqual([conclusion.outcome, conclusion.claim], [undefined, "undecided"]);
        assert.match(conclusion.verdict(en), /Connections did not stay open/);
    });

    it("tells failed requests", async () => {
        const begun = await start();
        let index = 0;
        cluster.intercept = (_asked, answer) => {
            if (++index !== 5) return false;
            answer.writeHead(502).end();
            return true;
        };
        const { conclusion } = await begun.perform();
        assert.equal(conclusion.outcome, "connections");
        assert.match(conclusion.remarks.map((say) => say(en)).join("\n"), /Requests failed: 502 1×\.$/);
    });

    it("where external addresses can't be reached, says what can be measured", async () => {
        await assert.rejects(start({ reachable: false }), (error: Error) => {
            assert.ok(error instanceof Fault);
            assert.match(error.message, /npm run experiment -- spread --to backend$/);
            assert.match(error.tell(catalogues.ko), /인그레스를 거치는 것은 측정할 수 있다: npm run experiment/);
            return true;
        });
    });
});
