import * as assert from "node:assert/strict";
import * as http from "node:http";
import * as net from "node:net";
import type { DockerHost } from "../../../lib/docker";
import { checkMachine, fitToMachine, poolProblems, sourceProblems } from "../../../settings/machine";
import { readSettings, SettingsError } from "../../../settings/schema";

const nodes = (cluster: string, running = true, hostPorts: number[] = []) =>
    ["control-plane", "worker", "worker2"].map((role) => ({ cluster, name: `${cluster}-${role}`, running, hostPorts }));

const kind = {
    name: "kind",
    subnets: ["172.18.0.0/16"],
    gateways: ["172.18.0.1"],
    containers: [
        { name: "lb-s01-control-plane", address: "172.18.0.2" },
        { name: "registry", address: "172.18.9.9" },
    ],
};
const host: DockerHost = {
    addressesReachable: true,
    networks: [{ name: "bridge", subnets: ["172.17.0.0/16"], gateways: ["172.17.0.1"], containers: [] }, kind],
    nodes: nodes("lb-s01"),
    pools: [
        { cluster: "lb-s01", addresses: "172.18.201.0-172.18.201.31" },
        { cluster: "lb-s01", addresses: "fc00:f853:ccd:e793::/64" },
    ],
};
const fresh: DockerHost = { ...host, networks: host.networks.slice(0, 1), nodes: [], pools: [] };
const pool = (addressPool?: string, stack = "dev") =>
    readSettings(addressPool === undefined ? {} : { addressPool }, stack);

