import * as assert from "node:assert/strict";
import { type Endpoints, endpoints } from "../../../../components";
import { runResources } from "../../../support/program";

describe("endpoints", () => {
    const describeEndpoints = async (localPorts?: { http: number; https: number }) => {
        const { outputs } = await runResources(() => ({
            endpoints: endpoints({
                domain: "dev.local",
                webAddress: "172.18.200.0",
                ingressAddress: "172.18.200.1",
                localPorts,
            }),
        }));
        return outputs.endpoints as Endpoints;
    };

    it("the URLs lead to the external addresses if this machine reaches them", async () => {
        const { address, urls, hostsEntry } = await describeEndpoints();
        assert.equal(address, "172.18.200.1");
        assert.deepEqual(urls, {
            frontend: "https://dev.local/frontend",
            backend: "https://dev.local/backend",
            db: "https://dev.local/db",
            web: "http://172.18.200.0/",
        });
        assert.equal(hostsEntry, "172.18.200.1 dev.local web.dev.local");
    });

    it("the URLs lead to ports of localhost if this machine does not reach the external addresses", async () => {
        const { address, urls, hostsEntry } = await describeEndpoints({ http: 8080, https: 8443 });
        assert.equal(address, "127.0.0.1");
        assert.deepEqual(urls, {
            frontend: "https://dev.local:8443/frontend",
            backend: "https://dev.local:8443/backend",
            db: "https://dev.local:8443/db",
            web: "http://dev.local:8080/",
        });
        assert.equal(hostsEntry, "127.0.0.1 dev.local web.dev.local");
    });

    it("every host and path of the ingress and the web demo's address are routes, each with the service that answers", async () => {
        const { routes } = await describeEndpoints({ http: 8080, https: 8443 });
        assert.deepEqual(
            routes.map(({ url, service }) => `${service} ${url}`),
            [
                "frontend https://dev.local:8443/frontend",
                "backend https://dev.local:8443/backend",
                "backend https://dev.local:8443/db",
                "web http://dev.local:8080/",
                "web https://dev.local:8443/",
                "web https://web.dev.local:8443/",
            ],
        );
    });

    it("the curl commands work without a line in the hosts file, behind a proxy too, and accept the stack's own certificate", async () => {
        assert.deepEqual((await describeEndpoints()).try, [
            "curl --noproxy '*' http://172.18.200.0/",
            "curl --noproxy '*' --insecure --resolve dev.local:443:172.18.200.1 https://dev.local/frontend/whoami",
            "curl --noproxy '*' --insecure --resolve dev.local:443:172.18.200.1 https://dev.local/backend/whoami",
            "curl --noproxy '*' --insecure --resolve dev.local:443:172.18.200.1 https://dev.local/db",
            "curl --noproxy '*' --insecure --resolve web.dev.local:443:172.18.200.1 https://web.dev.local/",
        ]);
        const local = (await describeEndpoints({ http: 8080, https: 8443 })).try;
        assert.equal(local[0], "curl --noproxy '*' --resolve dev.local:8080:127.0.0.1 http://dev.local:8080/");
        assert.equal(
            local[1],
            "curl --noproxy '*' --insecure --resolve dev.local:8443:127.0.0.1 https://dev.local:8443/frontend/whoami",
        );
    });
});
