/**
 * What ingress-nginx writes into nginx's configuration for a host's paths, shortened: the servers, their locations, and what follows.
 *
 * @param rewrites the replacement of the path for each regular expression; none where it stays.
 */
export function nginxConfiguration(host: string, rewrites: Record<string, string | undefined>): string {
    const location = (match: string, ingress: string, rewrite = "") => `\t\t
\t\tlocation ${match} {
\t\t\t
\t\t\tset $namespace      "app";
\t\t\tset $ingress_name   "${ingress}";
\t\t\tset $location_path  "/";
\t\t\t
\t\t\trewrite_by_lua_block {
\t\t\t\tlua_ingress.rewrite({
\t\t\t\t\tforce_ssl_redirect = false,
\t\t\t\t})
\t\t\t}
\t\t\t
${rewrite}\t\t\tproxy_pass http://upstream_balancer;
\t\t}
`;
    const server = (name: string, locations: string[]) => `\t
\t## start server ${name}
\tserver {
\t\tserver_name ${name} ;
\t\t
${locations.join("")}\t}
\t## end server ${name}
`;
    const own = Object.entries(rewrites).map(([pattern, rewrite]) =>
        location(
            `~* "${pattern}"`,
            "app",
            rewrite && `\t\t\trewrite "(?i)${pattern.replace("^", "")}" ${rewrite} break;\n`,
        ),
    );
    const status = "\t\tlocation /nginx_status {\n\t\t\tallow 127.0.0.1;\n\t\t\tdeny all;\n\t\t}\n";
    return [
        "daemon off;\n\nhttp {\n\tsendfile on;\n",
        server("_", [location("/", ""), status]),
        server(host, own),
        server(`web.${host}`, [location("/", "web")]),
        "\tserver {\n\t\tlisten 127.0.0.1:10246;\n\t\tlocation /is-dynamic-lb-initialized {\n\t\t}\n\t}\n}\n",
    ].join("");
}
