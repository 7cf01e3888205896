import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { Frontend } from "../../../../components";
import { environmentOf } from "../../../support/pods";
import { runResources, type Stack, testCluster } from "../../../support/program";
import { types } from "../../../support/resourceTypes";

describe("Frontend", () => {
    const pages = "app-frontend";
    let stack: Stack;
    before(async () => {
        stack = await runResources(() => {
            const { service } = new Frontend("frontend", {
                cluster: testCluster(),
                namespace: "shop",
                image: "nginx:1",
                loggerImage: "busybox:1",
                pages,
                backendUrl: "http://api:8000",
            });
            return { service };
        });
    });
    const pod = () => stack.find(types.deployment, "frontend").inputs.spec.template.spec;
    /** The name of the ConfigMap that is mounted at a path of nginx's container. */
    const mountedAt = (mountPath: string) => {
        const mount = pod().containers[0].volumeMounts.find((one: any) => one.mountPath === mountPath);
        return pod().volumes.find(({ name }: any) => name === mount?.name)?.configMap.name as unknown;
    };

    it("every file of the folder is served, but for nginx's configuration, which is a template of the image", () => {
        const configMap = (name: string) => {
            const { inputs } = stack.find(types.configMap, name);
            // Immutable and named by Pulumi: another content is another ConfigMap, and so replaces the pods.
            assert.equal(inputs.immutable, true);
            assert.equal(inputs.metadata.name, undefined);
            return inputs.data as Record<string, string>;
        };
        const [served, templates] = [configMap("frontend-pages"), configMap("frontend-nginx")];
        assert.deepEqual(Object.keys(templates), ["nginx.conf.template"]);
        assert.deepEqual([...Object.keys(served), ...Object.keys(templates)].sort(), fs.readdirSync(pages).sort());
        for (const [file, text] of Object.entries({ ...served, ...templates })) {
            assert.equal(text, fs.readFileSync(path.join(pages, file), "utf8"), file);
        }
        assert.match(mountedAt("/usr/share/nginx/html") as string, /^frontend-pages-/);
        assert.match(mountedAt("/etc/nginx/templates") as string, /^frontend-nginx-/);
    });

    it("nginx's configuration gets the backend's URL, the pod and the node, and keeps nginx's own variables", () => {
        const env = environmentOf(pod().containers[0]);
        assert.equal(env.BACKEND_URL, "http://api:8000");
        const template = fs.readFileSync(path.join(pages, "nginx.conf.template"), "utf8");
        const filled = new RegExp(env.NGINX_ENVSUBST_FILTER ?? "");
        const names = new Set([...template.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name ?? ""));
        assert.ok(names.has("BACKEND_URL") && names.has("request_uri"));
        for (const name of names) assert.equal(filled.test(name), name in env && /^[A-Z]/.test(name), name);
    });

    it("nginx listens on the port that the Service leads to, and writes its access log to the logger's pipe", () => {
        const template = fs.readFileSync(path.join(pages, "nginx.conf.template"), "utf8");
        assert.match(template, new RegExp(`listen ${pod().containers[0].ports[0].containerPort};`));
        const [, log] = /access_log (\/\S+)/.exec(template) ?? [];
        assert.ok(log);
        assert.ok(pod().initContainers[0].command.join(" ").includes(`mkfifo ${log}`));
        assert.deepEqual(stack.outputs.service, { name: "frontend", port: 80 });
    });
});
