import * as assert from "node:assert/strict";
import { chooseLocation, parseLocations } from "../../../experiments/nginxLocations";
import { nginxConfiguration } from "../../support/nginxConfiguration";

describe("nginx's locations", () => {
    const configuration = nginxConfiguration("dev.local", {
        "^/frontend(?:/|$)(.*)": "/$1",
        "^/(db(?:/.*)?)$": "/$1",
        "^/shop": "/",
        "^/": undefined,
    });

    it("parseLocations: those of one host, in nginx's order, with what replaces the path", () => {
        assert.deepEqual(parseLocations(configuration, "dev.local"), [
            { match: '~* "^/frontend(?:/|$)(.*)"', rewrite: "/$1" },
            { match: '~* "^/(db(?:/.*)?)$"', rewrite: "/$1" },
            { match: '~* "^/shop"', rewrite: "/" },
            { match: '~* "^/"' },
        ]);
        assert.deepEqual(parseLocations(configuration, "web.dev.local"), [{ match: "/" }]);
    });

    it("parseLocations: a host that no Ingress names has none, and the controller's own are left out", () => {
        assert.deepEqual(parseLocations(configuration, "nobody.dev.local"), []);
        assert.deepEqual(parseLocations(configuration, "_"), []);
        assert.deepEqual(parseLocations("", "dev.local"), []);
    });

    for (const [path, match] of [
        ["/frontend", '~* "^/frontend(?:/|$)(.*)"'],
        ["/frontend/whoami", '~* "^/frontend(?:/|$)(.*)"'],
        ["/frontends", '~* "^/"'],
        ["/db", '~* "^/(db(?:/.*)?)$"'],
        ["/dbx", '~* "^/"'],
        ["/shopping", '~* "^/shop"'],
    ] as const) {
        it(`chooseLocation: ${path} falls to ${match}`, () =>
            assert.equal(chooseLocation(parseLocations(configuration, "dev.local"), path)?.match, match));
    }

    it("chooseLocation: an exact location comes first, and of prefixes the longest", () => {
        const locations = ["/", "/shop/", "= /shop", "/shop/cart/"].map((match) => ({ match }));
        assert.equal(chooseLocation(locations, "/shop")?.match, "= /shop");
        assert.equal(chooseLocation(locations, "/shop/cart/1")?.match, "/shop/cart/");
        assert.equal(chooseLocation(locations, "/shop/desk")?.match, "/shop/");
        assert.equal(chooseLocation(locations, "/other")?.match, "/");
        assert.equal(chooseLocation([], "/other"), undefined);
    });
});
