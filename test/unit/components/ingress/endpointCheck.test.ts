import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { EndpointCheck, endpoints } from "../../../../components";
import { type Registered, runResources } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

describe("EndpointCheck", () => {
    let check: Registered;
    before(async () => {
        const stack = await runResources(() => {
            const open = endpoints({
                domain: "dev.local",
                webAddress: "172.18.200.0",
                ingressAddress: "172.18.200.1",
                localPorts: undefined,
            });
            const versions = { web: "w1", frontend: "f1", backend: "b1" };
            new EndpointCheck("check", { endpoints: open, versions, caCertificate: "CA", triggers: [7] });
        });
        check = stack.find(types.command, "check");
    });

    /** Runs the check as the resource registers it, against a server of this test. */
    const ask = async (
        answer: () => number,
        timeout: string,
        more: { paths?: string[]; answering?: () => string } = {},
    ) => {
        const { paths = ["/"], answering = () => "v2" } = more;
        const server = http
            .createServer((_, response) => response.writeHead(answer(), { "X-Version": answering() }).end())
            .listen(0, "127.0.0.1");
        await once(server, "listening");
        const { port } = server.address() as AddressInfo;
        const { interpreter, create, environment } = check.inputs;
        const env = {
            ...process.env,
            ...environment,
            ROUTES: JSON.stringify(paths.map((path) => ({ url: `http://dev.local:${port}${path}`, version: "v2" }))),
            ADDRESS: "127.0.0.1",
            TIMEOUT_SECONDS: timeout,
        };
        const [node, ...args] = [...interpreter, create] as string[];
        const child = spawn(node ?? "", args, { env, stdio: ["ignore", "ignore", "pipe"] });
        let said = "";
        child.stderr.on("data", (text) => (said += text));
        const [code] = (await once(child, "close")) as [number];
        server.close();
        return { code, said };
    };

    it("the check asks every route for the version that was made, at the endpoints' address, trusts the stack's CA, and has five minutes", () => {
        const { ROUTES, ...environment } = check.inputs.environment;
        assert.deepEqual(JSON.parse(ROUTES as string), [
            { url: "https://dev.local/frontend", version: "f1" },
            { url: "https://dev.local/backend", version: "b1" },
            { url: "https://dev.local/db", version: "b1" },
            { url: "http://172.18.200.0/", version: "w1" },
            { url: "https://dev.local/", version: "w1" },
            { url: "https://web.dev.local/", version: "w1" },
        ]);
        assert.deepEqual(environment, { ADDRESS: "172.18.200.1", CA: "CA", TIMEOUT_SECONDS: "300" });
    });

    it("the routes are asked again if a trigger changes", () => {
        assert.deepEqual(check.inputs.triggers, [7]);
    });

    it("the check passes when a route answers ten times in a row, after however many refusals", async () => {
        let asked = 0;
        const answers = [503, 200, 200, 404];
        assert.deepEqual(await ask(() => answers[asked++] ?? 200, "20"), { code: 0, said: "" });
        assert.equal(asked, 14);
    });

    it("the check passes only when another version no longer answers now and then", async () => {
        let asked = 0;
        const versions = ["v1", "v2", "v2", "v1"];
        const answering = () => versions[asked++] ?? "v2";
        assert.deepEqual(await ask(() => 200, "20", { answering }), { code: 0, said: "" });
        assert.equal(asked, 14);
    });

    it("the check fails when the time is up and another version answers, and names both", async () => {
        const { code, said } = await ask(() => 200, "0", { answering: () => "v1" });
        assert.equal(code, 1);
        assert.match(said, /: version v1 answers, and not v2$/m);
    });

    it("the check goes through no proxy, whatever the shell says", async () => {
        const shell = { HTTP_PROXY: "http://127.0.0.1:9", HTTPS_PROXY: "http://127.0.0.1:9", NODE_USE_ENV_PROXY: "1" };
        Object.assign(process.env, shell);
        const { code, said } = await ask(() => 200, "0");
        for (const name of Object.keys(shell)) delete process.env[name];
        assert.deepEqual([code, said], [0, ""]);
    });

    it("the check asks each of several routes ten times, one beside the other", async () => {
        let asked = 0;
        const started = Date.now();
        assert.deepEqual(await ask(() => (asked++, 200), "20", { paths: ["/a", "/b", "/c"] }), { code: 0, said: "" });
        assert.equal(asked, 30);
        assert.ok(Date.now() - started < 6000);
    });

    it("the check fails when the time is up, and names the URL, the address and the HTTP status", async () => {
        const { code, said } = await ask(() => 503, "0");
        assert.equal(code, 1);
        assert.match(said, /^http:\/\/dev\.local:\d+\/ at 127\.0\.0\.1 does not answer as it should: HTTP 503/);
    });
});
