import { IPv4, IPv4CidrRange, RangedSet } from "ip-num";

/** Consecutive IPv4 addresses, both ends included. */
export class AddressRange {
    private constructor(private readonly range: RangedSet<IPv4>) {}

    /**
     * Reads `172.18.255.200-172.18.255.219` or `172.18.255.192/27`, the two forms of an IPAddressPool:
     * https://metallb.io/configuration/#defining-the-ips-to-assign-to-the-load-balancer-services
     *
     * @throws {Error} whose message says what is wrong with the text.
     */
    static parse(text: string): AddressRange {
        const [first = "", last, ...more] = text.split(text.includes("/") ? "/" : "-").map((part) => part.trim());
        if (last === undefined || more.length > 0) throw new Error("is neither start-end nor CIDR");
        if (text.includes("/")) {
            const address = parseAddress(first);
            if (!/^\d+$/.test(last) || Number(last) > 32) {
                throw new Error(`has the prefix length ${last}, not one of 0 to 32`);
            }
            const range = RangedSet.fromCidrRange(IPv4CidrRange.fromCidr(`${first}/${last}`));
            if (!range.getFirst().isEquals(address)) {
                throw new Error(`is not the start of a block of that size (${range.getFirst().toString()}/${last} is)`);
            }
            return new AddressRange(range);
        }
        const [start, end] = [parseAddress(first), parseAddress(last)];
        if (start.isGreaterThan(end)) throw new Error("ends before it starts");
        return new AddressRange(new RangedSet(start, end));
    }

    /** The range between two numbers, as 32-bit values. */
    private static between(first: bigint, last: bigint): AddressRange {
        return new AddressRange(new RangedSet(IPv4.fromNumber(first), IPv4.fromNumber(last)));
    }

    /** How many addresses. */
    get size(): number {
        return Number(this.range.getSize());
    }

    get first(): string {
        return this.range.getFirst().toString();
    }

    get last(): string {
        return this.range.getLast().toString();
    }

    /** Whether all of another range, or an address, lies in this one. */
    contains(other: AddressRange | string): boolean {
        const { range } = typeof other === "string" ? AddressRange.parse(`${other}/32`) : other;
        return this.start <= range.getFirst().getValue() && range.getLast().getValue() <= this.end;
    }

    /** Whether the two have an address in common. */
    overlaps(other: AddressRange): boolean {
        return this.start <= other.end && other.start <= this.end;
    }

    /**
     * The part of this range from its `from`th address (0 is the first), `count` addresses or all that follow.
     *
     * @throws {Error} where the range has fewer addresses.
     */
    slice(from: number, count = this.size - from): AddressRange {
        if (from < 0 || count < 1 || from + count > this.size) {
            throw new Error(`${this.toString()} has ${this.size} addresses, not ${from + count}`);
        }
        const first = this.start + BigInt(from);
        return AddressRange.between(first, first + BigInt(count) - 1n);
    }

    /** How many addresses of this range come before that one. */
    indexOf(address: string): number {
        return Number(parseAddress(address).getValue() - this.start);
    }

    /** The block of 2^(32-`prefix`) addresses that contains this range; none where the range is in more than one. */
    enclosing(prefix: number): AddressRange | undefined {
        const block = new AddressRange(RangedSet.fromCidrRange(IPv4CidrRange.fromCidr(`${this.first}/${prefix}`)));
        return block.contains(this) ? block : undefined;
    }

    /** As `start-end`. */
    toString(): string {
        return `${this.first}-${this.last}`;
    }

    private get start(): bigint {
        return this.range.getFirst().getValue();
    }

    private get end(): bigint {
        return this.range.getLast().getValue();
    }
}

function parseAddress(text: string): IPv4 {
    try {
        return IPv4.fromDecimalDottedString(text);
    } catch {
        throw new Error(`has "${text}" where an IPv4 address belongs`);
    }
}

/** A pool has at least this many addresses: two that a stack keeps for itself, and one for a Service of the user's own. */
export const smallestPool = 3;

/** The prefix length of the smallest subnet with that many addresses. */
export function prefixFor(addresses: number): number {
    return 32 - Math.ceil(Math.log2(addresses));
}

/** The first of some blocks, CIDR, that overlaps no range of `used`. */
export function firstFree(blocks: string[], used: AddressRange[]): string | undefined {
    return blocks.find((block) => !used.some((range) => range.overlaps(AddressRange.parse(block))));
}

/**
 * The pool of a stack that sets none: the 200th to 219th address of the subnet's last 256. Docker gives out addresses from the
 * subnet's start, far from there. Of a smaller subnet it is the same share, but at least {@link smallestPool} addresses, and never
 * the subnet's first, its second, which is usually Docker's own, and its last.
 *
 * @throws {Error} where the subnet is too small for that.
 */
export function defaultPool(subnet: AddressRange): AddressRange {
    const block = subnet.slice(Math.max(0, subnet.size - 256));
    const size = Math.max(smallestPool, Math.floor((block.size * 20) / 256));
    const from = Math.min(Math.floor((block.size * 200) / 256), block.size - 1 - size);
    if (from < 2) {
        throw new Error(`${subnet.toString()} has ${subnet.size} addresses, too few for a pool of ${smallestPool}`);
    }
    return block.slice(from, size);
}

/**
 * A range in the subnet that overlaps no range of `used`: of the default pool's size, or where there is none, of
 * {@link smallestPool} addresses. None where there is no such range either.
 */
export function freePool(subnet: AddressRange, used: AddressRange[]): AddressRange | undefined {
    if (subnet.size < 3 + smallestPool) return undefined;
    const preferred = defaultPool(subnet);
    return (
        highestFree(subnet, used, subnet.indexOf(preferred.first), preferred.size, preferred.size) ??
        highestFree(subnet, used, subnet.size - 1 - smallestPool, smallestPool, 1)
    );
}

/** Goes down from the `from`th address by `step`, and never to the subnet's own first address. */
function highestFree(subnet: AddressRange, used: AddressRange[], from: number, size: number, step: number) {
    for (let at = from; at > 0;) {
        const candidate = subnet.slice(at, size);
        const taken = used.find((range) => range.overlaps(candidate));
        if (taken === undefined) return candidate;
        // A range may be as large as the subnet: all of it is left behind at once.
        at -= Math.max(1, Math.ceil((at + size - subnet.indexOf(taken.first)) / step)) * step;
    }
    return undefined;
}
