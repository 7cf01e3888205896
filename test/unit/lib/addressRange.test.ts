import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { AddressRange, defaultPool, freePool } from "../../../lib/addressRange";

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
    const subnet = fc
        .tuple(number, fc.integer({ min: 12, max: 27 }))
        .map(([address, prefix]) =>
            AddressRange.parse(`${dotted(Math.floor(address / 2 ** (32 - prefix)) * 2 ** (32 - prefix))}/${prefix}`),
        );

    it("defaultPool: lies inside any subnet, without its first and last address", () => {
        fc.assert(
            fc.property(subnet, (network) => {
                const pool = defaultPool(network);
                assert.ok(network.contains(pool));
                assert.ok(pool.size >= 2 && !pool.contains(network.first) && !pool.contains(network.last));
            }),
        );
        assert.equal(defaultPool(AddressRange.parse("172.18.0.0/16")).toString(), "172.18.255.200-172.18.255.219");
        assert.equal(defaultPool(AddressRange.parse("10.5.0.0/24")).toString(), "10.5.0.200-10.5.0.219");
    });

    it("freePool: overlaps no range that is used", () => {
        fc.assert(
            fc.property(subnet, fc.array(fc.tuple(fc.nat(), fc.nat(40)), { maxLength: 20 }), (network, places) => {
                const taken = places.map(([at, size]) => {
                    const from = at % network.size;
                    return network.slice(from, Math.min(size + 1, network.size - from));
                });
                const pool = freePool(network, taken);
                if (pool === undefined) return;
                assert.ok(network.contains(pool) && !pool.contains(network.first) && !pool.contains(network.last));
                assert.ok(!taken.some((range) => range.overlaps(pool)));
            }),
        );
    });

    it("freePool: finds a range where the default is used, and none where no address is left", () => {
        const network = AddressRange.parse("172.18.0.0/24");
        assert.equal(freePool(network, [defaultPool(network)])?.toString(), "172.18.0.180-172.18.0.199");
        assert.equal(freePool(network, [network]), undefined);
    });
});
