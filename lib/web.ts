import { existsSync, readFileSync } from "node:fs";
import { BlockList, isIP } from "node:net";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import type { Dispatcher } from "undici";

/** What a request may be given. */
export interface RequestOptions {
    method?: "HEAD" | "GET";
    signal: AbortSignal;
    /** Certificates of the authorities that are trusted, PEM. Default: the system's, and Node.js's own. */
    authorities?: string[];
}

/** Loads what {@link request} asks by, once. It takes a tenth of a second, and most commands don't need it. */
export const loadClient = () => import("undici");

/**
 * Asks for a URL by the way that helm, pulumi and kind go: through the proxy that the environment names, and with the certificate
 * authorities of the system. Node's own fetch knows neither, and refuses some ports and every URL with a login.
 */
export async function request(
    url: string,
    { authorities = certificateAuthorities(), ...options }: RequestOptions,
): Promise<Dispatcher.ResponseData> {
    const { Agent, Dispatcher: Base, interceptors, ProxyAgent, request: send } = await loadClient();
    const tls = { secureContext: trusting(authorities) };
    const direct = new Agent({ connect: tls });
    /** Chooses the way of each request: after a redirect it may be another. */
    class Ways extends Base {
        override dispatch(given: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
            const to = new URL(given.origin ?? url);
            const uri = proxyFor(to);
            // Many proxies make a tunnel for https only.
            const proxyTunnel = to.protocol === "https:";
            const way =
                uri === undefined ? direct : new ProxyAgent({ uri, proxyTunnel, requestTls: tls, proxyTls: tls });
            return way.dispatch(given, handler);
        }
    }
    const { protocol, host, pathname, search, username, password } = new URL(url);
    const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
    return send(`${protocol}//${host}${pathname}${search}`, {
        ...options,
        dispatcher: new Ways().compose(interceptors.redirect({ maxRedirections: 5 })),
        headers: username === "" ? {} : { authorization: `Basic ${login}` },
    });
}

/**
 * The proxy for a URL; none where it is asked directly. These are Go's rules, which the tools follow:
 * https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
export function proxyFor({ protocol, hostname, port }: URL, env: NodeJS.ProcessEnv = process.env): string | undefined {
    const name = protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
    const proxy = env[name] || env[name.toLowerCase()];
    const host = hostname.replace(/^\[|\]$/g, "");
    if (!proxy || isLoopback(host)) return undefined;
    const exceptions = (env.NO_PROXY || env.no_proxy || "").split(",").map((text) => text.trim().toLowerCase());
    const ports = [port || (protocol === "https:" ? "443" : "80")];
    if (exceptions.filter(Boolean).some((exception) => isException(exception, host, ports))) return undefined;
    return proxyUrl(proxy);
}

/** A proxy as a URL. Its scheme may be left out, and is http then. */
export function proxyUrl(proxy: string): string {
    return /^[a-z0-9]+:\/\//.test(proxy) ? proxy : `http://${proxy}`;
}

function isException(exception: string, host: string, ports: string[]): boolean {
    if (exception === "*") return true;
    const [, subnet, prefix] = /^([0-9a-f.:]+)\/(\d+)$/.exec(exception) ?? [];
    if (subnet !== undefined) {
        const family = isIP(host);
        if (family === 0 || family !== isIP(subnet)) return false;
        const block = new BlockList();
        const type = family === 4 ? "ipv4" : "ipv6";
        block.addSubnet(subnet, Number(prefix), type);
        return block.check(host, type);
    }
    const [, named = exception, port] = isIP(exception) > 0 ? [] : (/^(.*):(\d+)$/.exec(exception) ?? []);
    if (port !== undefined && !ports.includes(port)) return false;
    const domain = named.replace(/^\*(?=\.)/, "").replace(/^\[|\]$/g, "");
    return domain.startsWith(".") ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

/** Whether a URL's host is the machine that asks, whichever it is. An IPv6 address may have its brackets. */
export function isLoopback(host: string): boolean {
    return /^(localhost|\[?::1\]?|127(\.\d+){3})$/.test(host);
}

/** Where Linux distributions and macOS keep their certificate authorities, as Go looks for them. */
const bundles = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

function certificateAuthorities(): string[] {
    const { SSL_CERT_FILE, NODE_EXTRA_CA_CERTS } = process.env;
    const files = [SSL_CERT_FILE || bundles.find((file) => existsSync(file)), NODE_EXTRA_CA_CERTS];
    const read = files.flatMap((file) => (file && existsSync(file) ? [readFileSync(file, "utf8")] : []));
    return [...rootCertificates, ...read];
}

/** By what is trusted: hundreds of certificates take long to read. */
const contexts = new Map<string, SecureContext>();

function trusting(authorities: string[]): SecureContext {
    const key = authorities.join("\n");
    const context = contexts.get(key) ?? createSecureContext({ ca: authorities });
    contexts.set(key, context);
    return context;
}

/** Why a request failed. */
export function reasonOf(error: unknown): string {
    // A host with several addresses has an error for each.
    const [first] = error instanceof AggregateError ? (error.errors as Error[]) : [];
    return first?.message ?? (error as Error).message;
}

/** Whether a request failed since no authority that Node.js knows has signed the certificate. Other programs may know one. */
export function isUnknownAuthority(error: unknown): boolean {
    return unknownAuthority.test((error as NodeJS.ErrnoException).code ?? "");
}

const unknownAuthority =
    /^(UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|(DEPTH_ZERO_)?SELF_SIGNED_CERT(_IN_CHAIN)?|CERT_UNTRUSTED)$/;

/** How to make a company's certificate authority known to the commands here. */
export const trustAuthority =
    "If it is your company's authority, name its certificate in a file: export NODE_EXTRA_CA_CERTS=/path/to/ca.pem";

/** A text in which the logins of URLs are hidden. */
export function maskLogins(text: string): string {
    return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, "$1***@");
}
