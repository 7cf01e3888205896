import { firstFree, type AddressRange } from "../lib/addressRange";

/** Subnets to propose: the default first, then others that are seldom used. */
const proposals = {
    podSubnet: ["192.168.0.0/16", "10.244.0.0/16", "172.16.0.0/16", "10.200.0.0/16"],
    serviceSubnet: ["10.96.0.0/16", "10.112.0.0/16", "172.30.0.0/16", "10.201.0.0/16"],
};

/** A subnet for pods or Services that overlaps no range of `used`. */
export function freeSubnet(setting: keyof typeof proposals, used: AddressRange[]): string | undefined {
    return firstFree(proposals[setting], used);
}
