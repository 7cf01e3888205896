import * as assert from "node:assert/strict";
import { hostname } from "node:os";
import { DockerError } from "../../../lib/docker";
import { readDockerHost, type LocalMachine } from "../../../lib/dockerHost";
import { dockerEngine, useStubs } from "../../support/stubs";

describe("docker host", () => {
    const { stub } = useStubs();
    const bridge = { Name: "bridge", IPAM: { Config: [{ Subnet: "172.17.0.0/16" }] }, Containers: null };
    const kind = {
        Name: "kind",
        IPAM: { Config: [{ Subnet: "172.18.0.0/16", Gateway: "172.18.0.1" }] },
        Containers: null,
    };

    /** A Docker that says this of itself. */
    const engine = (info: object = {}, networks: object[] = [bridge, kind], container = "none") =>
        stub(
            "docker",
            `case "$*" in ${dockerEngine}
            "ps --quiet --filter id=${container}") echo ${container} ;;
            info*) echo '${JSON.stringify({ Name: "laptop", SecurityOptions: ["name=seccomp"], ...info })}' ;;
            "network ls"*) echo 1 ;;
            "network inspect"*) echo '${JSON.stringify(networks)}' ;;
            esac`,
        );
    /** The machine that runs this, with addresses of its own. */
    const machine = (addresses: string[], more: Partial<LocalMachine> = {}): LocalMachine => ({
        hostname: "laptop",
        kernel: "6.12.0-lab",
        hasAddress: (address) => Promise.resolve(addresses.includes(address)),
        ...more,
    });
    const isReachable = async (local: LocalMachine) => (await readDockerHost("lb-dev", local)).addressesReachable;

    it("addresses can be reached where the machine has the address of kind's gateway", async () => {
        engine();
        assert.equal(await isReachable(machine(["172.17.0.1", "172.18.0.1"])), true);
    });

    it("addresses can't be reached where only the default bridge is here: kind's network is another engine's", async () => {
        engine();
        assert.equal(await isReachable(machine(["172.17.0.1"])), false);
    });

    it("before there is a network kind, the default bridge tells, whose gateway is its first address where none is named", async () => {
        engine({}, [bridge]);
        assert.equal(await isReachable(machine(["172.17.0.1"])), true);
        assert.equal(await isReachable(machine(["10.0.0.7"])), false);
    });

    it("without any bridge, an engine on this machine is taken for reachable", async () => {
        engine({}, []);
        assert.equal(await isReachable(machine([])), true);
    });

    for (const [what, info] of [
        ["Docker Desktop", { Name: "docker-desktop" }],
        ["Colima", { Name: "colima" }],
        ["Rancher Desktop", { Name: "lima-rancher-desktop" }],
        ["rootless Docker", { SecurityOptions: ["name=rootless", "name=cgroupns"] }],
    ] as const) {
        it(`with ${what} addresses can't be reached, even where another engine has the same ones here`, async () => {
            engine(info);
            assert.equal(await isReachable(machine(["172.17.0.1", "172.18.0.1"])), false);
        });
    }

    for (const [what, info, shared] of [
        ["an engine on this machine", { KernelVersion: "6.12.0-lab" }, true],
        ["an engine in a virtual machine that has this one's name", { KernelVersion: "6.10.14-linuxkit" }, false],
        // All of WSL 2 has one kernel. What a distribution has of its modules is its own.
        ["Docker Desktop for WSL", { Name: "docker-desktop", KernelVersion: "6.12.0-lab" }, false],
    ] as const) {
        it(`the containers of ${what} ${shared ? "" : "don't "}run on this kernel`, async () => {
            engine(info);
            assert.equal((await readDockerHost("lb-dev", machine([]))).sharesKernel, shared);
        });
    }

    it("in a container with the network and the name of its machine, addresses can be reached", async () => {
        engine();
        assert.equal(await isReachable(machine(["172.18.0.1"])), true);
    });

    it("in a container of the engine, with a network of its own, the engine is refused", async () => {
        engine({}, [bridge, kind], "3f1c2d4e5a6b");
        await assert.rejects(
            readDockerHost("lb-dev", machine([], { hostname: "3f1c2d4e5a6b" })),
            (error: Error) => error instanceof DockerError && /--network=host/.test(error.message),
        );
        assert.equal(await isReachable(machine([], { hostname: "3f1c2d4e5a6c" })), false, "another engine's container");
    });

    for (const host of ["tcp://10.1.2.3:2376", "ssh://ada@server", "tcp://minikube:2376"]) {
        it(`an engine at ${host} is refused before it is asked`, async () => {
            stub("docker", "echo docker was asked >&2; exit 1");
            process.env.DOCKER_HOST = host;
            await assert.rejects(readDockerHost("lb-dev", machine([])), (error: Error) => {
                assert.ok(error instanceof DockerError);
                assert.match(error.message, /on another machine/);
                assert.match(error.message, /unset DOCKER_HOST/);
                return true;
            });
        });
    }

    it("an engine that a context leads to is refused as well, and a login in its address is not shown", async () => {
        stub("docker", `echo '[{"Endpoints":{"docker":{"Host":"ssh://ada:pa55@server"}},"Storage":{"TLSPath":""}}]'`);
        await assert.rejects(readDockerHost("lb-dev", machine([])), (error: Error) => {
            assert.match(error.message, /ssh:\/\/\*\*\*@server/);
            assert.doesNotMatch(error.message, /pa55/);
            return true;
        });
    });

    it("an engine at a port of this machine is asked", async () => {
        engine();
        for (const host of ["tcp://127.0.0.1:2375", "tcp://[::1]:2375"]) {
            process.env.DOCKER_HOST = host;
            assert.equal(await isReachable(machine(["172.18.0.1"])), true);
        }
    });

    it("an address of this machine is found on every interface, and no other", async () => {
        engine({ Name: hostname() }, [
            { ...kind, IPAM: { Config: [{ Subnet: "127.0.0.0/8", Gateway: "127.0.0.1" }] } },
        ]);
        assert.equal((await readDockerHost("lb-dev")).addressesReachable, true);
        // TEST-NET-1: no machine has it.
        engine({ Name: hostname() }, [
            { ...kind, IPAM: { Config: [{ Subnet: "192.0.2.0/24", Gateway: "192.0.2.1" }] } },
        ]);
        assert.equal((await readDockerHost("lb-dev")).addressesReachable, false);
    });

    it("pools are those of the other clusters that run, as they say themselves", async () => {
        const nodes = [
            "lb-dev\tlb-dev-control-plane\trunning\t",
            "lb-s01\tlb-s01-control-plane\trunning\t",
            "lb-s01\tlb-s01-worker\trunning\t",
            "lb-s02\tlb-s02-control-plane\texited\t",
        ];
        stub(
            "docker",
            `case "$*" in ${dockerEngine}
            info*) echo '{"Name":"laptop","SecurityOptions":[]}' ;;
            "network ls"*) ;;
            "ps --all"*) printf '%s\\n' '${nodes.join("' '")}' ;;
            "exec lb-s01-control-plane kubectl "*) echo "172.18.201.2-172.18.201.15 172.18.201.0/31" ;;
            "exec "*) echo "172.18.99.0/24" ;;
            esac`,
        );
        assert.deepEqual((await readDockerHost("lb-dev", machine([]))).pools, [
            { cluster: "lb-s01", addresses: "172.18.201.2-172.18.201.15" },
            { cluster: "lb-s01", addresses: "172.18.201.0/31" },
        ]);
    });
});
