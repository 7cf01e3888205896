import * as assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import type { DockerHost } from "../../../lib/dockerHost";
import { checkMachine, checkSettings, fitToMachine } from "../../../settings/machine";
import { readSettings } from "../../../settings/schema";
import { SettingsError } from "../../../settings/settingsError";
import { formatFinding } from "../../../settings/finding";
import { emptyHost as fresh, host, nodes } from "./host";

const pool = (addressPool?: string) => readSettings(addressPool === undefined ? {} : { addressPool }, "dev");

describe("machine", () => {
    it("fitToMachine: on Linux there are no host ports, and http is redirected", () => {
        const fitted = fitToMachine(pool(), host);
        assert.deepEqual([fitted.cluster.hostPorts, fitted.httpsRedirect], [undefined, true]);
    });
    it("fitToMachine: where containers run in a virtual machine there are host ports, and http is not redirected", () => {
        const fitted = fitToMachine(pool(), { ...host, addressesReachable: false });
        assert.deepEqual([fitted.cluster.hostPorts, fitted.httpsRedirect], [{ http: 8080, https: 8443 }, false]);
    });
    it("fitToMachine: a new network gets a subnet in any case, and one that exists stays", () => {
        assert.equal(fitToMachine(pool("172.20.7.0/24"), fresh, []).networkSubnet, "172.20.0.0/16");
        assert.equal(fitToMachine(pool(), fresh, []).networkSubnet, "172.18.0.0/16");
        const local = [{ name: "eth0", subnet: "172.18.16.0/20", isRouted: false }];
        assert.equal(fitToMachine(pool(), fresh, local).networkSubnet, "172.19.0.0/16");
        assert.equal(fitToMachine(pool("172.18.7.0/24"), host, []).networkSubnet, undefined);
    });

    const server = http.createServer((_, response) => response.end());
    let repository = "";
    before(async () => {
        await once(server.listen(0, "127.0.0.1"), "listening");
        repository = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    after(() => server.close());

    const fit = (cluster: object, docker: DockerHost, sources: object = {}) => {
        const charts = Object.fromEntries(["calico", "metallb", "ingressNginx"].map((name) => [name, { repository }]));
        const config = { cluster: JSON.stringify(cluster), sources: JSON.stringify({ charts, ...sources }) };
        return fitToMachine(readSettings(config, "s07"), docker);
    };

    it("checkSettings: the chart repositories are asked in any case, and the mirror only for a new cluster", async () => {
        // Nobody listens there, and that is known at once.
        const nowhere = "http://127.0.0.1:9";
        const charts = Object.fromEntries(["calico", "metallb"].map((name) => [name, { repository: nowhere }]));
        const failing = async (docker: DockerHost) => {
            const settings = fit({}, docker, { registryMirror: "http://mirror.invalid", charts });
            const findings = await checkSettings(settings, docker, "s07", [], []);
            return findings.filter(({ subject }) => subject.startsWith("sources.")).map(({ subject }) => subject);
        };
        const ofCharts = ["sources.charts.calico.repository", "sources.charts.metallb.repository"];
        assert.deepEqual((await failing(host)).slice(0, 3), ["sources.registryMirror", ...ofCharts]);
        assert.deepEqual((await failing({ ...host, nodes: nodes("lb-s07") })).slice(0, 2), ofCharts);
    });

    it("checkSettings: certificates that can't be used are refused, whether there is a cluster or not", async () => {
        const docker = { ...host, nodes: nodes("lb-s07") };
        assert.equal(fit({}, docker).caCertificates, undefined);
        const findings = await checkSettings(fit({}, docker, { caCertificates: "none.pem" }), docker, "s07");
        const { status, detail } = findings.find(({ subject }) => subject === "sources.caCertificates") ?? {};
        assert.equal(status, "FAIL");
        assert.match(detail ?? "", /^none\.pem does not exist/);
    });

    it("checkSettings: the kernel is asked whether it can do ipvs, before a cluster is replaced by one that can't", async () => {
        const docker = { ...host, nodes: nodes("lb-s07", false), sharesKernel: false };
        const findings = await checkSettings(fit({ kubeProxyMode: "ipvs" }, docker), docker, "s07");
        assert.ok(findings.some(({ subject, status }) => subject === "cluster.kubeProxyMode" && status === "WARN"));
    });

    it("checkSettings: stopped nodes fail, with the command that starts those of the same stack", async () => {
        const docker = { ...host, nodes: nodes("lb-s07", false) };
        const findings = await checkSettings(fit({}, docker), docker, "s07");
        const { status, detail, remedy } = findings.find(({ subject }) => subject === "Nodes") ?? {};
        assert.equal(status, "FAIL");
        assert.match(detail ?? "", /lb-s07-control-plane, lb-s07-worker, lb-s07-worker2 are stopped/);
        assert.equal(remedy, "To start them: npm run up -- --stack s07");
    });

    it("checkSettings: in a run of `up` stopped nodes are no failure: it has started what it made, and the cluster sees to the rest", async () => {
        const docker = { ...host, nodes: nodes("lb-s07", false) };
        process.env.LOAD_BALANCING_LAB_RUN = "any.1";
        try {
            const findings = await checkSettings(fit({}, docker), docker, "s07");
            assert.deepEqual(
                findings.filter(({ subject }) => subject === "Nodes"),
                [],
            );
        } finally {
            delete process.env.LOAD_BALANCING_LAB_RUN;
        }
    });

    const others = [
        { stack: "S07", file: "Pulumi.S07.yaml", clusterName: "lb-s07" },
        { stack: "s07-2", file: "Pulumi.s07-2.yaml", clusterName: "lb-s07-2" },
    ];
    const nameFindings = async (docker: DockerHost, name?: string) => {
        const settings = fit({ ...(name !== undefined && { name }) }, docker);
        const unreachable = { registryMirror: undefined, charts: {} as typeof settings.sources.charts };
        const offline = { ...settings, sources: { ...settings.sources, ...unreachable } };
        const findings = await checkSettings(offline, docker, "s07", [], others);
        return findings.filter(({ subject }) => subject === "cluster.name");
    };

    it("checkSettings: a cluster's name that another stack of the project has is refused, with one that is free", async () => {
        const [finding] = await nameFindings({ ...host, nodes: nodes("lb-s07-3") });
        assert.equal(
            formatFinding(finding ?? assert.fail("it was accepted"), "s07"),
            "FAIL  cluster.name: lb-s07 is the cluster of stack S07 too\n" +
                "      For example: npm run set -- --stack s07 cluster.name lb-s07-4\n" +
                "      If there is no stack S07 any more, delete Pulumi.S07.yaml.",
        );
        assert.deepEqual(await nameFindings(host, finding?.example), []);
    });

    it("checkSettings: a cluster that exists tells itself whose it is", async () =>
        assert.deepEqual(await nameFindings({ ...host, nodes: nodes("lb-s07") }), []));

    describe("checkMachine", () => {
        const bin = fs.mkdtempSync(path.join(os.tmpdir(), "bin-"));
        const previousPath = process.env.PATH;
        before(() => {
            for (const tool of ["kind", "kubectl"]) fs.writeFileSync(path.join(bin, tool), "", { mode: 0o755 });
            process.env.PATH = bin;
        });
        after(() => {
            process.env.PATH = previousPath;
            fs.rmSync(bin, { recursive: true });
        });

        it("checkMachine: accepts settings that fit the machine", async () => {
            const docker = { ...host, nodes: nodes("lb-s07") };
            await checkMachine(fit({}, docker), docker, "s07");
        });

        it("checkMachine: throws one error that lists every failure and nothing that passed", async () => {
            const docker = { ...host, nodes: nodes("lb-s07", false) };
            const checked = checkMachine(fit({ podSubnet: "172.18.0.0/16" }, docker), docker, "s07");
            await assert.rejects(checked, (error: SettingsError) => {
                assert.ok(error instanceof SettingsError);
                assert.deepEqual(
                    error.findings.map(({ subject }) => subject),
                    ["cluster.podSubnet", "Nodes"],
                );
                return true;
            });
        });

        it("checkMachine: a variable of the shell that leads kind elsewhere fails", async () => {
            const docker = { ...host, nodes: nodes("lb-s07") };
            process.env.KIND_EXPERIMENTAL_DOCKER_NETWORK = "lab";
            try {
                const checked = checkMachine(fit({}, docker), docker, "s07");
                await assert.rejects(checked, /^FAIL {2}KIND_EXPERIMENTAL_DOCKER_NETWORK: /m);
            } finally {
                delete process.env.KIND_EXPERIMENTAL_DOCKER_NETWORK;
            }
        });

        it("checkMachine: a tool that is not on the PATH fails, with commands for the same stack", async () => {
            fs.rmSync(path.join(bin, "kind"));
            const docker = { ...host, nodes: nodes("lb-s07") };
            await assert.rejects(checkMachine(fit({}, docker), docker, "s07"), (error: SettingsError) => {
                assert.match(error.message, /^FAIL {2}PATH: the command kind is not on it$/m);
                assert.match(error.message, /npm run up -- --stack s07$/m);
                assert.match(error.message, /eval "\$\(npm run -s env -- --stack s07\)" && pulumi up$/m);
                return true;
            });
        });
    });
});