describe("the pool", () => {
    const refused: [string, DockerHost, RegExp][] = [
        ["172.19.255.200-172.19.255.219", host, /not inside the subnet of Docker's network "kind", 172.18.0.0\/16/],
        ["172.18.255.250-172.19.0.5", host, /not inside/],
        ["172.18.0.0/30", host, /172.18.0.1, the network's gateway/],
        ["172.18.0.2-172.18.0.9", host, /172.18.0.2, which the container lb-s01-control-plane has/],
        ["172.18.9.0/24", host, /172.18.9.9, which the container registry has/],
        ["172.18.255.250-172.18.255.255", host, /172.18.255.255, the network's broadcast address/],
        ["172.18.201.30-172.18.201.40", host, /overlaps 172.18.201.0-172.18.201.31, the pool of the cluster lb-s01/],
        ["8.8.8.0/28", fresh, /not in a private range/],
        ["172.17.3.0/28", fresh, /where the network "bridge" \(172.17.0.0\/16\) is/],
        ["172.20.0.0/28", fresh, /without that block's first and last address/],
        ["172.20.255.250-172.21.0.5", fresh, /must lie inside one \/16/],
        ["172.20.0.1-172.20.0.9", fresh, /172.20.0.1, the gateway/],
    ];
    for (const [range, docker, message] of refused) {
        it(`${range} is refused ${docker === fresh ? "before there is a network" : "in the network"}, with one that would do`, () => {
            const problems = poolProblems(pool(range), docker);
            assert.equal(problems.length >= 1, true, "it was taken");
            assert.match(problems.map((problem) => problem.message).join("\n"), message);
            for (const { setting, example } of problems) {
                assert.equal(setting, "addressPool");
                assert.deepEqual(poolProblems(pool(example), docker), []);
            }
        });
    }

    for (const [range, docker, stack] of [
        ["172.18.200.0-172.18.200.31", host, "dev"],
        ["172.18.201.0-172.18.201.31", host, "s01"],
        [undefined, host, "dev"],
        [undefined, fresh, "dev"],
        ["172.18.200.0-172.18.200.31", fresh, "dev"],
        ["10.9.8.0/24", fresh, "dev"],
    ] as const) {
        it(`${range ?? "by default"} is taken for ${stack}${docker === fresh ? " before there is a network" : ""}`, () =>
            assert.deepEqual(poolProblems(pool(range, stack), docker), []));
    }

    it("of a second stack by default is refused when the first has it", () => {
        const taken = { ...host, pools: [{ cluster: "lb-s01", addresses: "172.18.255.202-172.18.255.219" }] };
        const [problem] = poolProblems(pool(), taken);
        assert.match(problem?.message ?? "", /172.18.255.200-172.18.255.219 overlaps 172.18.255.202/);
        assert.equal(problem?.example, "172.18.255.180-172.18.255.199");
    });
});

describe("defaults by machine", () => {
    it("are external addresses and a redirect on Linux", () => {
        const fitted = fitToMachine(pool(), host);
        assert.deepEqual([fitted.cluster.hostPorts, fitted.httpsRedirect], [undefined, true]);
    });
    it("are localhost's ports and no redirect where containers live in a virtual machine", () => {
        const fitted = fitToMachine(pool(), { ...host, addressesReachable: false });
        assert.deepEqual([fitted.cluster.hostPorts, fitted.httpsRedirect], [{ http: 8080, https: 8443 }, false]);
    });
    it("give a new network the /16 around the pool, and leave one that exists", () => {
        assert.equal(fitToMachine(pool("172.20.7.0/24"), fresh).networkSubnet, "172.20.0.0/16");
        assert.equal(fitToMachine(pool(), fresh).networkSubnet, undefined);
        assert.equal(fitToMachine(pool("172.18.7.0/24"), host).networkSubnet, undefined);
    });
});

describe("the machine", () => {
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

    it("has sources that answer, with a login or without", async () => {
        assert.deepEqual(await sourceProblems(sources(base, `${base}/charts`)), []);
        assert.deepEqual(await sourceProblems(sources(`${base}/private`, `${base}/charts`)), []);
    });

    it("is refused where a mirror or a chart repository does not answer", async () => {
        const problems = await sourceProblems(sources("http://127.0.0.1:9", `${base}/nothing`));
        assert.deepEqual(
            problems.map(({ setting }) => setting),
            [
                "sources.registryMirror",
                ...["calico", "metallb", "ingressNginx"].map((name) => `sources.charts.${name}.repository`),
            ],
        );
        assert.match(problems[0]?.message ?? "", /http:\/\/127\.0\.0\.1:9 does not serve/);
        assert.match(problems[1]?.message ?? "", /HTTP 404/);
    });

    const check = (config: object, docker: DockerHost, stack = "dev") =>
        checkMachine(fitToMachine(readSettings({ cluster: JSON.stringify(config) }, stack), docker), docker);
    const problemsOf = (checked: Promise<void>) =>
        checked.then(
            () => [],
            (error: unknown) => (error as SettingsError).problems,
        );

    it("is refused where a port is in use, unless the stack's own cluster has it", async () => {
        const { port } = server.address() as net.AddressInfo;
        const hostPorts = { http: port, https: port + 1 > 65535 ? port - 1 : port + 1 };
        const up = { ...host, nodes: nodes("lb-dev") };
        const problems = (await problemsOf(check({ hostPorts }, up))).filter(({ setting }) =>
            setting.includes("hostPorts"),
        );
        assert.match(problems[0]?.message ?? "", new RegExp(`^${port} is in use`));
        assert.equal(problems[0]?.setting, "cluster.hostPorts.http");
        const own = { ...host, nodes: nodes("lb-dev", true, [port]) };
        const again = (await problemsOf(check({ hostPorts }, own))).filter(
            ({ setting }) => setting === "cluster.hostPorts.http",
        );
        assert.deepEqual(again, []);
    });

    it("is refused where both ports are one", async () => {
        const problems = await problemsOf(check({ hostPorts: { http: 8443 } }, { ...host, nodes: nodes("lb-dev") }));
        assert.ok(problems.some(({ message }) => /8443 is also http's/.test(message)));
    });

    it("is refused where the stack's nodes are stopped, with the command that starts them", async () => {
        const problems = await problemsOf(check({}, { ...host, nodes: nodes("lb-dev", false) }));
        assert.ok(
            problems.some(({ message }) =>
                message.includes("docker start lb-dev-control-plane lb-dev-worker lb-dev-worker2"),
            ),
        );
    });

    it("is refused where pods or Services would shadow the nodes' network", async () => {
        const problems = await problemsOf(check({ podSubnet: "172.18.0.0/16" }, { ...host, nodes: nodes("lb-dev") }));
        assert.ok(
            problems.some(({ setting, message }) => setting === "cluster.podSubnet" && /network "kind"/.test(message)),
        );
    });
});
