/** Where the stack is reached, and from where it is tried. */
export interface Reach {
    domain: string;
    /** The web demo's external address. */
    webAddress: string;
    /** The ingress's external address. */
    ingressAddress: string;
    /** Ports of localhost that lead to the ingress, where external addresses can't be reached from this machine. */
    localPorts: { http: number; https: number } | undefined;
}

/** What a user opens and tries on this machine. */
export interface Entrances {
    /** Where the domain's names lead on this machine. */
    address: string;
    urls: { frontend: string; backend: string; db: string; web: string };
    /** The line for the hosts file by which the URLs work in a browser. */
    hostsEntry: string;
    /** Commands that work as they stand, without that line. */
    try: string[];
}

/** The entrances to the stack: by external address, or by localhost where containers live in a virtual machine. */
export function entrances({ domain, webAddress, ingressAddress, localPorts }: Reach): Entrances {
    const address = localPorts === undefined ? ingressAddress : "127.0.0.1";
    const { http, https } = localPorts ?? { http: 80, https: 443 };
    const site = (host: string) => `https://${host}${https === 443 ? "" : `:${https}`}`;
    const web = localPorts === undefined ? `http://${webAddress}/` : `http://${domain}:${http}/`;
    // curl does not know the stack's own certificate authority.
    const curl = (host: string, path: string) =>
        `curl --insecure --resolve ${host}:${https}:${address} ${site(host)}${path}`;
    return {
        address,
        urls: {
            frontend: `${site(domain)}/frontend`,
            backend: `${site(domain)}/backend`,
            db: `${site(domain)}/db`,
            web,
        },
        hostsEntry: `${address} ${domain} web.${domain}`,
        try: [
            localPorts === undefined ? `curl ${web}` : `curl --resolve ${domain}:${http}:${address} ${web}`,
            curl(domain, "/frontend/whoami"),
            curl(domain, "/backend/whoami"),
            curl(domain, "/db"),
            curl(`web.${domain}`, "/"),
        ],
    };
}
