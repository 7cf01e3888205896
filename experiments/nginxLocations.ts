/*
 * What ingress-nginx has written into nginx's configuration, as far as routing goes: a server for each host, a location for each
 * path, and what a location does with the path: https://kubernetes.github.io/ingress-nginx/user-guide/ingress-path-matching/
 */

/** A location of a host. */
export interface NginxLocation {
    /** As nginx reads it: `~* "^/frontend(?:/|$)(.*)"`, `= /shop` or `/shop/`. */
    match: string;
    /** What replaces the path; none where it stays as it is. */
    rewrite?: string;
}

/** The locations of a host, in the order of the configuration. */
export function parseLocations(configuration: string, host: string): NginxLocation[] {
    const servers = configuration.split(/^\t?## start server /m).slice(1);
    const own = servers.find((server) => server.startsWith(`${host}\n`)) ?? "";
    const [, ...blocks] = own.split(/^\s*location (?=[^@])/m);
    return blocks.flatMap((block) => {
        const [, match] = /^(.+?) \{$/m.exec(block) ?? [];
        // Those of the controller's own have no Ingress.
        if (match === undefined || !/set \$ingress_name\s+"[^"]+";/.test(block)) return [];
        const [, rewrite] = /^\s*rewrite "[^"]*" (\S+) break;/m.exec(block) ?? [];
        return [{ match, ...(rewrite !== undefined && { rewrite }) }];
    });
}

/**
 * The location that nginx takes for a path: an exact one, or else the first regular expression that fits, or else the longest
 * prefix. https://nginx.org/en/docs/http/ngx_http_core_module.html#location
 */
export function chooseLocation(locations: NginxLocation[], path: string): NginxLocation | undefined {
    const exact = locations.find(({ match }) => match === `= ${path}`);
    const expression = locations.find(({ match }) => {
        const [, pattern] = /^~\* "(.*)"$/.exec(match) ?? [];
        return pattern !== undefined && new RegExp(pattern, "i").test(path);
    });
    const [prefix] = locations
        .filter(({ match }) => /^\//.test(match) && path.startsWith(match))
        .sort((one, other) => other.match.length - one.match.length);
    return exact ?? expression ?? prefix;
}
