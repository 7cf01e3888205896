import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { AddressRange, defaultPool } from "../../../lib/addressRange";
import type { DockerHost, DockerNetwork } from "../../../lib/dockerHost";
import type { LocalNetwork } from "../../../lib/localNetworks";
import { checkAddresses, newNetworkSubnet } from "../../../settings/addresses";
import type { Finding } from "../../../settings/finding";
import { parseValue, readSettings } from "../../../settings/schema";
import { emptyHost as fresh, host, nodes } from "./host";

/** Settings of which each has its dotted name. */
const settings = (given: Record<string, string | undefined> = {}, stack = "dev") => {
    const { addressPool, ...cluster } = given;
    const inCluster = Object.entries(cluster).map(([name, value]) => [
        name,
        parseValue(["cluster", name], value ?? ""),
    ]);
    return readSettings(
        {
            ...(addressPool !== undefined && { addressPool }),
            cluster: JSON.stringify(Object.fromEntries(inCluster)),
        },
        stack,
    );
};
const pool = (addressPool?: string, stack = "dev") => settings({ addressPool }, stack);
const failures = (read: ReturnType<typeof settings>, docker: DockerHost, local: LocalNetwork[] = []) =>
    checkAddresses(read, docker, local).filter(({ status }) => status !== "PASS");
const withKind = (changed: Partial<DockerNetwork>): DockerHost => ({
    ...fresh,
    networks: [
        ...fresh.networks,
        { name: "kind", subnets: ["172.18.0.0/16"], gateways: [], containers: [], ...changed },
    ],
});
const details = (findings: Finding[]) => findings.map(({ detail }) => detail).join("\n");

/** This machine's own networks: at home, and one of WSL or a VPN. */
const home = [
    { name: "eth0", subnet: "192.168.1.0/24", isRouted: false },
    { name: "tun0", subnet: "172.20.0.0/14", isRouted: false },
];

