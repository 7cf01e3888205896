import * as assert from "node:assert/strict";
import { isLoopback, maskLogins, proxyFor } from "../../../lib/web";

describe("web", () => {
    const proxy = "http://proxy:3128";
    for (const [url, env, expected] of [
        ["https://a.example/", { HTTPS_PROXY: proxy }, proxy],
        ["https://a.example/", { https_proxy: proxy }, proxy],
        ["http://a.example/", { HTTP_PROXY: proxy }, proxy],
        ["http://a.example/", { HTTPS_PROXY: proxy }, undefined],
        ["https://a.example/", { HTTP_PROXY: proxy }, undefined],
        ["https://a.example/", { HTTPS_PROXY: "" }, undefined],
        ["https://a.example/", { HTTPS_PROXY: "proxy:3128" }, proxy],
        ["http://localhost:5001/", { HTTP_PROXY: proxy }, undefined],
        ["http://127.0.0.1:5001/", { HTTP_PROXY: proxy }, undefined],
        ["http://[::1]:5001/", { HTTP_PROXY: proxy }, undefined],
        ["http://172.17.0.1:5000/", { HTTP_PROXY: proxy }, proxy],
        ["http://172.17.0.1:5000/", { HTTP_PROXY: proxy, NO_PROXY: "10.0.0.0/8, 172.16.0.0/12" }, undefined],
        ["http://172.17.0.1:5000/", { HTTP_PROXY: proxy, NO_PROXY: "172.17.0.1" }, undefined],
        ["http://172.17.0.1:5000/", { HTTP_PROXY: proxy, NO_PROXY: "172.17.0.1:5000" }, undefined],
        ["http://172.17.0.1:5000/", { HTTP_PROXY: proxy, NO_PROXY: "172.17.0.1:80" }, proxy],
        ["http://[fd00::5]/", { HTTP_PROXY: proxy, NO_PROXY: "fd00::/8" }, undefined],
        ["http://a.example/", { HTTP_PROXY: proxy, NO_PROXY: "*" }, undefined],
        ["http://a.example/", { HTTP_PROXY: proxy, no_proxy: "EXAMPLE" }, undefined],
        ["http://a.example/", { HTTP_PROXY: proxy, NO_PROXY: ".example" }, undefined],
        ["http://a.example/", { HTTP_PROXY: proxy, NO_PROXY: "*.example" }, undefined],
        ["http://a.example/", { HTTP_PROXY: proxy, NO_PROXY: "a.example" }, undefined],
        ["http://a.example/", { HTTP_PROXY: proxy, NO_PROXY: ".a.example" }, proxy],
        ["http://notexample/", { HTTP_PROXY: proxy, NO_PROXY: "example" }, proxy],
    ] as const) {
        it(`proxyFor: ${url} with ${JSON.stringify(env)} is asked ${expected ? "through the proxy" : "directly"}`, () =>
            assert.equal(proxyFor(new URL(url), env), expected));
    }

    it("maskLogins: hides user and password of every URL, and nothing else", () => {
        assert.equal(
            maskLogins("GET http://kim:secret@charts.example/index.yaml through http://kim:p@ss@proxy:3128: no"),
            "GET http://***@charts.example/index.yaml through http://***@proxy:3128: no",
        );
        assert.equal(maskLogins("https://a.example/@b mail kim@example"), "https://a.example/@b mail kim@example");
    });

    it("isLoopback: knows this machine's own addresses and name", () => {
        assert.deepEqual(["localhost", "127.0.0.1", "127.1.2.3", "::1"].filter(isLoopback).length, 4);
        assert.deepEqual(["10.0.0.1", "172.17.0.1", "127.example"].filter(isLoopback), []);
    });
});
