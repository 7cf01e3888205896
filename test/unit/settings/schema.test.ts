import * as assert from "node:assert/strict";
import { defaultClusterName, readSettings, SettingsError } from "../../../settings/schema";
import { charts, images } from "../../../lib/versions";

const read = (config: Record<string, unknown>, stack = "dev") =>
    readSettings(
        Object.fromEntries(
            Object.entries(config).map(([key, value]) => [
                key,
                typeof value === "string" ? value : JSON.stringify(value),
            ]),
        ),
        stack,
    );

describe("settings", () => {
    it("need none", () => {
        assert.deepEqual(read({}), {
            domain: "dev.local",
            cluster: {
                name: "lb-dev",
                workers: 2,
                podSubnet: "192.168.0.0/16",
                serviceSubnet: "10.96.0.0/16",
                kubeProxyMode: "iptables",
            },
            backups: { intervalMinutes: 60, kept: 24 },
            sources: { charts, images },
        });
    });

    it("override one by one", () => {
        const { sources, cluster } = read({
            cluster: { workers: 1, hostPorts: { http: 9080 } },
            sources: {
                registryMirror: "http://mirror:5000/",
                charts: { calico: { version: "v3.28.5" } },
                images: { python: "python:3.12-slim" },
            },
        });
        assert.equal(cluster.name, "lb-dev");
        assert.deepEqual(cluster.hostPorts, { http: 9080, https: 8443 });
        assert.equal(sources.registryMirror, "http://mirror:5000");
        assert.deepEqual(sources.charts.calico, { repository: charts.calico.repository, version: "v3.28.5" });
        assert.deepEqual(sources.charts.metallb, charts.metallb);
        assert.equal(sources.images.python, "python:3.12-slim");
        assert.equal(sources.images.node, images.node);
        for (const postgres of ["postgres:16-bookworm", "mirror:5000/postgres", `postgres@sha256:${"0".repeat(64)}`]) {
            assert.equal(read({ sources: { images: { postgres } } }).sources.images.postgres, postgres);
        }
    });

    for (const [stack, name] of [
        ["s07", "lb-s07"],
        ["Kim_Minji.2", "lb-kim-minji-2"],
        ["x".repeat(80), `lb-${"x".repeat(46)}`],
    ] as const) {
        it(`make of the stack ${stack.slice(0, 20)} the cluster ${name.slice(0, 20)}`, () => {
            assert.equal(defaultClusterName(stack), name);
            assert.equal(read({}, stack).cluster.name, name);
        });
    }

    // What is set, the setting that is named, and what the message tells.
    const refused: [Record<string, unknown>, string, RegExp][] = [
        [{ addressPool: "nonsense" }, "addressPool", /"nonsense" is neither start-end nor CIDR/],
        [{ addressPool: "172.18.255.219-172.18.255.200" }, "addressPool", /ends before it starts/],
        [{ addressPool: "172.18.255.200-172.18.255.201" }, "addressPool", /has room for 2/],
        [{ addressPool: "192.168.7.0/28" }, "addressPool", /overlaps cluster.podSubnet \(192.168.0.0\/16\)/],
        [{ addressPool: "10.96.7.0/28" }, "addressPool", /overlaps cluster.serviceSubnet \(10.96.0.0\/16\)/],
        [{ addressPool: ["172.18.255.200"] }, "addressPool", /\["172.18.255.200"\] won't do: expected string/],
        [
            { adressPool: "172.18.255.200-172.18.255.219" },
            "adressPool",
            /no such setting. The settings are: addressPool, domain/,
        ],
        [{ domain: "Dev" }, "domain", /"Dev" is not a domain name/],
        [{ domain: "dev" }, "domain", /"dev" is not a domain name/],
        [{ httpsRedirect: "yes" }, "httpsRedirect", /"yes" won't do: expected boolean/],
        [{ cluster: "lb" }, "cluster", /"lb" won't do: expected object/],
        [{ cluster: { name: "Bad_Name" } }, "cluster.name", /"Bad_Name" is not a cluster name/],
        [{ cluster: { name: "x".repeat(50) } }, "cluster.name", /at most 49/],
        [{ cluster: { worker: 2 } }, "cluster.worker", /no such setting. Those of cluster are: name, workers/],
        [{ cluster: { workers: "2" } }, "cluster.workers", /"2" won't do: expected number/],
        [{ cluster: { workers: 0 } }, "cluster.workers", /0 won't do/],
        [{ cluster: { workers: 2.5 } }, "cluster.workers", /2.5 won't do/],
        [
            { sources: { images: { postgres: "mirror:5000/postgres:14-alpine" } } },
            "sources.images.postgres",
            /"mirror:5000\/postgres:14-alpine" is older than 15\n.* sources.images.postgres postgres:17/,
        ],
        [
            { backups: { intervalMinutes: 0 } },
            "backups.intervalMinutes",
            /0 won't do.*\n.* --path backups.intervalMinutes 60/,
        ],
        [{ backups: { kept: "all" } }, "backups.kept", /"all" won't do: expected number/],
        [{ backups: { keep: 3 } }, "backups.keep", /no such setting. Those of backups are: intervalMinutes, kept/],
        [{ cluster: { podSubnet: "192.168.0.0" } }, "cluster.podSubnet", /not a subnet in CIDR notation/],
        [{ cluster: { podSubnet: "192.168.0.1/16" } }, "cluster.podSubnet", /192.168.0.0\/16 is/],
        [{ cluster: { podSubnet: "192.168.0.0/28" } }, "cluster.podSubnet", /too small/],
        [{ cluster: { podSubnet: "10.96.0.0/12" } }, "cluster.podSubnet", /overlaps cluster.serviceSubnet/],
        [{ cluster: { kubeProxyMode: "userspace" } }, "cluster.kubeProxyMode", /"iptables"\|"nftables"\|"ipvs"/],
        [{ cluster: { hostPorts: { http: 70000 } } }, "cluster.hostPorts.http", /70000 won't do/],
        [
            { sources: { registryMirror: "mirror:5000" } },
            "sources.registryMirror",
            /"mirror:5000" is not an http or https URL/,
        ],
        [
            { sources: { charts: { metalLb: {} } } },
            "sources.charts.metalLb",
            /Those of sources.charts are: calico, metallb, ingressNginx/,
        ],
        [{ sources: { charts: { calico: { repo: "x" } } } }, "sources.charts.calico.repo", /are: repository, version/],
        [
            { sources: { images: { node: "kindest node" } } },
            "sources.images.node",
            /"kindest node" is not an image reference/,
        ],
    ];
    for (const [config, setting, message] of refused) {
        it(`refuse ${JSON.stringify(config).slice(0, 90)}`, () => {
            assert.throws(
                () => read(config),
                (error: unknown) => {
                    assert.ok(error instanceof SettingsError);
                    assert.deepEqual(
                        error.problems.map((problem) => problem.setting),
                        [setting],
                    );
                    assert.match(error.message, message);
                    return true;
                },
            );
        });
    }

    it("name every problem at once, each with a value that would do", () => {
        try {
            read({ addressPool: "x", cluster: { workers: 0, podSubnet: "y" } });
            assert.fail("they were taken");
        } catch (error) {
            const { problems, message } = error as SettingsError;
            assert.deepEqual(problems.map(({ setting }) => setting).sort(), [
                "addressPool",
                "cluster.podSubnet",
                "cluster.workers",
            ]);
            assert.match(message, /pulumi config set addressPool 172\.18\.255\.200-172\.18\.255\.219/);
            assert.match(message, /pulumi config set --path cluster\.workers 2/);
        }
    });

    it("show examples that are themselves taken", () => {
        for (const [config] of refused) {
            try {
                read(config);
            } catch (error) {
                for (const { setting, example } of (error as SettingsError).problems) {
                    if (example === undefined) continue;
                    const value = /^(\d+|true)$/.test(example) ? (JSON.parse(example) as unknown) : example;
                    const path = setting.split(".");
                    read(
                        path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>,
                    );
                }
            }
        }
    });
});
