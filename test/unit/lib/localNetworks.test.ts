import * as assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { localNetworks } from "../../../lib/localNetworks";

const address = (text: string, prefix: number, internal = false): NetworkInterfaceInfo => ({
    address: text,
    netmask: "",
    family: "IPv4",
    mac: "",
    internal,
    cidr: `${text}/${prefix}`,
});

describe("local networks", () => {
    it("localNetworks: are the networks of the interfaces that lead out of this machine", () => {
        const interfaces = {
            lo: [address("127.0.0.1", 8, true)],
            eth0: [address("192.168.1.23", 24), { ...address("fe80::1", 64), family: "IPv6" as const, scopeid: 1 }],
            tun0: [address("10.8.0.6", 32)],
        };
        assert.deepEqual(localNetworks(interfaces, ""), [
            { name: "eth0", subnet: "192.168.1.0/24", isRouted: false },
            { name: "tun0", subnet: "10.8.0.6/32", isRouted: false },
        ]);
    });

    it("localNetworks: are those of Linux's routing table too, but for the default route, the halves of the internet, and routes that lead nowhere", () => {
        const table = [
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
            "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
            "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0",
            "tun0\t00000080\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0",
            "tun0\t000010AC\t00000000\t0001\t0\t0\t0\t0000F0FF\t0\t0\t0",
            "*\t0000000A\t00000000\t0201\t0\t0\t0\t000000FF\t0\t0\t0",
        ].join("\n");
        assert.deepEqual(localNetworks({ eth0: [address("192.168.1.23", 24)] }, table), [
            { name: "eth0", subnet: "192.168.1.0/24", isRouted: false },
            { name: "tun0", subnet: "172.16.0.0/12", isRouted: true },
        ]);
    });

    it("localNetworks: can be read on this machine", () => {
        for (const { subnet } of localNetworks()) assert.match(subnet, /^\d+(\.\d+){3}\/\d+$/);
    });
});
