import * as assert from "node:assert/strict";
import { diagnose, diagnoseTools, diagnoseVersions } from "../../../../scripts/lib/diagnosis";
import type { DockerFacts, Facts } from "../../../../scripts/lib/facts";
import type { Finding } from "../../../../settings/finding";

const GiB = 2 ** 30;

const goodDocker: DockerFacts = {
    addressesReachable: true,
    sharesKernel: true,
    networks: [],
    nodes: [],
    pools: [],
    version: "29.1.3",
    architecture: "x86_64",
    cpus: 8,
    memoryBytes: 16 * GiB,
    cgroupVersion: "2",
    rootless: false,
    desktop: false,
    containerdImages: false,
};

const network = (name: string, subnet: string) => ({ name, subnet, isRouted: false });

const good: Facts = {
    node: { version: "22.12.0", oldest: "20" },
    platform: "linux",
    osRelease: "6.8.0-generic",
    directory: "/home/ada/load-balancing-lab",
    docker: goodDocker,
    freeBytes: 50 * GiB,
    inotify: { watches: 524288, instances: 512 },
    networks: [network("eth0", "10.1.2.0/24")],
    podSubnet: "192.168.0.0/16",
    proxies: {},
    tools: { pulumi: "3.274.1", kind: "0.33.0", kubectl: "1.35.8" },
};

const withDocker = (docker: Partial<DockerFacts>): Partial<Facts> => ({ docker: { ...goodDocker, ...docker } });

