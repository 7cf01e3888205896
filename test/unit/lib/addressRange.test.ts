import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { AddressRange, defaultPool, firstFree, freePool, prefixFor, smallestPool } from "../../../lib/addressRange";

const number = fc.integer({ min: 0, max: 0xffffffff });
const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
const span = fc.tuple(number, number).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const parse = ([first, last]: readonly [number, number]) => AddressRange.parse(`${dotted(first)}-${dotted(last)}`);

describe("AddressRange", () => {
    it("AddressRange: reads what it writes, and counts the addresses", () => {
        fc.assert(
            fc.property(span, ([first, last]) => {
                const range = parse([first, last]);
                assert.equal(range.toString(), `${dotted(first)}-${dotted(last)}`);
                assert.equal(range.size, last - first + 1);
                assert.equal(AddressRange.parse(range.toString()).toString(), range.toString());
            }),
        );
    });

    it("AddressRange: reads CIDR as the block's first to last address, and refuses an address that does not start the block", () => {
        fc.assert(
            fc.property(number, fc.integer({ min: 1, max: 32 }), (address, prefix) => {
                const size = 2 ** (32 - prefix);
                const first = Math.floor(address / size) * size;
                const range = AddressRange.parse(`${dotted(first)}/${prefix}`);
                assert.equal(range.toString(), parse([first, first + size - 1]).toString());
                if (address !== first) {
                    assert.throws(() => AddressRange.parse(`${dotted(address)}/${prefix}`), /start of a block/);
                }
            }),
        );
    });

    it("AddressRange: overlaps and contains ranges as their numbers do", () => {
        fc.assert(
            fc.property(span, span, ([a, b], [c, d]) => {
                assert.equal(parse([a, b]).overlaps(parse([c, d])), a <= d && c <= b);
                assert.equal(parse([a, b]).contains(parse([c, d])), a <= c && d <= b);
                assert.equal(parse([a, b]).contains(dotted(c)), a <= c && c <= b);
            }),
        );
    });

    it("AddressRange: slices leave no gap between them", () => {
        fc.assert(
            fc.property(span, fc.nat(1000), ([first, last], at) => {
                fc.pre(last - first > at);
                const range = parse([first, last]);
                const [head, tail] = [range.slice(0, at + 1), range.slice(at + 1)];
                assert.equal(head.size + tail.size, range.size);
                assert.equal(head.first, range.first);
                assert.equal(tail.last, range.last);
                assert.ok(!head.overlaps(tail));
                assert.equal(range.indexOf(tail.first), at + 1);
                assert.throws(() => range.slice(0, range.size + 1), /addresses/);
            }),
        );
    });

    for (const [text, reason] of [
        ["", /neither start-end nor CIDR/],
        ["172.18.0.1", /neither start-end nor CIDR/],
        ["172.18.0.1-172.18.0.2-172.18.0.3", /neither start-end nor CIDR/],
        ["172.18.0.9-172.18.0.2", /ends before it starts/],
        ["172.18.0.300-172.18.0.2", /"172.18.0.300" where an IPv4 address/],
        ["172.18.0.1-", /"" where an IPv4 address/],
        ["172.18.0.0/33", /prefix length 33/],
        ["172.18.0.0/x", /prefix length x/],
        ["fc00::1-fc00::2", /"fc00::1" where an IPv4 address/],
    ] as const) {
        it(`AddressRange: refuses "${text}"`, () => assert.throws(() => AddressRange.parse(text), reason));
    }
});

describe("pools", () => {
    const subnetOf = (shortest: number, longest: number) =>
        fc
            .tuple(number, fc.integer({ min: shortest, max: longest }))
            .map(([address, prefix]) =>
                AddressRange.parse(
                    `${dotted(Math.floor(address / 2 ** (32 - prefix)) * 2 ** (32 - prefix))}/${prefix}`,
                ),
            );
    const subnet = subnetOf(8, 32);
    /** Whether a range is one that the network itself does not need. */
    const isFit = (network: AddressRange, pool: AddressRange) =>
        network.contains(pool) &&
        pool.size >= smallestPool &&
        !pool.contains(network.first) &&
        !pool.contains(network.slice(1, 1).first) &&
        !pool.contains(network.last);

    it("defaultPool: has room and lies inside any subnet, without its first, second and last address; or is refused", () => {
        fc.assert(
            fc.property(subnet, (network) => {
                if (network.size < 8) assert.throws(() => defaultPool(network), /too few for a pool of 3/);
                else assert.ok(isFit(network, defaultPool(network)));
            }),
        );
    });

    for (const [network, pool] of [
        ["172.18.0.0/16", "172.18.255.200-172.18.255.219"],
        ["10.5.0.0/24", "10.5.0.200-10.5.0.219"],
        ["10.5.0.0/26", "10.5.0.50-10.5.0.54"],
        ["10.5.0.0/27", "10.5.0.25-10.5.0.27"],
        ["10.5.0.0/28", "10.5.0.12-10.5.0.14"],
        ["10.5.0.0/29", "10.5.0.4-10.5.0.6"],
    ] as const) {
        it(`defaultPool: of ${network} it is ${pool}`, () =>
            assert.equal(defaultPool(AddressRange.parse(network)).toString(), pool));
    }

    const gateway = (network: AddressRange) => network.slice(1, 1);
    const ranges = fc.array(fc.tuple(fc.nat(), fc.nat(40)), { maxLength: 20 });
    const within = (network: AddressRange, places: [number, number][]) =>
        places.map(([at, size]) => {
            const from = at % network.size;
            return network.slice(from, Math.min(size + 1, network.size - from));
        });

    it("freePool: is fit and overlaps no range that is used", () => {
        fc.assert(
            fc.property(subnetOf(8, 30), ranges, (network, places) => {
                const taken = [gateway(network), ...within(network, places)];
                const pool = freePool(network, taken);
                if (pool === undefined) return;
                assert.ok(isFit(network, pool));
                assert.ok(!taken.some((range) => range.overlaps(pool)));
            }),
        );
    });

    it("freePool: finds one wherever there is room for one", () => {
        fc.assert(
            fc.property(subnetOf(24, 30), ranges, (network, places) => {
                const taken = [gateway(network), ...within(network, places)];
                const starts = Array.from({ length: Math.max(0, network.size - 4) }, (_, index) => index + 1);
                const isFree = (from: number) =>
                    !taken.some((range) => range.overlaps(network.slice(from, smallestPool)));
                assert.equal(freePool(network, taken) !== undefined, starts.some(isFree) && network.size >= 6);
            }),
        );
    });

    it("freePool: finds a range where the default is used, and none where no address is left", () => {
        const network = AddressRange.parse("172.18.0.0/24");
        assert.equal(freePool(network, [defaultPool(network)])?.toString(), "172.18.0.180-172.18.0.199");
        assert.equal(freePool(network, [network]), undefined);
        const large = AddressRange.parse("10.0.0.0/8");
        assert.equal(freePool(large, [large]), undefined);
    });

    it("firstFree: is the first block that overlaps nothing", () => {
        const used = [AddressRange.parse("172.18.7.0/24")];
        assert.equal(firstFree(["172.18.0.0/16", "172.19.0.0/16"], used), "172.19.0.0/16");
        assert.equal(firstFree(["172.18.0.0/16"], used), undefined);
    });

    it("prefixFor: is that of the smallest subnet with so many addresses", () => {
        fc.assert(
            fc.property(fc.integer({ min: 2, max: 2 ** 20 }), (addresses) => {
                const size = 2 ** (32 - prefixFor(addresses));
                assert.ok(size >= addresses && size / 2 < addresses);
            }),
        );
    });
});
