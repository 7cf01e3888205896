import * as assert from "node:assert/strict";
import { catalogues } from "../../../experiments/catalogue";
import type { Lab } from "../../../experiments/lab";
import { path, type PathMeasured } from "../../../experiments/path";
import type { Exchange } from "../../../lib/load";
import { FakeCluster, type FakeOptions } from "../../support/fakeCluster";
import { atRandom, inTurn, seeded } from "../../support/pickers";

const { en } = catalogues;
const clusterIps = { backend: "10.96.10.1", own: "10.96.10.2" };

describe("path", () => {
    let cluster: FakeCluster;
    afterEach(() => cluster.stop());

    /** What the stand-in does otherwise. */
    interface Other extends FakeOptions {
        /** The ingress goes by the Service anyway. */
        through?: boolean;
        /** The kernel lists nothing. */
        blind?: boolean;
        /** The node whose hardware address this machine knows. */
        neighbour?: string;
        served?: boolean;
    }

    /** A stack of which only this is real: who chooses, and what the kernel lists of it. */
    const start = async (other: Other = {}) => {
        cluster = new FakeCluster(other);
        await cluster.start();
        const lab = cluster.lab();
        const random = seeded(7);
        const { backend, controllers, web } = cluster;
        const listed: string[] = [];
        let port = 40_000;
        const track = (from: string, to: string, toPort: number, pod: string) =>
            listed.push(
                `tcp      6 117 TIME_WAIT src=${from} dst=${to} sport=${++port} dport=${toPort} src=${pod} dst=${from} sport=8000 dport=${port} [ASSURED] mark=0 use=1`,
            );
        const [controller = assert.fail()] = controllers;
        const isLocal = () => cluster.made.some(({ spec }) => "externalTrafficPolicy" in spec);
        const send: Lab["send"] = (what, target, { count }) => {
            cluster.steps.push(what(en));
            const { pathname } = new URL(target.url);
            const isOwn = pathname.startsWith("/experiment-");
            const isBackend = isOwn || pathname.startsWith("/backend");
            const turn = isOwn ? atRandom(backend.length, random) : inTurn(backend.length, random);
            const toWeb = atRandom(web.length, random);
            if (isBackend && !other.blind) track("172.18.0.1", "127.0.0.1", 80, controller.ip);
            const localPort = port;
            const exchanges = Array.from({ length: count }, (_, index): Exchange => {
                const chosen = isBackend ? turn() : isLocal() ? 1 : toWeb();
                const pod = (isBackend ? backend : web)[chosen] ?? assert.fail();
                if (isBackend && (isOwn || other.through) && !other.blind) {
                    track(controller.ip, isOwn ? clusterIps.own : clusterIps.backend, 8000, pod.ip);
                }
                const { headers } = target.each?.(index) ?? {};
                if (!isBackend) {
                    pod.log.push(
                        `${isLocal() ? "172.18.0.1" : "192.168.9.1"} - - [26/Nov/2026:06:00:00 +0000] "GET / HTTP/1.1" 200 57 "-" "${headers?.["user-agent"]}" "-"`,
                    );
                }
                const connection = { id: 1, localPort, reused: index > 0 };
                return { index, pod: pod.name, status: 200, due: 0, sent: 0, ended: 1, connection };
            });
            return Promise.resolve(exchanges);
        };
        const json = <T>(...args: string[]) => {
            const asked = args.join(" ");
            const service = (clusterIP: string) => ({
                spec: {
                    clusterIP,
                    selector: { "app.kubernetes.io/name": "backend" },
                    ports: [{ name: "http", port: 8000, targetPort: "http" }],
                },
                status: {},
            });
            if (asked === "get service backend --namespace=app") {
                return Promise.resolve(service(clusterIps.backend) as T);
            }
            if (asked === "get service experiment-m4x1k2-ab12 --namespace=app") {
                return Promise.resolve(service(clusterIps.own) as T);
            }
            return lab.kubectl.json<T>(...args);
        };
        const stand: Lab = {
            ...lab,
            kubectl: { ...lab.kubectl, json },
            send,
            ask: (url) => {
                assert.match(new URL(url).pathname, /^\/experiment-/);
                const pod = other.served === false ? "web-1" : (backend[0]?.name ?? "");
                const connection = { id: 2, localPort: 1, reused: false };
                return Promise.resolve({
                    status: 200,
                    headers: { "x-pod": pod },
                    body: "",
                    json: undefined,
                    connection,
                });
            },
            program: (name, ...args) => {
                assert.deepEqual([name, ...args], ["ip", "neigh", "show", "127.0.0.1"]);
                return Promise.resolve("127.0.0.1 dev br-1 lladdr 02:42:ac:12:00:03 REACHABLE");
            },
            onNode: (node, ...command) => {
                if (command[0] === "conntrack") return lab.onNode(node, "conntrack").then(() => listed.join("\n"));
                assert.equal(command.join(" "), "cat /sys/class/net/eth0/address");
                const isIt = node === (other.neighbour ?? "lb-dev-worker2");
                return Promise.resolve(isIt ? "02:42:ac:12:00:03\n" : "02:42:ac:12:00:99\n");
            },
        };
        return path.begin(stand, { requests: 30 });
    };
    const perform = async (other?: Other) => {
        const { facts, measured, conclusion } = await (await start(other)).perform();
        return { facts, measured: measured as PathMeasured, conclusion };
    };

    it("the ingress goes past kube-proxy: no connection to the Service is listed, but with service-upstream all are", async () => {
        const { measured, conclusion } = await perform();
        assert.deepEqual(
            [conclusion.outcome, conclusion.claim, conclusion.prediction],
            ["past", "refuted", "confirmed"],
        );
        const { pods, service } = measured.behind;
        assert.deepEqual(pods.tracked, [0, 0]);
        // To each pod as many as it answered.
        assert.deepEqual(
            service.tracked,
            [0, 1].map((pod) => service.picks.filter((pick) => pick === pod).length),
        );
        assert.match(
            conclusion.verdict(en),
            /refuted\. 30 requests came to the pods, and the kernel tracked 0 connections .* it tracked 30 of as many requests\. .* 0 repeats in the first case/,
        );
        assert.deepEqual(conclusion.remarks, []);
    });

    it("shows who announces, which pod of the ingress took the connection, and what the policies change", async () => {
        const { measured } = await perform();
        assert.deepEqual(measured.announced, {
            address: "127.0.0.1",
            byStatus: "lb-dev-worker2",
            byNeighbours: "lb-dev-worker2",
            mac: "02:42:ac:12:00:03",
        });
        assert.equal(measured.controller, cluster.controllers[0]?.name);
        const { Cluster, Local } = measured.outside ?? assert.fail();
        assert.equal(Cluster.counts.filter((count) => count > 0).length, 3);
        assert.deepEqual(Local.counts, [0, 30, 0]);
        assert.deepEqual(Cluster.clients, [["192.168.9.1"], ["192.168.9.1"], ["192.168.9.1"]]);
        assert.deepEqual(Local.clients, [[], ["172.18.0.1"], []]);
    });

    it("makes a Service, an Ingress that leads to it, and a Service with the other policy, and nothing else", async () => {
        await perform();
        assert.deepEqual(
            cluster.made.map(({ kind, metadata: { namespace } }) => [kind, namespace]),
            [
                ["Service", "app"],
                ["Ingress", "app"],
                ["Service", "web"],
            ],
        );
        const [service, ingress] = cluster.made;
        assert.deepEqual(service?.spec, {
            selector: { "app.kubernetes.io/name": "backend" },
            ports: [{ name: "http", port: 8000, targetPort: "http" }],
        });
        assert.equal(ingress?.metadata.annotations?.["nginx.ingress.kubernetes.io/service-upstream"], "true");
    });

    it("an ingress that goes by the Service confirms the claim", async () => {
        const { conclusion } = await perform({ through: true });
        assert.deepEqual(
            [conclusion.outcome, conclusion.claim, conclusion.prediction],
            ["through", "confirmed", "refuted"],
        );
    });

    it("a kernel that lists nothing even with service-upstream shows nothing", async () => {
        const { conclusion, measured } = await perform({ blind: true });
        assert.deepEqual(
            [conclusion.outcome, conclusion.claim, measured.controller],
            [undefined, "undecided", undefined],
        );
        assert.match(conclusion.verdict(en), /even with service-upstream/);
    });

    it("an address that has just moved is told", async () => {
        const { conclusion } = await perform({ neighbour: "lb-dev-worker" });
        assert.deepEqual(
            conclusion.remarks.map((say) => say(en)),
            [
                "MetalLB says that lb-dev-worker2 announces 127.0.0.1, and this machine's neighbour table has lb-dev-worker: the address has just moved.",
            ],
        );
    });

    it("where addresses can't be reached, what is behind the ingress is shown all the same", async () => {
        const { measured, conclusion } = await perform({ reachable: false });
        assert.equal(conclusion.outcome, "past");
        assert.deepEqual([measured.outside, measured.announced.mac], [undefined, undefined]);
        assert.equal(conclusion.sections(en).length, 2);
    });

    it("a node that can't list connections is told, and an Ingress that is never served", async () => {
        const unlisted = await start({ missing: ["conntrack"] });
        await assert.rejects(unlisted.perform(), /^Error: The node lb-dev-worker does not have the program conntrack/);
        cluster.stop();
        const unserved = await start({ served: false });
        await assert.rejects(unserved.perform(), /does not serve the experiment's own Ingress/);
    });
});
