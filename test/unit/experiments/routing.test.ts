import * as assert from "node:assert/strict";
import { catalogues } from "../../../experiments/catalogue";
import type { Lab } from "../../../experiments/lab";
import { routing, type RoutingMeasured } from "../../../experiments/routing";
import { FakeCluster, type FakeOptions } from "../../support/fakeCluster";
import { nginxConfiguration } from "../../support/nginxConfiguration";

const { en } = catalogues;

describe("routing", () => {
    let cluster: FakeCluster;
    afterEach(() => cluster.stop());

    /** An ingress's answers, and what its log and those of the pods say: of the paths, by what is in `rewriteAll` of `/whoami`. */
    const start = async (rewriteAll: string | undefined, options: FakeOptions = {}, isRouted = true) => {
        cluster = new FakeCluster(options);
        await cluster.start();
        const lab = cluster.lab();
        const logs: Record<string, string[]> = { ingress: [] };
        const route = (host: string, path: string): [service: string, pod: string, asked?: string] | undefined => {
            if (host.startsWith("nobody.")) return undefined;
            if (host.startsWith("web.")) return ["web-web-80", "web-1", path];
            if (path.startsWith("/backend/")) return ["app-backend-8000", "backend-1", path.slice("/backend".length)];
            if (path === "/db") return ["app-backend-8000", "backend-1", path];
            if (path.startsWith("/frontend/")) return ["app-frontend-80", "frontend-1", path.slice("/frontend".length)];
            if (path.startsWith("/experiment-") && isRouted) return ["app-frontend-80", "frontend-1", rewriteAll];
            return ["web-web-80", "web-1", path];
        };
        const ask: Lab["ask"] = (url, { headers = {} }) => {
            const { protocol, hostname, pathname } = new URL(url);
            const mark = headers["x-request-id"] ?? "";
            const answered = (status: number, more: object) =>
                Promise.resolve({ status, headers: more } as Awaited<ReturnType<Lab["ask"]>>);
            const found = route(hostname, pathname);
            if (protocol === "https:" && found === undefined) {
                return Promise.resolve({ failure: "DEPTH_ZERO_SELF_SIGNED_CERT" });
            }
            if (found === undefined) return answered(404, {});
            if (protocol === "http:") return answered(308, { location: `https://${hostname}${pathname}` });
            const [service, pod, asked] = found;
            logs.ingress?.push(JSON.stringify({ requestId: mark, service, upstream: "192.168.1.10:8080" }));
            const line = pod.startsWith("web")
                ? `- - [26/Nov/2026:06:00:00 +0000] "GET ${asked} HTTP/1.1" 200 57 "-" "load-balancing-lab ${mark}" "-"`
                : JSON.stringify({ path: asked, requestId: mark });
            if (asked !== undefined) (logs[pod] ??= []).push(line);
            return answered(200, { "x-pod": pod });
        };
        const { urls } = lab.outputs;
        const configuration = nginxConfiguration("lab.test", {
            "^/frontend(?:/|$)(.*)": "/$1",
            "^/experiment-m4x1k2-ab12": "/",
            "^/": undefined,
        });
        return routing.begin(
            {
                ...lab,
                outputs: { ...lab.outputs, urls: { ...urls, backend: urls.backend.replace("http:", "https:") } },
                kubectl: {
                    ...lab.kubectl,
                    exec: (_container, ...command) =>
                        command.join(" ") === "cat /etc/nginx/nginx.conf"
                            ? Promise.resolve(configuration)
                            : Promise.reject(new Error(command.join(" "))),
                    logs: ({ pod }) => Promise.resolve((logs[pod] ?? logs.ingress ?? []).join("\n")),
                },
                send: (what, target, loop) =>
                    lab.send(what, { ...target, url: target.url.replace("https:", "http:") }, loop),
                ask,
            },
            {},
        );
    };
    const conclude = async (rewriteAll: string | undefined) => (await start(rewriteAll)).perform();

    it("rewrite-target: / takes all of the path: the claim is refuted, and every request goes where the rules say", async () => {
        const begun = await start("/");
        assert.equal(begun.prediction.outcome, "path");
        const { measured, conclusion } = await begun.perform();
        assert.deepEqual(
            [conclusion.outcome, conclusion.claim, conclusion.prediction],
            ["path", "refuted", "confirmed"],
        );
        assert.equal(
            conclusion.verdict(en),
            'The course says "rewrite-target: / takes the prefix off": refuted. /whoami below a prefix reached the frontend as / with ' +
                "rewrite-target: /, and as /whoami with /$1. 10 of 10 requests went where the rules say.",
        );
        assert.deepEqual(conclusion.remarks, []);
        const { cases } = measured as RoutingMeasured;
        assert.deepEqual(cases.rewriteAll, {
            url: "https://lab.test/experiment-m4x1k2-ab12/whoami".replace(
                "lab.test",
                new URL(cases.host?.url ?? "").host,
            ),
            status: 200,
            pod: "frontend-1",
            leadsTo: undefined,
            location: '~* "^/experiment-m4x1k2-ab12"',
            rewrite: "/",
            upstream: "app-frontend-80",
            askedFor: "/",
        });
        assert.deepEqual([cases.host?.askedFor, cases.wholeElements?.askedFor], ["/", "/dbx"]);
        assert.equal(cases.foreignName?.failure, "DEPTH_ZERO_SELF_SIGNED_CERT");
        assert.equal(cases.redirect?.status, 308);
    });

    it("makes one Ingress, as the course writes it, for the stack's own host", async () => {
        await conclude("/");
        const [{ kind, metadata, spec } = assert.fail("none"), ...more] = cluster.made;
        assert.deepEqual([kind, metadata.namespace, more], ["Ingress", "app", []]);
        assert.deepEqual(metadata.annotations, { "nginx.ingress.kubernetes.io/rewrite-target": "/" });
        const [rule] = (spec as { rules: { host: string }[] }).rules;
        assert.equal(rule?.host, "lab.test");
    });

    it("where only the prefix goes, the claim is confirmed; what goes elsewhere is told", async () => {
        const { conclusion } = await conclude("/whoami");
        assert.deepEqual(
            [conclusion.outcome, conclusion.claim, conclusion.prediction],
            ["prefix", "confirmed", "refuted"],
        );
        assert.match(conclusion.verdict(en), /9 of 10 requests went where the rules say\.$/);
        assert.deepEqual(
            conclusion.remarks.map((say) => say(en)),
            ["not as the rules say: rewrite-target: / keeps nothing"],
        );
    });

    it("a request that is in no log decides nothing", async () => {
        const { conclusion } = await conclude(undefined);
        assert.deepEqual([conclusion.outcome, conclusion.claim], [undefined, "undecided"]);
        assert.match(conclusion.verdict(en), /not in the frontend's log/);
    });

    it("where addresses can't be reached, there is no http to ask, and the rest is shown", async () => {
        const { measured } = await (await start("/", { reachable: false })).perform();
        const { cases } = measured as RoutingMeasured;
        assert.deepEqual([cases.redirect, cases.unknownHost, Object.keys(cases).length], [undefined, undefined, 8]);
    });

    it("an Ingress that is never served is told, with what to look at", async () => {
        const begun = await start("/", {}, false);
        await assert.rejects(begun.perform(), /does not serve .* npm run kubectl -- get ingress -A$/);
    });
});