describe("diagnosis", () => {
    it("diagnosis: a good machine passes every check, and no remedy is named", () => {
        const findings = [...diagnose(good), ...diagnoseTools(good, "dev")];
        assert.deepEqual(
            findings.filter(({ status }) => status !== "PASS"),
            [],
        );
        assert.ok(findings.every(({ remedy }) => remedy === undefined));
    });

    const cases: [string, Partial<Facts>, Finding["status"], string, RegExp][] = [
        [
            "old Node.js",
            { node: { version: "18.20.0", oldest: "20" } },
            "FAIL",
            "Node.js",
            /18\.20\.0 is older than 20/,
        ],
        ["no Docker", { docker: "Docker does not answer. Start it." }, "FAIL", "Docker", /does not answer/],
        ["old Docker", withDocker({ version: "20.10.24+dfsg1" }), "WARN", "Docker", /older than/],
        ["unreadable Docker version", withDocker({ version: "dev" }), "WARN", "Docker", /dev/],
        ["one CPU", withDocker({ cpus: 1 }), "WARN", "CPUs", /1/],
        ["too little memory", withDocker({ memoryBytes: 3.4 * GiB }), "FAIL", "Memory", /3\.4 GiB/],
        ["a machine sold with 4 GiB", withDocker({ memoryBytes: 3.8 * GiB }), "WARN", "Memory", /3\.8 GiB/],
        ["enough memory", withDocker({ memoryBytes: 6 * GiB }), "PASS", "Memory", /6\.0 GiB/],
        ["too little disk", { freeBytes: 4.9 * GiB }, "FAIL", "Disk", /4\.9 GiB/],
        ["tight disk", { freeBytes: 5 * GiB }, "WARN", "Disk", /5\.0 GiB/],
        ["enough disk", { freeBytes: 12 * GiB }, "PASS", "Disk", /12\.0 GiB/],
        ["few watches", { inotify: { watches: 8192, instances: 512 } }, "WARN", "inotify", /8192 watches/],
        ["few instances", { inotify: { watches: 524288, instances: 128 } }, "WARN", "inotify", /128 instances/],
        ["WSL 1", { osRelease: "4.4.0-19041-Microsoft" }, "FAIL", "Platform", /WSL 1/],
        ["WSL 2", { osRelease: "5.15.90.1-microsoft-standard-WSL2" }, "PASS", "Platform", /WSL 2/],
        [
            "WSL 2 on Windows' disk",
            { osRelease: "5.15.90.1-microsoft-standard-WSL2", directory: "/mnt/c/Users/ada/lab" },
            "WARN",
            "Platform",
            /\/mnt\/c\/Users\/ada\/lab/,
        ],
        ["/mnt on plain Linux", { directory: "/mnt/data/lab" }, "PASS", "Platform", /Linux/],
        ["Windows", { platform: "win32" }, "FAIL", "Platform", /win32/],
        ["another architecture", withDocker({ architecture: "riscv64" }), "WARN", "Architecture", /riscv64/],
        ["rootless Docker", withDocker({ rootless: true }), "WARN", "Rootless Docker", /cgroup/],
        ["cgroup v1", withDocker({ cgroupVersion: "1" }), "WARN", "cgroup v1", /1\.35/],
        ["a network kind", withDocker({ kindSubnet: "172.18.0.0/16" }), "PASS", "Network kind", /172\.18\.0\.0\/16/],
        ["no network kind", {}, "PASS", "Network kind", /will be made/],
        [
            "Docker Desktop",
            withDocker({ desktop: true, addressesReachable: false }),
            "PASS",
            "External addresses",
            /localhost/,
        ],
        [
            "a minor version too old",
            { node: { version: "20.11.1", oldest: "20.18.1" } },
            "FAIL",
            "Node.js",
            /older than 20\.18\.1/,
        ],
        [
            "a patch too old",
            { node: { version: "20.18.0", oldest: "20.18.1" } },
            "FAIL",
            "Node.js",
            /older than 20\.18\.1/,
        ],
        [
            "Node.js just new enough",
            { node: { version: "20.18.1", oldest: "20.18.1" } },
            "PASS",
            "Node.js",
            /20\.18\.1/,
        ],
        ["cgroup v1", withDocker({ cgroupVersion: "1" }), "WARN", "cgroup v1", /failCgroupV1/],
        ["root by sudo", { sudoUser: "ada" }, "WARN", "User", /runs as root for ada/],
        [
            "images in containerd",
            withDocker({ version: "27.4.1", containerdImages: true }),
            "WARN",
            "Image store",
            /403/,
        ],
        [
            "images in an old containerd",
            withDocker({ version: "24.0.7", containerdImages: true }),
            "WARN",
            "Image store",
            /24/,
        ],
        ["images in Docker", withDocker({ version: "27.4.1" }), "PASS", "Docker", /27\.4\.1/],
        [
            "images in a newer containerd",
            withDocker({ version: "27.5.0", containerdImages: true }),
            "PASS",
            "Docker",
            /27\.5/,
        ],
        [
            "a proxy on this machine",
            { proxies: { HTTP_PROXY: "http://127.0.0.1:3128" } },
            "WARN",
            "HTTP_PROXY",
            /nobody|nothing listens/,
        ],
        [
            "a proxy on localhost",
            { proxies: { https_proxy: "kim:secret@localhost:3128" } },
            "WARN",
            "https_proxy",
            /the node itself/,
        ],
        [
            "a proxy on IPv6's localhost",
            { proxies: { HTTPS_PROXY: "http://[::1]:3128" } },
            "WARN",
            "HTTPS_PROXY",
            /\[::1\]/,
        ],
        [
            "a home network in the pods'",
            { networks: [network("wlan0", "192.168.1.0/24")] },
            "WARN",
            "cluster.podSubnet",
            /wlan0/,
        ],
        ["pods in a home network", { podSubnet: "10.1.2.0/24" }, "WARN", "cluster.podSubnet", /eth0/],
        [
            "Docker's own networks",
            { networks: [network("br-1a2b", "192.168.49.0/24")] },
            "PASS",
            "cluster.podSubnet",
            /192\.168/,
        ],
    ];
    for (const [name, facts, status, subject, detail] of cases) {
        it(`diagnosis: ${name} is a ${status} of ${subject}, and everything else passes`, () => {
            const findings = diagnose({ ...good, ...facts });
            const finding = findings.find((candidate) => candidate.subject === subject);
            assert.equal(finding?.status, status);
            assert.match(finding?.detail ?? "", detail);
            const others = findings.filter((other) => other !== finding && other.status !== "PASS");
            assert.deepEqual(others, []);
        });
    }

    it("diagnosis: a proxy elsewhere is no finding", () => {
        const findings = diagnose({
            ...good,
            proxies: { HTTP_PROXY: "http://172.17.0.1:3128", HTTPS_PROXY: "proxy.example:80" },
        });
        assert.ok(findings.every(({ status }) => status === "PASS"));
    });

    it("diagnosis: a proxy's login is not shown", () => {
        const findings = diagnose({ ...good, proxies: { HTTP_PROXY: "http://kim:secret@127.0.0.1:3128" } });
        assert.doesNotMatch(JSON.stringify(findings), /secret/);
    });

    it("diagnosis: a version that upstream does not mend any more is a warning, from the day after its last", () => {
        const ends = [
            { name: "nginx", version: "1.28", supportedUntil: "2026-04-23", setting: "sources.images.nginx" },
            { name: "ingress-nginx", version: "4.15.1", supportedUntil: "ended" },
            { name: "busybox", version: "1.37" },
        ];
        const warned = (today: string) => diagnoseVersions("s07", today, ends);
        assert.deepEqual(
            warned("2026-04-23").map(({ status, subject }) => [status, subject]),
            [["WARN", "ingress-nginx"]],
        );
        const [nginx] = warned("2026-04-24");
        assert.equal(nginx?.subject, "nginx");
        assert.match(nginx?.detail ?? "", /1\.28 until 2026-04-23/);
        assert.match(nginx?.remedy ?? "", /npm run set -- --stack s07 sources\.images\.nginx VERSION$/);
    });

    it("diagnosis: the remedy for too little memory is a setting of Docker Desktop, where that is used", () => {
        const facts = { ...good, ...withDocker({ desktop: true, memoryBytes: GiB }) };
        assert.match(diagnose(facts).find(({ subject }) => subject === "Memory")?.remedy ?? "", /Settings → Resources/);
    });

    it("diagnosis: a tool that is missing or too old is a warning, whose remedy is to bring the stack up", () => {
        const findings = diagnoseTools(
            { ...good, tools: { pulumi: undefined, kind: "0.20.0", kubectl: "1.35.8" } },
            "s07",
        );
        assert.deepEqual(
            findings.map(({ status, subject }) => [status, subject]),
            [
                ["WARN", "pulumi"],
                ["WARN", "kind"],
                ["PASS", "kubectl"],
            ],
        );
        assert.match(findings[1]?.detail ?? "", /0\.20\.0 is older than/);
        assert.match(findings[1]?.remedy ?? "", /: npm run up -- --stack s07$/);
    });

    it("diagnosis: a pod subnet that is invalid is left to the checks of the settings", () => {
        const findings = diagnose({ ...good, podSubnet: "192.168.0.0/99" });
        assert.ok(findings.every(({ subject, status }) => subject !== "cluster.podSubnet" && status === "PASS"));
    });

    it("diagnosis: a pod subnet that overlaps a network of the machine comes with one that does not", () => {
        const facts = { ...good, networks: [network("wlan0", "192.168.1.0/24")] };
        const { example = "" } = diagnose(facts).find(({ subject }) => subject === "cluster.podSubnet") ?? {};
        const again = diagnose({ ...facts, podSubnet: example });
        assert.equal(again.find(({ subject }) => subject === "cluster.podSubnet")?.status, "PASS");
    });
});
