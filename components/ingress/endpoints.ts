import * as pulumi from "@pulumi/pulumi";
import { commandLine } from "../../lib/commandLines";

/** Where the stack answers. */
export interface EndpointsArgs {
    domain: string;
    /** The web demo's external address. */
    webAddress: pulumi.Input<string>;
    /** The ingress's external address. */
    ingressAddress: pulumi.Input<string>;
    /** Ports of localhost that lead to the ingress. They are given only if this machine can't reach external addresses. */
    localPorts: { http: number; https: number } | undefined;
}

/** What a user opens and tries on this machine. */
export interface Endpoints {
    /** The address that the domain's names must resolve to on this machine. */
    address: string;
    urls: { frontend: string; backend: string; db: string; web: string };
    /** Every way in, each with the service that answers there. */
    routes: { url: string; service: "web" | "frontend" | "backend" }[];
    /** The line for the hosts file by which the URLs work in a browser. */
    hostsEntry: string;
    /** Commands that work as they stand, without that line. */
    try: string[];
}

/** The stack's endpoints: its external addresses or, if this machine can't reach them, ports of localhost. */
export function endpoints(args: EndpointsArgs): pulumi.Output<Endpoints> {
    return pulumi.output(args).apply(describe);
}

function describe({ domain, webAddress, ingressAddress, localPorts }: pulumi.Unwrap<EndpointsArgs>): Endpoints {
    const address = localPorts === undefined ? ingressAddress : "127.0.0.1";
    const { http, https } = localPorts ?? { http: 80, https: 443 };
    const site = (host: string) => `https://${host}${https === 443 ? "" : `:${https}`}`;
    const web = localPorts === undefined ? `http://${webAddress}/` : `http://${domain}:${http}/`;
    // Whichever shell runs the lines, and no proxy is right: it knows neither the addresses nor the names. Without a proxy the option
    // means nothing. So the state is the same from every shell.
    const direct = ["curl", "--noproxy", "*"];
    // curl does not know the stack's own certificate authority.
    const curl = (host: string, path: string) =>
        commandLine(...direct, "--insecure", "--resolve", `${host}:${https}:${address}`, `${site(host)}${path}`);
    const urls = {
        frontend: `${site(domain)}/frontend`,
        backend: `${site(domain)}/backend`,
        db: `${site(domain)}/db`,
        web,
    };
    return {
        address,
        urls,
        routes: [
            { url: urls.frontend, service: "frontend" },
            { url: urls.backend, service: "backend" },
            { url: urls.db, service: "backend" },
            ...[web, `${site(domain)}/`, `${site(`web.${domain}`)}/`].map((url) => ({ url, service: "web" as const })),
        ],
        hostsEntry: `${address} ${domain} web.${domain}`,
        try: [
            localPorts === undefined
                ? commandLine(...direct, web)
                : commandLine(...direct, "--resolve", `${domain}:${http}:${address}`, web),
            curl(domain, "/frontend/whoami"),
            curl(domain, "/backend/whoami"),
            curl(domain, "/db"),
            curl(`web.${domain}`, "/"),
        ],
    };
}
