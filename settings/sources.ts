import { rootCertificates } from "node:tls";
import { npmRun } from "../lib/commandLines";
import { isUnknownAuthority, maskLogins, proxyFor, reasonOf, request, trustAuthority } from "../lib/web";
import { fail, pass, warn, type Finding } from "./finding";
import type { Settings } from "./schema";

/** A place that charts or images come from. */
interface Source {
    setting: string;
    /** As it is set. */
    address: string;
    /** What it serves, if it is what it should be. */
    url: string;
    /** Certificates of the authorities that those trust who get something there. Default: this machine's. */
    authorities?: string[];
    /** How they come to trust another authority. */
    trust: string;
}

/**
 * Asks the registry mirror and the chart repositories whether they answer. Each has 10 s for it.
 *
 * @param caCertificates of the authorities that nodes trust beside the public ones, PEM.
 */
export async function checkSources({ sources }: Settings, stack: string, caCertificates = ""): Promise<Finding[]> {
    const { registryMirror, charts } = sources;
    const asked = [
        ...(registryMirror === undefined
            ? []
            : [
                  {
                      setting: "sources.registryMirror",
                      address: registryMirror,
                      url: `${registryMirror}/v2/`,
                      // Nodes get images, and they don't know what this machine trusts.
                      authorities: [...rootCertificates, caCertificates],
                      trust:
                          "If it is your company's authority, have the nodes trust it: " +
                          npmRun(stack, "set", "sources.caCertificates", "/path/to/ca.pem"),
                  },
              ]),
        ...Object.entries(charts).map(([name, { repository }]) => ({
            setting: `sources.charts.${name}.repository`,
            address: repository,
            url: indexOf(repository),
            trust: trustAuthority,
        })),
    ];
    const findings = (await Promise.all(asked.map(check))).flat();
    if (findings.length > 0) return findings;
    const addresses = new Set(asked.map(({ address }) => maskLogins(address)));
    return [pass("sources", `there are answers from ${[...addresses].join(", ")}`)];
}

/** What a chart repository serves; of a registry, what every registry serves. */
function indexOf(repository: string): string {
    const [, host] = /^oci:\/\/([^/]+)/.exec(repository) ?? [];
    if (host === undefined) return `${repository}/index.yaml`;
    return `https://${host === "docker.io" ? "registry-1.docker.io" : host}/v2/`;
}

async function check({ setting, address, url, authorities, trust }: Source): Promise<Finding[]> {
    const proxy = URL.canParse(url) ? proxyFor(new URL(url)) : undefined;
    const way = proxy === undefined ? "" : ` through the proxy ${proxy}`;
    const describe = (reason: string) =>
        maskLogins(`${address} does not serve what it should: GET ${url}${way}: ${reason}`);
    // The tools, which are written in Go, know this kind of proxy.
    if (/^socks/.test(proxy ?? "")) {
        return [warn(setting, describe("it was not asked, since only the tools know this way"))];
    }
    try {
        const status = await findRefusal(url, authorities);
        if (status === undefined) return [];
        return [fail(setting, describe(`HTTP ${status}`), whatToCheck(proxy))];
    } catch (error) {
        const { name } = error as Error;
        // Helm and the nodes trust other authorities than Node.js does, so they are not kept from trying.
        if (isUnknownAuthority(error)) return [warn(setting, describe(reasonOf(error)), trust)];
        const reason = name === "TimeoutError" ? "no answer within 10 s" : reasonOf(error);
        return [fail(setting, describe(reason), whatToCheck(proxy))];
    }
}

function whatToCheck(proxy: string | undefined): string {
    if (proxy === undefined) return "Check that its server runs and that this machine is online.";
    return "Check that its server runs, and that the proxy leads to it. To go there without the proxy, add its host to NO_PROXY.";
}

/** @returns the status of an answer that is not good; nothing where it is. A registry that asks for a login answers too. */
async function findRefusal(url: string, authorities?: string[]): Promise<number | undefined> {
    let status = 0;
    // Some servers refuse HEAD, or answer it in another way.
    for (const method of ["HEAD", "GET"] as const) {
        const { statusCode, body } = await request(url, { method, signal: AbortSignal.timeout(10_000), authorities });
        await body.dump();
        if (statusCode < 300 || statusCode === 401) return undefined;
        status = statusCode;
    }
    return status;
}
