import * as assert from "node:assert/strict";
import type { DockerHost } from "../../../lib/dockerHost";
import { checkAddressPool, checkSubnets } from "../../../settings/addresses";
import { readSettings } from "../../../settings/schema";
import { emptyHost as fresh, host } from "./host";

const pool = (addressPool?: string, stack = "dev") =>
    readSettings(addressPool === undefined ? {} : { addressPool }, stack);
const failures = (...given: Parameters<typeof checkAddressPool>) =>
    checkAddressPool(...given).filter(({ status }) => status !== "PASS");

describe("addresses", () => {
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
        it(`checkAddressPool: ${range} is refused ${docker === fresh ? "before there is a network" : "in the network"}, with one that is free`, () => {
            const findings = failures(pool(range), docker);
            assert.ok(findings.length >= 1, "it was accepted");
            assert.match(findings.map((finding) => finding.detail).join("\n"), message);
            for (const { subject, example } of findings) {
                assert.equal(subject, "addressPool");
                assert.deepEqual(failures(pool(example), docker), []);
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
        it(`checkAddressPool: ${range ?? "the default"} is accepted for ${stack}${docker === fresh ? " before there is a network" : " in the network"}`, () =>
            assert.deepEqual(
                checkAddressPool(pool(range, stack), docker).map(({ status }) => status),
                ["PASS"],
            ));
    }

    it("checkAddressPool: the default pool is refused where another cluster has a part of it", () => {
        const taken = { ...host, pools: [{ cluster: "lb-s01", addresses: "172.18.255.202-172.18.255.219" }] };
        const [finding] = failures(pool(), taken);
        assert.match(finding?.detail ?? "", /172.18.255.200-172.18.255.219 overlaps 172.18.255.202/);
        assert.equal(finding?.example, "172.18.255.180-172.18.255.199");
    });

    it("checkSubnets: a pod subnet that overlaps the nodes' network is refused, with one that does not", () => {
        const subnet = (podSubnet: string) => readSettings({ cluster: JSON.stringify({ podSubnet }) }, "dev");
        const [finding] = checkSubnets(subnet("172.18.0.0/16"), host);
        assert.equal(finding?.subject, "cluster.podSubnet");
        assert.match(finding?.detail ?? "", /network "kind"/);
        assert.deepEqual(checkSubnets(subnet(finding?.example ?? ""), host), []);
    });
});
