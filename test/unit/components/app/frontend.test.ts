import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Frontend } from "../../../../components";
import { readPages } from "../../../../components/app/webPages";
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

describe("readPages", () => {
    let folder: string;
    const template = "nginx.conf.template";
    const write = (name: string, content: string | Buffer = "") => fs.writeFileSync(path.join(folder, name), content);
    beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "pages-"));
        write(template, "server {}");
        write("index.html", "<p>");
    });
    afterEach(() => fs.rmSync(folder, { recursive: true }));

    it("what editors, desktops and git leave behind is not served", () => {
        for (const name of [
            ".DS_Store",
            ".gitignore",
            ".index.html.swp",
            "index.html~",
            "#index.html#",
            "x.css.orig",
        ]) {
            write(name);
        }
        fs.symlinkSync("user@host.1:2", path.join(folder, ".#index.html"));
        fs.mkdirSync(path.join(folder, ".vscode"));
        assert.deepEqual(readPages(folder, template), { data: { "index.html": "<p>" } });
    });

    it("a file that is not of a web page is not served", () => {
        write("README.md");
        write("build.sh");
        assert.deepEqual(Object.keys(readPages(folder, template).data), ["index.html"]);
    });

    it("a picture is served byte for byte", () => {
        const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0xff]);
        write("logo.png", picture);
        const { binaryData } = readPages(folder, template);
        assert.deepEqual(binaryData, { "logo.png": picture.toString("base64") });
    });

    it("a text has Linux's line ends, whatever the checkout has", () => {
        write("page.js", "a\r\nb\r\n");
        assert.equal(readPages(folder, template).data["page.js"], "a\nb\n");
    });

    it("a folder is refused, since its files would be missing", () => {
        fs.mkdirSync(path.join(folder, "images"));
        assert.throws(() => readPages(folder, template), /the folder images can't be served.*beside index.html/);
    });

    it("a name that a ConfigMap can't have is refused, and so is more than it takes", () => {
        write("my picture.png");
        assert.throws(() => readPages(folder, template), /"my picture.png" can't be served under this name/);
        fs.rmSync(path.join(folder, "my picture.png"));
        write("film.mp4", Buffer.alloc(800_000));
        assert.throws(() => readPages(folder, template), /its files are too large, 10\d{5} bytes/);
    });
});
