/** Chooses the pod of each request, from 0. */
export type Picker = () => number;

/** A sequence of numbers from 0 to below 1 that is the same in each run: https://prng.di.unimi.it/splitmix64.c, on 32 bits. */
export function seeded(seed: number): () => number {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x9e3779b9) >>> 0;
        let z = state;
        z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
        z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
        return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
    };
}

/** Each with the same chance, as kube-proxy does in iptables mode. */
export const atRandom =
    (pods: number, random: () => number): Picker =>
    () =>
        Math.floor(random() * pods);

/** One after the other, as kube-proxy does in ipvs mode, beginning with any. */
export function inTurn(pods: number, random: () => number): Picker {
    let next = Math.floor(random() * pods);
    return () => next++ % pods;
}

/** Several workers, each in turn by itself, as ingress-nginx has them. Which one gets a request is chance. */
export function workersInTurn(pods: number, workers: number, random: () => number): Picker {
    const each = Array.from({ length: workers }, () => inTurn(pods, random));
    return () => each[Math.floor(random() * workers)]?.() ?? 0;
}

/** Always the same, as with session affinity. */
export function sticky(pods: number, random: () => number): Picker {
    const pod = Math.floor(random() * pods);
    return () => pod;
}

/** Mostly the same as before. */
export function lazy(pods: number, share: number, random: () => number): Picker {
    let pod = 0;
    return () => (pod = random() < share ? pod : Math.floor(random() * pods));
}

/** What a picker picks. */
export const pick = (picker: Picker, count: number) => Array.from({ length: count }, picker);

export const names = (picks: number[]) => picks.map((index) => `pod-${index}`);

export function countsOf(picks: number[], pods: number): number[] {
    const counts = Array.from({ length: pods }, () => 0);
    for (const index of picks) counts[index] = (counts[index] ?? 0) + 1;
    return counts;
}
