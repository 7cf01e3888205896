import * as assert from "node:assert/strict";
import { charts, images } from "../../../lib/versions";
import { defaultClusterName, parseValue, readSettings } from "../../../settings/schema";
import { SettingsError } from "../../../settings/settingsError";

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
    it("readSettings: without settings, every one has its default", () => {
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

    it("readSettings: each setting overrides its own default only", () => {
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
        it(`defaultClusterName: the cluster of stack ${stack.slice(0, 20)} is named ${name.slice(0, 20)}`, () => {
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
        [{ addressPool: ["172.18.255.200"] }, "addressPool", /\["172.18.255.200"\] is invalid: expected string/],
        [
            { adressPool: "172.18.255.200-172.18.255.219" },
            "adressPool",
            /no such setting. The settings are: addressPool, domain/,
        ],
        [{ domain: "Dev" }, "domain", /"Dev" is not a domain name/],
        [{ domain: "dev" }, "domain", /"dev" is not a domain name/],
        [{ httpsRedirect: "yes" }, "httpsRedirect", /"yes" is invalid: expected boolean/],
        [{ cluster: "lb" }, "cluster", /"lb" is invalid: expected object.*\. Those of cluster are: name, workers/],
        [{ cluster: { name: "Bad_Name" } }, "cluster.name", /"Bad_Name" is not a cluster name/],
        [{ cluster: { name: "x".repeat(50) } }, "cluster.name", /at most 49/],
        [{ cluster: { worker: 2 } }, "cluster.worker", /no such setting. Those of cluster are: name, workers/],
        [{ cluster: { workers: "2" } }, "cluster.workers", /"2" is invalid: expected number/],
        [{ cluster: { workers: 0 } }, "cluster.workers", /0 is invalid/],
        [{ cluster: { workers: 2.5 } }, "cluster.workers", /2.5 is invalid/],
        [
            { sources: { images: { postgres: "mirror:5000/postgres:14-alpine" } } },
            "sources.images.postgres",
            /"mirror:5000\/postgres:14-alpine" is older than 15\n.* sources.images.postgres postgres:17/,
        ],
        [
            { backups: { intervalMinutes: 0 } },
            "backups.intervalMinutes",
            /0 is invalid.*\n.* backups.intervalMinutes 60/,
        ],
        [{ backups: { kept: "all" } }, "backups.kept", /"all" is invalid: expected number/],
        [{ backups: { keep: 3 } }, "backups.keep", /no such setting. Those of backups are: intervalMinutes, kept/],
        [{ cluster: { podSubnet: "192.168.0.0" } }, "cluster.podSubnet", /not a subnet in CIDR notation/],
        [{ cluster: { podSubnet: "192.168.0.1/16" } }, "cluster.podSubnet", /192.168.0.0\/16 is/],
        [{ cluster: { podSubnet: "192.168.0.0/28" } }, "cluster.podSubnet", /too small/],
        [{ cluster: { podSubnet: "10.96.0.0/12" } }, "cluster.podSubnet", /overlaps cluster.serviceSubnet/],
        [
            { cluster: { kubeProxyMode: "userspace" } },
            "cluster.kubeProxyMode",
            /"userspace" is invalid: expected one of "iptables"\|"nftables"\|"ipvs"/,
        ],
        [{ cluster: { hostPorts: { http: 70000 } } }, "cluster.hostPorts.http", /70000 is invalid/],
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
        it(`readSettings: refuses ${JSON.stringify(config).slice(0, 90)}`, () => {
            assert.throws(
                () => read(config),
                (error: unknown) => {
                    assert.ok(error instanceof SettingsError);
                    assert.deepEqual(
                        error.findings.map((finding) => finding.subject),
                        [setting],
                    );
                    assert.match(error.message, message);
                    return true;
                },
            );
        });
    }

    it("readSettings: lists every invalid setting at once, each with a command that sets a valid value", () => {
        try {
            read({ addressPool: "x", cluster: { workers: 0, podSubnet: "y" } }, "s07");
            assert.fail("they were accepted");
        } catch (error) {
            const { findings, message } = error as SettingsError;
            assert.deepEqual(findings.map(({ subject }) => subject).sort(), [
                "addressPool",
                "cluster.podSubnet",
                "cluster.workers",
            ]);
            assert.match(message, /npm run set -- --stack s07 addressPool 172\.18\.255\.200-172\.18\.255\.219$/m);
            assert.match(message, /npm run set -- --stack s07 cluster\.workers 2$/m);
        }
    });

    it("readSettings: the example of a refused setting is itself valid", () => {
        for (const [config] of refused) {
            try {
                read(config);
            } catch (error) {
                for (const { subject, example } of (error as SettingsError).findings) {
                    if (example === undefined) continue;
                    const path = subject.split(".");
                    const value = parseValue(path, example);
                    read(
                        path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>,
                    );
                }
            }
        }
    });

    for (const [setting, text, value] of [
        ["cluster.workers", "3", 3],
        ["cluster.workers", "2.5", 2.5],
        ["cluster.workers", "three", "three"],
        ["cluster.hostPorts.http", "9080", 9080],
        ["httpsRedirect", "false", false],
        ["httpsRedirect", "0", "0"],
        ["domain", "007", "007"],
        ["cluster.kubeProxyMode", "true", "true"],
        ["sources.charts.metallb.version", "0.16", "0.16"],
        ["sources.images.nginx", "[x", "[x"],
        ["no.such.setting", "3", "3"],
        ["constructor", "3", "3"],
    ] as const) {
        it(`parseValue: "${text}" of ${setting} is the ${typeof value} ${value}`, () =>
            assert.equal(parseValue(setting.split("."), text), value));
    }

    it("readSettings: a text that looks like another type stays the text of a text setting", () => {
        for (const [domain, message] of [
            ["007", /"007" is not a domain name/],
            ["true", /"true" is not a domain name/],
            ["[x", /"\[x" is not a domain name/],
        ] as const) {
            assert.throws(() => readSettings({ domain }, "dev"), message);
        }
    });
});
