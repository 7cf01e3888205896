import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { AddressRange } from "./addressRange";

/** An IPv4 network that this machine reaches without its default route. */
export interface LocalNetwork {
    /** The interface. */
    name: string;
    /** In CIDR notation. */
    subnet: string;
    /** Whether other machines lead there, as into a VPN. Otherwise it is the interface's own network. */
    isRouted: boolean;
}

/** A route of Linux that leads nowhere: https://man7.org/linux/man-pages/man8/ip-route.8.html (unreachable, prohibit). */
const reject = 0x200;

/**
 * The networks of this machine's interfaces, and those that its routing table names, as a VPN's. Docker's own bridges are among
 * them.
 */
export function localNetworks(interfaces = networkInterfaces(), routes = readRoutes()): LocalNetwork[] {
    const own = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
        addresses.flatMap(({ family, internal, address, cidr }) => {
            if (family !== "IPv4" || internal || cidr === null) return [];
            const prefix = Number(cidr.split("/")[1]);
            const network = AddressRange.parse(`${address}/32`).enclosing(prefix);
            return network === undefined ? [] : [{ name, subnet: `${network.first}/${prefix}`, isRouted: false }];
        }),
    );
    const known = new Set(own.map(({ subnet }) => subnet));
    return [...own, ...parseRoutes(routes).filter(({ subnet }) => !known.has(subnet))];
}

/** Linux's routing table; empty on other systems. */
function readRoutes(): string {
    try {
        return readFileSync("/proc/net/route", "utf8");
    } catch {
        return "";
    }
}

/** Reads Linux's table, in which each number is hexadecimal with the lowest byte first. */
function parseRoutes(table: string): LocalNetwork[] {
    return table.split("\n").flatMap((line) => {
        const [name = "", destination = "", , flags = "", , , , mask = ""] = line.trim().split(/\s+/);
        if (!/^[0-9A-F]{8}$/i.test(destination) || !/^[0-9A-F]{8}$/i.test(mask)) return [];
        if ((parseInt(flags, 16) & reject) !== 0) return [];
        const prefix = bytes(mask).reduce((ones, byte) => ones + byte.toString(2).replaceAll("0", "").length, 0);
        // A larger one is not a network: a VPN that takes all traffic has two halves of the internet.
        return prefix < 8 ? [] : [{ name, subnet: `${bytes(destination).join(".")}/${prefix}`, isRouted: true }];
    });
}

function bytes(littleEndian: string): number[] {
    return (littleEndian.match(/../g) ?? []).map((byte) => parseInt(byte, 16)).reverse();
}
