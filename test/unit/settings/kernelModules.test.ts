import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { DockerHost } from "../../../lib/dockerHost";
import { formatFinding } from "../../../settings/finding";
import { checkKernelModules } from "../../../settings/kernelModules";
import { readSettings } from "../../../settings/schema";
import { useStubs } from "../../support/stubs";
import { emptyHost, nodes } from "./host";

describe("kernel modules", () => {
    let root: string;
    beforeEach(() => (root = fs.mkdtempSync(path.join(os.tmpdir(), "root-"))));
    afterEach(() => fs.rmSync(root, { recursive: true }));
    const { stub } = useStubs();
    beforeEach(() => stub("docker", "echo docker was asked >&2; exit 1"));

    const lists = `lib/modules/${os.release()}`;
    const write = (files: Record<string, string>) => {
        for (const [name, text] of Object.entries(files)) {
            fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
            fs.writeFileSync(path.join(root, name), text);
        }
    };
    const check = (host: DockerHost, kubeProxyMode = "ipvs") =>
        checkKernelModules(readSettings({ cluster: JSON.stringify({ kubeProxyMode }) }, "s07"), host, root);
    const statusOf = async (host: DockerHost = emptyHost) => (await check(host))[0]?.status;

    const loaded = { "proc/modules": "nf_tables 1 0 - Live 0x0\n" };
    const others = {
        [`${lists}/modules.builtin`]: "kernel/net/ipv4/ip_vs_other.ko\nkernel/net/not_ip_vs.ko\n",
        [`${lists}/modules.dep`]: "kernel/net/sctp/sctp.ko.xz: kernel/lib/libcrc32c.ko.xz\n",
    };
    const dep = (name: string) => ({
        ...loaded,
        ...others,
        [`${lists}/modules.dep`]: `kernel/fs/a.ko:\nkernel/net/netfilter/ipvs/${name}: kernel/lib/libcrc32c.ko\n`,
    });
    for (const [what, files] of Object.entries<Record<string, string>>({
        "in use": { ...loaded, ...others, "sys/module/ip_vs/refcnt": "1" },
        "in use, and has no parameters": { ...others, "proc/net/ip_vs": "" },
        "part of the kernel": { ...others, [`${lists}/modules.builtin`]: "kernel/net/netfilter/ipvs/ip_vs.ko\n" },
        "a module": dep("ip_vs.ko"),
        "a module that is compressed by xz": dep("ip_vs.ko.xz"),
        "a module that is compressed by zstd": dep("ip_vs.ko.zst"),
        "a module that is compressed by gzip": dep("ip_vs.ko.gz"),
    })) {
        it(`ipvs passes where ip_vs is ${what}`, async () => {
            write(files);
            assert.equal(await statusOf(), "PASS");
        });
    }

    it("ipvs is refused where the kernel comes without ip_vs, with a mode that works", async () => {
        write({ ...loaded, ...others });
        const [finding, ...more] = await check(emptyHost);
        assert.equal(
            formatFinding(finding ?? assert.fail("it was accepted"), "s07"),
            "FAIL  cluster.kubeProxyMode: ipvs needs the module ip_vs, and the kernel on which Docker runs containers has none\n" +
                "      For example: npm run set -- --stack s07 cluster.kubeProxyMode nftables",
        );
        assert.deepEqual(more, []);
    });

    it("ipvs is refused where the kernel loads no modules and ip_vs is no part of it", async () =>
        assert.equal(await statusOf(), "FAIL"));

    it("where the lists of the running kernel's modules are not here, nobody can tell: a warning", async () => {
        write({ ...loaded, "lib/modules/another/modules.dep": "" });
        assert.equal(await statusOf(), "WARN");
    });

    it("other modes ask nothing", async () => {
        for (const mode of ["iptables", "nftables"]) assert.deepEqual(await check(emptyHost, mode), []);
    });

    describe("where containers run on another kernel", () => {
        const elsewhere = { ...emptyHost, sharesKernel: false };
        const cluster = (running: boolean) => ({
            ...elsewhere,
            nodes: [...nodes("lb-s01"), ...nodes("lb-s07", running)],
        });
        /** A node that answers the question as a kernel with these files would. */
        const node = (name: string) =>
            stub(
                "docker",
                `case "$*" in "exec ${name} sh -c "*) ;; *) exit 1 ;; esac\nshift 2; exec "$1" "$2" "$3" sh "${root}"`,
            );

        it("without a cluster it is a warning that says what was not checked", async () => {
            write({ ...loaded, ...others });
            const [finding] = await check(elsewhere);
            assert.equal(finding?.status, "WARN");
            assert.match(finding.detail, /^not checked: ipvs needs the module ip_vs/);
            assert.equal(finding.example, "nftables");
        });

        it("a running node of the stack's cluster is asked", async () => {
            node("lb-s07-control-plane");
            write({ ...loaded, ...others });
            assert.equal(await statusOf(cluster(true)), "FAIL");
            write(dep("ip_vs.ko"));
            assert.equal(await statusOf(cluster(true)), "PASS");
        });

        it("a stopped node is not asked, and one that does not answer tells nothing", async () => {
            node("lb-s07-control-plane");
            assert.equal(await statusOf(cluster(false)), "WARN");
            stub("docker", "echo no shell >&2; exit 126");
            assert.equal(await statusOf(cluster(true)), "WARN");
        });

        it("a node is asked too where only the lists of modules are not here", async () => {
            write(loaded);
            stub("docker", "echo no");
            assert.equal(await statusOf({ ...cluster(true), sharesKernel: true }), "FAIL");
        });
    });
});