describe("addresses", () => {
    const refused: [string, DockerHost, RegExp][] = [
        ["172.19.255.200-172.19.255.219", host, /not inside the subnet of Docker's network "kind", 172.18.0.0\/16/],
        ["172.18.255.250-172.19.0.5", host, /not inside/],
        ["172.18.0.0/30", host, /172.18.0.1, the network's gateway/],
        ["172.18.0.2-172.18.0.9", host, /172.18.0.2, which the container lb-s01-control-plane has/],
        ["172.18.0.4-172.18.0.20", host, /overlaps 172.18.0.3-172.18.0.5, which Docker gives to the nodes/],
        ["172.18.9.0/24", host, /172.18.9.9, which the container registry has/],
        ["172.18.255.250-172.18.255.255", host, /172.18.255.255, the network's broadcast address/],
        ["172.18.201.30-172.18.201.40", host, /overlaps 172.18.201.0-172.18.201.31, the pool of the cluster lb-s01/],
        ["8.8.8.0/28", fresh, /not in a private range/],
        [
            "172.17.3.0/28",
            fresh,
            /network of 172.17.0.0\/16, which overlaps the Docker network "bridge" \(172.17.0.0\/16\)/,
        ],
        ["172.24.0.0/28", fresh, /holds 172.24.0.0, the network's own address/],
        ["172.24.255.250-172.24.255.255", fresh, /holds 172.24.255.255, the network's broadcast address/],
        ["172.24.255.250-172.25.0.5", fresh, /does not lie inside one \/16/],
        ["172.24.0.1-172.24.0.9", fresh, /172.24.0.1, the network's gateway/],
        [
            "172.24.0.4-172.24.0.9",
            fresh,
            /holds 172.24.0.4, which Docker gives|overlaps 172.24.0.2-172.24.0.4, which Docker gives/,
        ],
        [
            "192.168.1.240-192.168.1.250",
            fresh,
            /192.168.0.0\/16, which overlaps the network of eth0 \(192.168.1.0\/24\)/,
        ],
        ["172.22.0.200-172.22.0.210", fresh, /overlaps the network of tun0 \(172.20.0.0\/14\)/],
    ];
    for (const [range, docker, message] of refused) {
        it(`checkAddresses: the pool ${range} is refused ${docker === fresh ? "before there is a network" : "in the network"}, with one that is free`, () => {
            // The pods are elsewhere, so that a pool in the LAN passes all checks but this one.
            const others = { podSubnet: "10.244.0.0/16" };
            const findings = failures(settings({ addressPool: range, ...others }), docker, home);
            assert.ok(findings.length >= 1, "it was accepted");
            assert.match(details(findings), message);
            for (const { subject, example } of findings) {
                assert.equal(subject, "addressPool");
                assert.ok(example);
                assert.deepEqual(failures(settings({ addressPool: example, ...others }), docker, home), []);
            }
        });
    }

    for (const name of ["podSubnet", "serviceSubnet"] as const) {
        it(`checkAddresses: a pool whose /16 overlaps cluster.${name} is refused before there is a network`, () => {
            const given = { [name]: "10.77.128.0/17" };
            const [finding] = failures(settings({ addressPool: "10.77.0.200-10.77.0.210", ...given }), fresh);
            assert.match(finding?.detail ?? "", new RegExp(`10.77.0.0/16, which overlaps cluster.${name}`));
            assert.deepEqual(failures(settings({ addressPool: finding?.example, ...given }), fresh), []);
        });
    }

    for (const [range, docker] of [
        ["172.18.200.0-172.18.200.31", host],
        [undefined, host],
        [undefined, fresh],
        ["172.18.200.0-172.18.200.31", fresh],
        ["10.9.8.0/24", fresh],
    ] as const) {
        it(`checkAddresses: ${range ?? "the default pool"} is accepted${docker === fresh ? " before there is a network" : " in the network"}`, () =>
            assert.deepEqual(
                checkAddresses(pool(range), docker, home).map(({ status }) => status),
                ["PASS"],
            ));
    }

    it("checkAddresses: the default pool is refused where another cluster has a part of it", () => {
        const taken = { ...host, pools: [{ cluster: "lb-s01", addresses: "172.18.255.202-172.18.255.219" }] };
        const [finding] = failures(pool(), taken);
        assert.match(finding?.detail ?? "", /172.18.255.200-172.18.255.219 overlaps 172.18.255.202/);
        assert.equal(finding?.example, "172.18.255.180-172.18.255.199");
    });

    it("checkAddresses: the nodes that a cluster has keep no address that the next ones would get", () => {
        const containers = nodes("lb-dev").map(({ name }, index) => ({ name, address: `172.18.0.${index + 5}` }));
        const own = { ...withKind({ containers }), nodes: nodes("lb-dev") };
        assert.match(
            details(failures(pool("172.18.0.3-172.18.0.9"), own)),
            /172.18.0.2-172.18.0.4, which Docker gives/,
        );
        assert.deepEqual(failures(pool("172.18.0.8-172.18.0.19"), own), []);
    });

    it("checkAddresses: a pod or Service subnet that overlaps the nodes' network is refused, with one that does not", () => {
        for (const name of ["podSubnet", "serviceSubnet"] as const) {
            for (const [subnet, network, other] of [
                ["172.18.0.0/16", "172.18.0.0/16", {}],
                ["192.168.0.0/16", "192.168.16.0/20", name === "podSubnet" ? {} : { podSubnet: "10.96.0.0/16" }],
                ["10.244.0.0/16", "10.244.0.0/16", name === "podSubnet" ? { serviceSubnet: "192.168.0.0/16" } : {}],
            ] as const) {
                const docker = withKind({ subnets: [network] });
                const [finding] = failures(settings({ [name]: subnet, ...other }), docker);
                assert.equal(finding?.subject, `cluster.${name}`);
                assert.match(finding.detail, /network "kind"/);
                assert.deepEqual(failures(settings({ [name]: finding.example, ...other }), docker), []);
            }
        }
    });

    describe("the size of the nodes' network", () => {
        const kind = (subnet: string, addresses: string[] = []) =>
            withKind({
                subnets: [subnet],
                containers: addresses.map((address, index) => ({ name: `other-${index}`, address })),
            });

        for (const [subnet, workers, others, message] of [
            ["10.5.0.0/28", 2, 0, undefined],
            ["10.5.0.0/28", 9, 0, undefined],
            ["10.5.0.0/29", 1, 0, undefined],
            [
                "10.5.0.0/29",
                2,
                0,
                /10.5.0.0\/29 .* has 5 free addresses, and 6 are needed: 3 for the nodes and 3 .* A \/28 has/,
            ],
            [
                "10.5.0.0/30",
                1,
                0,
                /has 1 free addresses, and 5 are needed: 2 for the nodes and 3 for the pool\. A \/29 has/,
            ],
            ["10.5.0.0/31", 1, 0, /has 0 free/],
            ["10.5.0.0/28", 2, 8, /has 5 free addresses, and 6 are needed.* A \/27 has/],
            ["10.5.0.0/27", 2, 8, undefined],
        ] as const) {
            it(`checkAddresses: ${subnet} with ${workers} workers and ${others} other containers is ${message ? "too small" : "enough"}`, () => {
                const docker = kind(
                    subnet,
                    Array.from({ length: others }, (_, index) => `10.5.0.${index + 2}`),
                );
                const findings = failures(settings({ workers: String(workers) }), docker);
                if (message === undefined) assert.deepEqual(findings, []);
                else {
                    assert.match(details(findings), message);
                    for (const { subject, example, remedy } of findings) {
                        assert.match(remedy ?? "", /delete the clusters that are in it.*: docker network rm kind$/);
                        if (subject !== "cluster.workers") assert.equal(subject, "Docker network kind");
                        else assert.deepEqual(failures(settings({ workers: example }), docker), []);
                    }
                }
            });
        }

        it("checkAddresses: a network is refused, or its default pool is free of the network's own addresses and the nodes'", () => {
            const sizes = fc.integer({ min: 16, max: 32 });
            fc.assert(
                fc.property(sizes, fc.integer({ min: 1, max: 9 }), fc.nat(20), (prefix, workers, others) => {
                    const subnet = AddressRange.parse(`10.64.0.0/${prefix}`);
                    const inside = Array.from({ length: Math.min(others, Math.max(0, subnet.size - 3)) }, (_, index) =>
                        subnet.slice(index + 2, 1),
                    );
                    const docker = kind(
                        `10.64.0.0/${prefix}`,
                        inside.map(({ first }) => first),
                    );
                    const findings = failures(settings({ workers: String(workers) }), docker);
                    const room = subnet.size - 3 - inside.length;
                    if (room < workers + 1 + 3) {
                        assert.ok(findings.length > 0);
                        return;
                    }
                    const proposed = findings[0]?.example ?? defaultPool(subnet).toString();
                    assert.deepEqual(
                        failures(settings({ workers: String(workers), addressPool: proposed }), docker),
                        [],
                    );
                    const chosen = AddressRange.parse(proposed);
                    assert.ok(subnet.contains(chosen) && chosen.size >= 3);
                    for (const at of [0, 1, subnet.size - 1]) assert.ok(!chosen.contains(subnet.slice(at, 1)));
                    // All containers and nodes find an address outside of it.
                    assert.ok(subnet.indexOf(chosen.first) >= 2 + inside.length + workers + 1);
                }),
            );
        });

        it("checkAddresses: a gateway anywhere is no part of the pool", () => {
            const docker = withKind({ subnets: ["10.5.0.0/28"], gateways: ["10.5.0.14"] });
            const [finding] = failures(pool(), docker);
            assert.match(finding?.detail ?? "", /holds 10.5.0.14, the network's gateway/);
            assert.deepEqual(failures(pool(finding?.example), docker), []);
        });

        it("checkAddresses: a network without IPv4 is refused, with the command that removes it", () => {
            const docker = withKind({ subnets: [] });
            const [finding] = failures(pool(), docker);
            assert.equal(finding?.subject, "Docker network kind");
            assert.match(finding.detail, /no IPv4 subnet/);
            assert.match(finding.remedy ?? "", /docker network rm kind$/);
            assert.equal(newNetworkSubnet(pool(), docker, []), undefined);
        });
    });

    describe("the subnet of a new network", () => {
        const docker = (...subnets: string[]): DockerHost => ({
            ...fresh,
            networks: subnets.map((subnet) => ({ name: subnet, subnets: [subnet], gateways: [], containers: [] })),
        });

        it("newNetworkSubnet: is the /16 around the pool, or the first that is free", () => {
            assert.equal(newNetworkSubnet(pool("172.20.7.0/24"), fresh, []), "172.20.0.0/16");
            assert.equal(newNetworkSubnet(pool(), fresh, []), "172.18.0.0/16");
            assert.equal(newNetworkSubnet(pool(), docker("172.18.0.0/16", "172.19.128.0/20"), home), "172.24.0.0/16");
            const subnets = settings({ podSubnet: "172.16.0.0/14", serviceSubnet: "172.20.0.0/16" });
            assert.equal(newNetworkSubnet(subnets, fresh, []), "172.21.0.0/16");
        });

        it("newNetworkSubnet: is free of routes too, unless they lead to every block", () => {
            const vpn = (subnet: string) => [{ name: "tun0", subnet, isRouted: true }];
            assert.equal(newNetworkSubnet(pool(), fresh, vpn("172.16.0.0/13")), "172.24.0.0/16");
            assert.equal(newNetworkSubnet(pool(), fresh, vpn("172.16.0.0/12")), "172.18.0.0/16");
            assert.deepEqual(failures(pool("172.20.7.0/24"), fresh, vpn("172.16.0.0/12")), []);
        });

        it("newNetworkSubnet: none where the network exists", () => {
            assert.equal(newNetworkSubnet(pool(), host, []), undefined);
            assert.equal(newNetworkSubnet(pool("172.18.7.0/24"), host, []), undefined);
        });

        it("newNetworkSubnet: where no block is free it is none, and the pool has to be set, with one that will do", () => {
            const full = docker(...Array.from({ length: 15 }, (_, index) => `172.${17 + index}.0.0/16`));
            assert.equal(newNetworkSubnet(pool(), full, home), undefined);
            const [finding] = failures(pool(), full, home);
            assert.equal(finding?.subject, "addressPool");
            assert.match(finding.detail, /no block from 172.18.0.0\/16 to 172.31.0.0\/16 is free/);
            assert.deepEqual(failures(pool(finding.example), full, home), []);
            assert.equal(newNetworkSubnet(pool(finding.example), full, home), "10.200.0.0/16");
        });

        it("newNetworkSubnet: overlaps no network of Docker or of this machine, no pods and no Services", () => {
            const blocks = fc.array(
                fc.tuple(fc.integer({ min: 16, max: 31 }), fc.integer({ min: 12, max: 24 })).map(([second, prefix]) => {
                    const range = AddressRange.parse(`172.${second}.64.0/32`).enclosing(prefix);
                    return `${range?.first}/${prefix}`;
                }),
                { maxLength: 12 },
            );
            fc.assert(
                fc.property(blocks, blocks, (networks, local) => {
                    const own = local.map((subnet) => ({ name: "eth0", subnet, isRouted: false }));
                    const subnet = newNetworkSubnet(pool(), docker(...networks), own);
                    if (subnet === undefined) {
                        assert.equal(failures(pool(), docker(...networks), own).length, 1);
                        return;
                    }
                    const block = AddressRange.parse(subnet);
                    for (const other of [...networks, ...local, "192.168.0.0/16", "10.96.0.0/16"]) {
                        assert.ok(!block.overlaps(AddressRange.parse(other)), `${subnet} ${other}`);
                    }
                    assert.deepEqual(failures(pool(), docker(...networks), own), []);
                }),
            );
        });
    });
});
