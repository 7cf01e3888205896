import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { compileForNginx } from "../../../../components/ingress/nginxPaths";
import { rewrittenPath } from "../../../support/ingressNginx";

/** A path element; many have characters that mean something in a regular expression. */
const element = fc.string({ unit: fc.constantFrom(..."abXY09-_~.+*?()[]{}^$|\\"), minLength: 1, maxLength: 5 });
const path = fc.array(element, { minLength: 1, maxLength: 3 }).map((elements) => `/${elements.join("/")}`);
/** A prefix, and a path that has something to do with it. */
const request = fc
    .tuple(
        path,
        path,
        fc.constantFrom<((prefix: string, other: string) => string)[]>(
            (prefix) => prefix,
            (prefix) => `${prefix}/`,
            (prefix, other) => prefix + other,
            (prefix, other) => `${prefix}/${other}`,
            (prefix, other) => prefix.toUpperCase() + other,
            (prefix, other) => prefix.toLowerCase() + other.slice(1),
            (prefix) => prefix.replaceAll(/[^/\w]/g, "x"),
            (prefix) => prefix.replaceAll(/[^/\w]/g, ""),
            (prefix) => prefix.slice(0, -1),
            (prefix) => prefix + prefix.slice(-1),
            (prefix, other) => other + prefix,
            (_, other) => other,
        ),
    )
    .map(([prefix, other, ask]) => ({ prefix, asked: ask(prefix, other) }));

describe("compileForNginx", () => {
    /** What a route's Service is asked for, beside another route of the same Ingress that strips its prefix. */
    const ask = (prefix: string, strip: boolean | undefined, asked: string) => {
        const route = { prefix, strip };
        const { annotations, pathOf } = compileForNginx([route, { prefix: "/stripped", strip: true }]);
        return rewrittenPath(pathOf(route), annotations, asked);
    };
    /** Whether a path is a prefix or goes on with "/" behind it; ingress-nginx takes upper and lower case as the same. */
    const isBelow = (prefix: string, asked: string) => `${asked}/`.toLowerCase().startsWith(`${prefix}/`.toLowerCase());

    it("a route matches exactly the paths that are its prefix or continue it with a slash, in upper and lower case", () => {
        fc.assert(
            fc.property(request, fc.boolean(), ({ prefix, asked }, strip) => {
                assert.equal(ask(prefix, strip, asked) !== undefined, isBelow(prefix, asked));
            }),
            { numRuns: 2000 },
        );
    });

    it("a route that strips its prefix asks its Service for the rest of the path, any other route for the whole path", () => {
        fc.assert(
            fc.property(request, ({ prefix, asked }) => {
                fc.pre(isBelow(prefix, asked));
                assert.equal(ask(prefix, true, asked), `/${asked.slice(prefix.length + 1)}`);
                assert.equal(ask(prefix, false, asked), asked);
                assert.equal(ask(prefix, undefined, asked), asked);
            }),
            { numRuns: 1000 },
        );
    });

    it("a route for / matches every path and keeps it, whether it strips its prefix or not", () => {
        fc.assert(
            fc.property(fc.oneof(path, fc.constant("/")), fc.boolean(), (asked, strip) => {
                assert.equal(ask("/", strip, asked), asked);
            }),
        );
    });

    it("the longer of two prefixes compiles to the longer path, which ingress-nginx tries first", () => {
        fc.assert(
            fc.property(path, path, fc.boolean(), fc.boolean(), (prefix, more, strip, stripLonger) => {
                const [shorter, longer] = [
                    { prefix, strip },
                    { prefix: prefix + more, strip: stripLonger },
                ];
                const { pathOf } = compileForNginx([shorter, longer, { prefix: "/stripped", strip: true }]);
                assert.ok(pathOf(longer).path.length > pathOf(shorter).path.length);
                assert.ok(pathOf(shorter).path.length > pathOf({ prefix: "/" }).path.length);
            }),
        );
    });

    it("routes of which none strips its prefix are plain paths of type Prefix, without an annotation", () => {
        fc.assert(
            fc.property(fc.array(path, { minLength: 1 }), fc.constantFrom(false, undefined), (prefixes, strip) => {
                const routes = ["/", ...prefixes].map((prefix) => ({ prefix, strip }));
                const { annotations, pathOf } = compileForNginx(routes);
                assert.deepEqual(annotations, {});
                for (const route of routes) {
                    assert.deepEqual(pathOf(route), { path: route.prefix, pathType: "Prefix" });
                }
            }),
        );
    });

    it("routes of which one strips its prefix are regular expressions, and the first group is what the Service gets", () => {
        const { annotations, pathOf } = compileForNginx([{ prefix: "/a", strip: true }, { prefix: "/b" }]);
        assert.deepEqual(annotations, {
            "nginx.ingress.kubernetes.io/use-regex": "true",
            "nginx.ingress.kubernetes.io/rewrite-target": "/$1",
        });
        for (const route of [{ prefix: "/a", strip: true }, { prefix: "/b" }]) {
            assert.equal(pathOf(route).pathType, "ImplementationSpecific");
        }
    });
});
