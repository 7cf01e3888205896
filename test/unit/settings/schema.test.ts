import * as assert from "node:assert/strict";
import { charts, images } from "../../../lib/versions";
import * as fc from "fast-check";
import { clusterAdvice } from "../../../settings/advice";
import { defaultClusterName, nextClusterName, parseValue, readCluster, readSettings } from "../../../settings/schema";
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

    it("a chart repository may be in an OCI registry, a registry mirror may not", () => {
        const repository = "oci://registry.example/charts";
        const { sources } = read({ sources: { charts: { metallb: { repository } } } });
        assert.equal(sources.charts.metallb.repository, repository);
        assert.throws(() => read({ sources: { registryMirror: repository } }), /is not an http or https URL/);
        assert.throws(
            () => read({ sources: { charts: { metallb: { repository: "ftp://x" } } } }),
            /is not an http, https or oci URL/,
        );
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
        [{ domain: "172.18.255.201" }, "domain", /"172.18.255.201" is an IP address/],
        [{ domain: "007" }, "domain", /"007" is not a domain name/],
        [{ domain: "dev.123" }, "domain", /"dev.123" ends with a number/],
        [{ domain: `${"x".repeat(64)}.test` }, "domain", /has 64 characters between two dots: DNS allows 63/],
        [{ domain: `${"x.".repeat(123)}test` }, "domain", /has 250 characters: 249 are possible/],
        [{ domain: ["dev.local"] }, "domain", /\["dev.local"\] is invalid: expected string.*\n.* domain dev.local/],
        [{ httpsRedirect: "yes" }, "httpsRedirect", /"yes" is invalid: expected boolean/],
        [{ cluster: "lb" }, "cluster", /"lb" is invalid: expected object.*\. Those of cluster are: name, workers/],
        [{ cluster: "{workers: 3}" }, "cluster", /"\{workers: 3\}" is invalid.*\n.* run set -- cluster.workers 3$/m],
        [{ cluster: "{workers: none, name: lb-x}" }, "cluster", /run set -- cluster.name lb-x$/m],
        [{ cluster: "[x" }, "cluster", /"\[x" is invalid.*\n.* run set -- cluster.workers 2$/m],
        [{ cluster: "" }, "cluster", /"" is invalid.*\n.* run set -- cluster.workers 2$/m],
        [{ cluster: [1] }, "cluster", /\[1\] is invalid.*\n.* run set -- cluster.workers 2$/m],
        [{ cluster: { hostPorts: true } }, "cluster.hostPorts", /\n.* run set -- cluster.hostPorts.http 8080$/m],
        [{ backups: "kept=9" }, "backups", /\n.* run set -- backups.kept 9$/m],
        [
            { sources: { caCertificates: "" } },
            "sources.caCertificates",
            /"" is invalid.*\n.* sources.caCertificates company-ca.pem$/m,
        ],
        [{ sources: "x" }, "sources", /\n.* run set -- sources.registryMirror http:\/\/172.17.0.1:5000$/m],
        [
            { sources: { charts: { calico: 1 } } },
            "sources.charts.calico",
            /set -- sources.charts.calico.repository http/,
        ],
        [{ sources: { images: 1 } }, "sources.images", /set -- sources.images.node kindest/],
        [
            { "cluster.workers": "3" },
            "cluster.workers",
            /one key with a dot.*below cluster\n.* run set -- cluster.workers 3$/m,
        ],
        [{ "cluster.workers": "0" }, "cluster.workers", /one key with a dot.*\n.* run set -- cluster.workers 2$/m],
        [
            { "sources.charts.calico.version": "v3.28.5" },
            "sources.charts.calico.version",
            /below sources.charts.calico\n.* set -- sources.charts.calico.version v3.28.5$/m,
        ],
        [
            { "cluster.hostPorts": { http: 1 } },
            "cluster.hostPorts",
            /one key with a dot.*\n +Write hostPorts below cluster/,
        ],
        [{ "cluster.worker": "3" }, "cluster.worker", /no such setting. Those of cluster are: name, workers/],
        [{ "clusters.workers": "3" }, "clusters.workers", /no such setting. The settings are: addressPool/],
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
        [{ cluster: { podSubnet: "10.0.0.0/7" } }, "cluster.podSubnet", /too large: Kubernetes takes a \/8/],
        [{ cluster: { serviceSubnet: "10.64.0.0/11" } }, "cluster.serviceSubnet", /too large: Kubernetes takes a \/12/],
        [{ cluster: { podSubnet: "127.0.0.0/16" } }, "cluster.podSubnet", /127.0.0.0-127.255.255.255, which no pod/],
        [{ cluster: { serviceSubnet: "224.0.0.0/16" } }, "cluster.serviceSubnet", /which no pod or Service can have/],
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
            { sources: { registryMirror: "http://localhost:5000/" } },
            "sources.registryMirror",
            /leads to localhost, which is for a node the node itself.*\n.* sources.registryMirror http:\/\/172.17.0.1:5000$/m,
        ],
        ...[
            "http://127.0.0.1:5000",
            "http://127.1:5000",
            "https://[::1]:5000",
            "http://0.0.0.0:5000",
            "http://lab.localhost",
        ].map((registryMirror): [Record<string, unknown>, string, RegExp] => [
            { sources: { registryMirror } },
            "sources.registryMirror",
            /which is for a node the node itself/,
        ]),
        [
            { sources: { registryMirror: "http://kim:secret@registry.example:5000" } },
            "sources.registryMirror",
            /"http:\/\/\*\*\*@registry.example:5000" has a login, .* only one without.*\n.* http:\/\/registry.example:5000$/m,
        ],
        [
            { sources: { pipIndex: "http://localhost:3141/simple" } },
            "sources.pipIndex",
            /in the image build the build's own container.*\n.* http:\/\/172.17.0.1:3141\/simple$/m,
        ],
        [
            { sources: { images: { nginx: "localhost:5000/nginx:1.28" } } },
            "sources.images.nginx",
            /registry of localhost.*for a node the node itself/,
        ],
        [
            { sources: { images: { busybox: "127.0.0.1:5000/busybox" } } },
            "sources.images.busybox",
            /registry of localhost/,
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

    it("readSettings: the example of a refused setting is itself valid, beside the other settings", () => {
        const set = (config: Record<string, unknown>, setting: string, example: string) => {
            const path = setting.split(".");
            const [first = "", second] = path;
            const value = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), parseValue(path, example));
            const [given, added] = [config[first], (value as Record<string, object>)[first]];
            const merged = second !== undefined && path.length === 2 && isGroup(given) ? { ...given, ...added } : added;
            const kept = Object.entries(config).filter(([key]) => key !== setting);
            return { ...Object.fromEntries(kept), [first]: merged };
        };
        const isGroup = (value: unknown): value is object => typeof value === "object" && !Array.isArray(value);
        let examples = 0;
        for (const [config] of refused) {
            try {
                read(config);
            } catch (error) {
                const { message } = error as SettingsError;
                for (const [, setting = "", example = ""] of message.matchAll(
                    /npm run set -- (?:--stack \S+ )?(\S+) '?([^\n']+)/g,
                )) {
                    examples++;
                    read(set(config, setting, example));
                }
            }
        }
        assert.ok(examples > 50, `${examples} examples`);
    });

    it("readSettings: ranges that overlap get an example that overlaps none of the others", () => {
        for (const config of [
            { cluster: { serviceSubnet: "192.168.0.0/16" } },
            { cluster: { podSubnet: "10.244.0.0/16", serviceSubnet: "10.244.0.0/16" } },
            { addressPool: "172.18.5.0/24", cluster: { podSubnet: "172.16.0.0/12" } },
            { addressPool: "172.18.5.0/24", cluster: { podSubnet: "172.16.0.0/12", serviceSubnet: "10.200.0.0/16" } },
        ]) {
            assert.throws(
                () => read(config),
                ({ findings: [finding] }: SettingsError) => {
                    const { subject = "", example = "" } = finding ?? {};
                    const [group = "", name] = subject.split(".");
                    const value = name === undefined ? example : { ...config.cluster, [name]: example };
                    read({ ...config, [group]: value });
                    return true;
                },
            );
        }
    });

    it("readSettings: no password is in a message, whatever is wrong with its URL or its place", () => {
        for (const config of [
            { sources: { registryMirror: "ftp://kim:s3cret@mirror" } },
            { sources: { registryMirror: "http://kim:s3cret@mirror" } },
            { sources: { registryMirror: "http://kim:s3/cret@mirror:x" } },
            { sources: { pipIndex: "https//kim:s3cret@mirror", charts: "https://kim:s3cret@mirror" } },
            { sources: "https://kim:s3cret@mirror" },
            { "sources.registryMirror": "http://kim:s3cret@mirror" },
            { sources: { images: { nginx: "http://kim:s3cret@mirror/nginx" } } },
        ]) {
            assert.throws(
                () => read(config),
                ({ message }: SettingsError) => !/s3|cret/.test(message) || assert.fail(message),
            );
        }
    });

    it("readSettings: a login is accepted where the tool sends it: pip and Helm", () => {
        const index = "https://kim:secret@pypi.example/simple";
        const repository = "https://kim:secret@charts.example";
        const { sources } = read({ sources: { pipIndex: index, charts: { metallb: { repository } } } });
        assert.deepEqual([sources.pipIndex, sources.charts.metallb.repository], [index, repository]);
    });

    it("readSettings: charts may come from this machine, and so may images that Docker itself pulls", () => {
        const { sources } = read({
            sources: {
                charts: { calico: { repository: "http://127.0.0.1:5001" } },
                images: { node: "localhost:5000/kindest/node:v1.35.4", python: "localhost:5000/python:3.13" },
            },
        });
        assert.equal(sources.charts.calico.repository, "http://127.0.0.1:5001");
    });

    it("readSettings: the name of any stack gives a valid cluster and a valid domain", () => {
        const characters = "abcXYZ019-_.";
        const name = fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 100 });
        fc.assert(
            fc.property(name, (stack) => {
                const { cluster, domain } = read({}, stack);
                assert.match(`${cluster.name}-control-plane`, /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/);
                assert.ok(`${cluster.name}-control-plane`.length <= 63);
                assert.ok(domain.split(".").every((part) => part.length <= 63));
                read({ cluster: { name: nextClusterName(cluster.name, [`${cluster.name}-2`]) } }, stack);
            }),
        );
    });

    it("nextClusterName: is as short as a name may be, and not one that is taken", () => {
        assert.equal(nextClusterName("lb-dev"), "lb-dev-2");
        assert.equal(nextClusterName("lb-dev", ["lb-dev-2", "lb-dev-3"]), "lb-dev-4");
        assert.equal(nextClusterName("x".repeat(49)), `${"x".repeat(47)}-2`);
        assert.match(clusterAdvice("dev", "x".repeat(49)).nameIsTaken, / cluster\.name x{47}-2$/m);
    });

    for (const [given, cluster] of [
        [undefined, { name: "lb-dev", podSubnet: "192.168.0.0/16" }],
        ['{"name":"mine","workers":0}', { name: "mine", podSubnet: "192.168.0.0/16" }],
        ['{"podSubnet":"10.9.0.0/16"}', { name: "lb-dev", podSubnet: "10.9.0.0/16" }],
        ["{name: mine}", { name: "lb-dev", podSubnet: "192.168.0.0/16" }],
        ['{"name":7}', { name: "lb-dev", podSubnet: "192.168.0.0/16" }],
    ] as const) {
        it(`readCluster: ${given ?? "nothing"} is ${cluster.name} with pods in ${cluster.podSubnet}`, () => {
            const { name, podSubnet } = readCluster(given === undefined ? {} : { cluster: given }, "dev");
            assert.deepEqual({ name, podSubnet }, cluster);
        });
    }

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
