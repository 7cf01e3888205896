import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import type { UpResult } from "@pulumi/pulumi/automation";
import { launchBrowser, visitPage } from "../support/page";
import { measure } from "../support/commands";
import { startLoad } from "../../lib/load";
import { request, type Asked } from "../../lib/request";
import {
    assertNoFilesLeft,
    copyProject,
    dockerHoldings,
    eventually,
    leftFiles,
    project,
    run,
    type Settings,
    testStack,
    type TestStack,
} from "../support/stacks";

const changes = ({ summary }: UpResult) => {
    const { same = 0, ...changed } = summary.resourceChanges ?? {};
    return { same, changed };
};
const seconds = (since: number) => ((Date.now() - since) / 1000).toFixed(1);

describe("stacks", () => {
    let held: Awaited<ReturnType<typeof dockerHoldings>>;
    let files: ReturnType<typeof leftFiles>;
    let a: TestStack;
    let b: TestStack;
    let out: Record<string, any>;
    /** The second has a name with all that a stack's name may have, and its cluster and its domain are named after it. */
    const oddName = "E2E.b_A.Student-s.Stack.With.Capitals.Dots.And.60.Characters";
    const oddCluster = "lb-e2e-b-a-student-s-stack-with-capitals-dots-and";
    const oddDomain = "e2e-b-a-student-s-stack-with-capitals-dots-and-60-characters.local";
    /** One worker is enough for the second, and localhost leads to it too, as where addresses can't be reached. */
    const second = {
        addressPool: "172.18.201.0/27",
        cluster: { workers: 1, hostPorts: { http: 18080, https: 18443 } },
    };
    /** What the first `up` printed. */
    let printed = "";
    /** A copy of the project, whose sources a test may change. */
    let copy: string;

    before(async () => {
        held = await dockerHoldings();
        files = leftFiles();
        copy = fs.mkdtempSync(path.join(os.tmpdir(), "project-"));
        copyProject(copy);
        a = await testStack("e2e-a", { addressPool: "172.18.200.0-172.18.200.31" }, copy);
        b = await testStack(oddName, second);
    });
    after(async () => {
        for (const test of [a, b]) await test?.takeAway();
        if (copy) fs.rmSync(copy, { recursive: true, force: true });
    });

    const site = (at: string, more: Partial<Asked> = {}) =>
        request(`https://e2e-a.local${at}`, {
            address: out.ingressAddress as string,
            ca: out.caCertificate as string,
            ...more,
        });
    const node = (...command: string[]) => run("docker", ["exec", "lb-e2e-a-control-plane", ...command]);
    const inDatabase = (...command: string[]) =>
        a.kubectl("exec", "--namespace=app", "db-0", "--container=backup", "--", ...command);
    /** What is in the Secrets of a namespace, by key. */
    const secretsOf = async (namespace: string) => {
        const { items } = JSON.parse(await a.kubectl("get", "secrets", `--namespace=${namespace}`, "-o", "json")) as {
            items: { data: Record<string, string> }[];
        };
        return Object.fromEntries(
            items.flatMap(({ data }) =>
                Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]),
            ),
        );
    };
    const podsOf = async (app: string) => {
        const listed = JSON.parse(
            await a.kubectl(
                ...["get", "pods", "-A", "-o", "json"],
                ...["--selector", `app.kubernetes.io/name=${app}`, "--field-selector", "status.phase=Running"],
            ),
        ) as {
            items: { metadata: { name: string }; status: { podIP: string } }[];
        };
        return listed.items.map(({ metadata, status }) => ({ name: metadata.name, ip: status.podIP }));
    };

    /** Asserts that the second stack is refused with these settings, for this reason, soon and without much memory. */
    const assertQuickRefusal = async (settings: Settings, reason: RegExp, atMost = 3) => {
        b.configure(settings);
        const tries = [];
        for (let i = 0; i < 5; i++) {
            const args = ["preview", "--stack", b.name, "--non-interactive"];
            tries.push(await measure("pulumi", args, { cwd: project, env: b.env }));
        }
        for (const { said } of tries) assert.match(said, reason);
        // Of the times the shortest: another program may have the processor for a while.
        const fastest = Math.min(...tries.map((one) => one.seconds));
        const largest = Math.max(...tries.map(({ megabytes }) => megabytes));
        console.log(`      refused in ${fastest.toFixed(1)} s, with ${largest.toFixed(0)} MB`);
        assert.ok(fastest <= atMost, `${fastest} s`);
        assert.ok(largest <= 300, `${largest} MB`);
    };

    it("a setting that can't work is refused in 3 s and 300 MB", () =>
        assertQuickRefusal({ ...second, domain: "172.18.0.1" }, /domain: "172\.18\.0\.1" is an IP address/));

    it("a setting that does not fit this machine is refused in 3 s and 300 MB", async () => {
        const server = net.createServer().listen(0, "127.0.0.1");
        await once(server, "listening");
        const { port } = server.address() as net.AddressInfo;
        const cluster = { workers: 1, hostPorts: { http: port, https: 18443 } };
        await assertQuickRefusal({ ...second, cluster }, /cluster\.hostPorts\.http: \d+ is already used/);
        server.close();
    });

    it("a stack comes up from nothing", async () => {
        const started = Date.now();
        await a.stack.up({ onOutput: (text) => (printed += text) });
        console.log(`      up from nothing: ${seconds(started)} s`);
        out = await a.outputs();
        assert.equal(out.clusterName, "lb-e2e-a");
    });

    it("a second `up` changes nothing", async () => {
        const started = Date.now();
        const { changed, same } = changes(await a.stack.up());
        console.log(`      second up: ${seconds(started)} s`);
        assert.deepEqual(changed, {});
        assert.ok(same > 50);
    });

    it("after a refresh `up` changes nothing", async () => {
        await a.stack.refresh();
        assert.deepEqual(changes(await a.stack.up()).changed, {});
    });

    it("rows 1 and 2: three nodes, labelled, without taints, with the pod subnet", async () => {
        const { items } = JSON.parse(await a.kubectl("get", "nodes", "-o", "json")) as { items: any[] };
        assert.equal(items.length, 3);
        for (const { metadata, spec, status } of items) {
            assert.equal(metadata.labels["ingress-ready"], "true");
            assert.equal(spec.taints, undefined);
            assert.match(spec.podCIDR, /^192\.168\./);
            assert.match(status.nodeInfo.kubeletVersion, /^v1\.35\./);
            assert.ok(status.conditions.some((c: any) => c.type === "Ready" && c.status === "True"));
        }
    });

    it("row 3: Calico, with VXLAN", async () => {
        assert.equal(
            await a.kubectl("get", "ippools.crd.projectcalico.org", "-o", "jsonpath={.items[*].spec.vxlanMode}"),
            "Always",
        );
        await a.kubectl("wait", "--for=condition=Available", "tigerastatus/calico", "--timeout=60s");
    });

    it("row 4: a Service of one's own gets the next address of the pool", async () => {
        await a.kubectl("create", "service", "loadbalancer", "mine", "--tcp=80:80", "--namespace=default");
        await a.kubectl(
            "wait",
            "--for=jsonpath={.status.loadBalancer.ingress[0].ip}=172.18.200.2",
            "service/mine",
            "--namespace=default",
            "--timeout=30s",
        );
        await a.kubectl("delete", "service", "mine", "--namespace=default");
    });

    it("row 5: the web demo answers from each of its pods, by external IP from here and by cluster IP from a node", async () => {
        assert.equal(out.webAddress, "172.18.200.0");
        const seen = new Set<string>();
        for (let i = 0; i < 60; i++) {
            const { body } = await request(`http://${out.webAddress}/`, { address: out.webAddress });
            seen.add(/^pod=(\S+) node=lb-e2e-a-/.exec(body)?.[1] ?? body);
        }
        assert.deepEqual([...seen].sort(), (await podsOf("web")).map(({ name }) => name).sort());
        assert.equal(seen.size, 3);
        const clusterIp = await a.kubectl(
            "get",
            "service",
            "web",
            "--namespace=web",
            "-o",
            "jsonpath={.spec.clusterIP}",
        );
        assert.match(await node("curl", "--silent", "--max-time", "10", `http://${clusterIp}/`), /^pod=web-/);
    });

    it("rows 6 and 7: host and path routing, rewrite, redirect and TLS on the ingress's address", async () => {
        assert.equal(out.ingressAddress, "172.18.200.1");
        const redirect = await request("http://e2e-a.local/frontend", { address: "172.18.200.1" });
        assert.equal(redirect.status, 308);
        assert.equal(redirect.headers.location, "https://e2e-a.local/frontend");
        assert.match((await site("/")).body, /^pod=web-/);
        const other = await request("https://web.e2e-a.local/", {
            address: "172.18.200.1",
            ca: out.caCertificate as string,
        });
        assert.match(other.body, /^pod=web-/);
        assert.match((await site("/frontend/whoami")).json.pod as string, /^frontend-/);
        assert.match((await site("/backend/whoami")).json.pod as string, /^backend-/);
        await assert.rejects(request("https://e2e-a.local/", { address: "172.18.200.1" }), /certificate/);
    });

    it("rows 8 and 9: both pods of each tier answer, and their loggers ship the request", async () => {
        for (const [tier, header] of [
            ["frontend", "x-frontend-pod"],
            ["backend", "x-pod"],
        ] as const) {
            const seen = new Set<unknown>();
            for (let i = 0; i < 40; i++) seen.add((await site(`/${tier}/whoami`)).headers[header]);
            assert.deepEqual([...seen].sort(), (await podsOf(tier)).map(({ name }) => name).sort());
        }
        // The frontend hands its visitors' calls on, and the id that the ingress gave goes all the way.
        const { requestId } = (await site("/frontend/api/whoami")).json as { requestId: string };
        assert.match(requestId, /^[0-9a-f]{32}$/);
        const loggers = {
            frontend: ["--namespace=app", "--selector=app.kubernetes.io/name=frontend", "--container=logger"],
            backend: ["--namespace=app", "--selector=app.kubernetes.io/name=backend", "--container=logger"],
            "ingress-nginx-controller": [
                "--namespace=ingress-nginx",
                "--selector=app.kubernetes.io/name=ingress-nginx",
            ],
        };
        for (const [tier, args] of Object.entries(loggers)) {
            await eventually(`the request in the log of ${tier}`, 20, async () => {
                const lines = (await a.kubectl("logs", ...args, "--tail=-1")).split("\n");
                const line = lines.find((text) => text.includes(requestId));
                if (line === undefined) return false;
                const {
                    time,
                    method,
                    path: at,
                    status,
                    durationSeconds,
                    pod,
                } = JSON.parse(line) as Record<string, any>;
                assert.ok(Math.abs(Date.parse(time as string) - Date.now()) < 60_000, line);
                assert.match(`${method} ${at} ${status}`, /^GET .*\/whoami 200$/);
                assert.ok(durationSeconds >= 0 && durationSeconds < 10, line);
                assert.match(pod as string, new RegExp(`^${tier}-`));
                return true;
            });
        }
    });

    it("rows 8 and 9: access logs take no room in the pods, and a bounded one on the nodes", async () => {
        for (const tier of ["frontend", "backend"]) {
            const [pod] = await podsOf(tier);
            const shared = ["exec", "--namespace=app", pod?.name ?? "", "--container=logger", "--", "ls", "-l"];
            // Its permissions begin with p: a named pipe, and nothing beside it.
            assert.match(await a.kubectl(...shared, "/var/log/access"), /^total 0\np\S+ .* access\.log$/);
        }
        const configured = await a.kubectl("get", "--raw", "/api/v1/nodes/lb-e2e-a-worker/proxy/configz");
        const { kubeletconfig } = JSON.parse(configured) as { kubeletconfig: Record<string, unknown> };
        assert.deepEqual([kubeletconfig.containerLogMaxSize, kubeletconfig.containerLogMaxFiles], ["10Mi", 5]);
    });

    it("row 10: there is a backup, and /db tells of it", async () => {
        await eventually("a backup", 60, async () => {
            const { backups } = (await site("/db", { headers: { accept: "application/json" } })).json;
            return backups?.files.length > 0;
        });
        const { backups, connections, tables } = (await site("/db", { headers: { accept: "application/json" } })).json;
        assert.match(backups.files.at(-1).name as string, /^\d{8}T\d{6}Z\.sql\.gz$/);
        assert.equal(backups.lastAttempt.error, null);
        assert.deepEqual([backups.intervalSeconds, backups.kept, backups.overdue], [3600, 24, false]);
        assert.ok(tables.some(({ name }: { name: string }) => name === "guestbook_entry"));
        const pods = (await podsOf("backend")).map(({ name }) => name);
        for (const pod of pods) {
            const own = connections.find(({ application }: { application: string }) => application === pod);
            // A pool of two for each of the two workers, however many requests there were.
            assert.ok(own?.count >= 1 && own.count <= 4, `${pod}: ${JSON.stringify(own)}`);
        }
        assert.match((await site("/db")).body, /\d{8}T\d{6}Z\.sql\.gz/);
        const dump = await inDatabase("sh", "-c", "zcat /backups/*.sql.gz");
        const majors = [...dump.matchAll(/^-- Dumped (?:from database|by pg_dump) version (\d+)/gm)].map(
            ([, of]) => of,
        );
        assert.equal(majors.length, 2);
        assert.equal(majors[0], majors[1]);
    });

    it("row 10: the database's roles may do what they have to, and ask for a password", async () => {
        const psql = (url: string, statement: string) =>
            inDatabase("psql", url, "--no-password", "--tuples-only", "--no-align", "--command", statement);
        const roles = await inDatabase(
            ...["psql", "-tAc", "SELECT rolname FROM pg_roles WHERE rolsuper OR rolcreaterole OR rolcreatedb"],
        );
        assert.equal(roles, "postgres");
        const { DATABASE_URL: app, REPORT_DATABASE_URL: reporting } = await secretsOf("app");
        const here = (url = "") => url.replace(/@[^:/]+/, "@127.0.0.1");
        assert.equal(await psql(here(app), "SELECT count(*) >= 0 FROM guestbook_entry"), "t");
        assert.equal(await psql(here(reporting), "SELECT count(*) >= 0 FROM guestbook_entry"), "t");
        for (const statement of ["DELETE FROM guestbook_entry", "CREATE TABLE public.mine ()"]) {
            await assert.rejects(psql(here(reporting), statement), /read-only transaction/);
            // Switching that off leads no further.
            await assert.rejects(
                psql(here(reporting), `SET default_transaction_read_only = off; ${statement}`),
                /read-only transaction|permission denied/,
            );
            await assert.rejects(
                psql(here(reporting), `BEGIN; SET TRANSACTION READ WRITE; ${statement}`),
                /permission denied/,
            );
        }
        // A port-forward comes from the pod's own localhost.
        for (const role of ["postgres", "guestbook", "report"]) {
            await assert.rejects(psql(`postgres://${role}@127.0.0.1/guestbook`, "SELECT 1"), /no password supplied/);
        }
    });

    it("row 11: what one backend pod writes, another reads", async () => {
        const [first, second] = await podsOf("backend");
        const inPod = async (pod: string | undefined, ...args: string[]) =>
            JSON.parse(
                await a.kubectl(
                    "exec",
                    "--namespace=app",
                    pod ?? "",
                    "--container=backend",
                    "--",
                    "python",
                    "-c",
                    asked,
                    ...args,
                ),
            ) as {
                pod: string;
                entries: { message: string; pod: string }[];
            };
        const asked = [
            "import sys, urllib.request as r",
            "body = sys.argv[1].encode() if len(sys.argv) > 1 else None",
            "ask = r.Request('http://localhost:8000/api/entries', body, {'Content-Type': 'application/json'})",
            "print(r.urlopen(ask).read().decode())",
        ].join("\n");
        const entry = { name: "e2e", message: `at ${new Date().toISOString()}` };
        await inPod(first?.name, JSON.stringify(entry));
        const read = await inPod(second?.name);
        assert.equal(read.pod, second?.name);
        assert.equal(read.entries.find(({ message }) => message === entry.message)?.pod, first?.name);
    });

    it("NetworkPolicies drop all connections between pods but those that the tiers need", async () => {
        const first = async (app: string) => (await podsOf(app))[0] ?? assert.fail(app);
        const [ingress, frontend, backend, db, web] = await Promise.all(
            ["ingress-nginx", "frontend", "backend", "db", "web"].map(first),
        );
        const nodeIp = await a.kubectl("get", "nodes", "-o", "jsonpath={.items[1].status.addresses[0].address}");
        const doors = {
            "frontend:8080": frontend?.ip,
            "backend:8000": backend?.ip,
            "db:5432": db?.ip,
            "web:8080": web?.ip,
            "ingress:443": ingress?.ip,
            "node:10250": nodeIp,
            "api:443": "10.96.0.1",
            "outside:80": out.webAddress as string,
        };
        const from: Record<string, [namespace: string, pod: string | undefined, container: string]> = {
            ingress: ["ingress-nginx", ingress?.name, "controller"],
            frontend: ["app", frontend?.name, "frontend"],
            backend: ["app", backend?.name, "backend"],
            db: ["app", db?.name, "postgres"],
            web: ["web", web?.name, "web"],
        };
        // A connection that is not allowed is dropped, so it runs into the time limit. All are tried at once.
        const probe = Object.entries(doors)
            .map(([door, ip]) => {
                const at = `/dev/tcp/${ip}/${door.split(":")[1]}`;
                return `(timeout 4 bash -c 'exec 3<>${at}' 2>/dev/null && echo ${door}) &`;
            })
            .join("\n");
        const open = async ([namespace, pod = "", container]: (typeof from)[string]) => {
            const inPod = ["exec", `--namespace=${namespace}`, pod, `--container=${container}`, "--"];
            const said = await a.kubectl(...inPod, "bash", "-c", `${probe}\nwait`);
            return said.split("\n").filter(Boolean).sort();
        };
        const itself = (name: string, seen: string[]) => seen.filter((door) => !door.startsWith(`${name}:`));
        const seen = Object.fromEntries(
            await Promise.all(
                Object.entries(from).map(async ([name, where]) => [name, itself(name, await open(where))] as const),
            ),
        );
        assert.deepEqual([seen.frontend, seen.backend, seen.db], [["backend:8000"], ["db:5432"], []]);
        // Who is outside of the app's namespace: the ingress reaches what it has to, the web demo nothing in there.
        const inApp = (doorsOf: string[] = []) => doorsOf.filter((door) => /^(frontend|backend|db):/.test(door));
        assert.deepEqual(inApp(seen.ingress), ["backend:8000", "frontend:8080"]);
        assert.deepEqual(inApp(seen.web), []);
        // The probe itself works: these doors are open to whom no policy holds back.
        assert.deepEqual(
            ["api:443", "web:8080"].filter((door) => !seen.ingress?.includes(door)),
            [],
        );
    });

    it("pods have no service account token, a read-only root file system, and restricted namespaces", async () => {
        for (const [namespace, app, container] of [
            ["app", "frontend", "frontend"],
            ["app", "frontend", "logger"],
            ["app", "backend", "backend"],
            ["app", "db", "postgres"],
            ["app", "db", "backup"],
            ["web", "web", "web"],
        ] as const) {
            const [pod] = await podsOf(app);
            const tried = await a.kubectl(
                ...["exec", `--namespace=${namespace}`, pod?.name ?? "", `--container=${container}`, "--", "sh", "-c"],
                "id -u; ls /var/run/secrets/kubernetes.io 2>/dev/null; touch /here /etc/here 2>/dev/null; ls /here /etc/here 2>/dev/null; true",
            );
            assert.match(tried, /^[1-9]\d*$/, `${app}/${container}`);
        }
        const label = "pod-security.kubernetes.io/enforce";
        const namespaces = async (level: string) =>
            (await a.kubectl("get", "namespaces", `--selector=${label}=${level}`, "-o", "name")).split("\n");
        assert.deepEqual(await namespaces("restricted"), ["namespace/app", "namespace/ingress-nginx", "namespace/web"]);
        const forNetworking = /^namespace\/(metallb-system|calico-system|tigera-operator)$/;
        for (const namespace of await namespaces("privileged")) assert.match(namespace, forNetworking);
        const refused = a.kubectl(
            ...["run", "intruder", "--namespace=app", "--image=busybox", "--privileged", "--dry-run=server"],
        );
        await assert.rejects(refused, /violates PodSecurity "restricted/);
    });

    it("row 11: the guestbook works under its prefix, as a page and from the frontend, and /db shows the database", async () => {
        const page = await site("/backend");
        assert.equal(page.status, 200);
        const style = /href="(\/backend\/static\/[^"]+\.css)"/.exec(page.body)?.[1];
        assert.equal((await site(style ?? "")).status, 200);
        const created = await site("/frontend/api/entries", {
            method: "POST",
            body: { name: "e2e", message: "through the frontend" },
        });
        assert.equal(created.status, 201);
        assert.match((await site("/backend/")).body, /through the frontend/);
        assert.equal((await site(`/frontend/api/entries/${created.json.id}`, { method: "DELETE" })).status, 204);
        assert.match((await site("/frontend")).body, /<h1>Load balancing lab<\/h1>/);
        for (const at of ["/db", "/db/"]) assert.match((await site(at)).body, /PostgreSQL \d+/);
    });

    it("row 8: the page in a browser shows which pods answer, and keeps the guestbook, on a phone too", async function () {
        const browser = await launchBrowser({ host: "e2e-a.local", address: out.ingressAddress as string });
        if (browser === undefined) {
            console.log("      SKIPPED: the page in a browser, for want of a Chromium");
            return this.skip();
        }
        try {
            for (const width of [1280, 360]) {
                const visit = await visitPage(browser, "https://e2e-a.local/frontend", { width });
                await visit.fire(1);
                await visit.fire(10);
                await visit.fire(100);
                const { sent, failed, frontend, backend } = await visit.histogram();
                assert.deepEqual([sent, failed], [111, 0]);
                for (const [tier, counts] of Object.entries({ frontend, backend })) {
                    const pods = (await podsOf(tier)).map(({ name }) => name);
                    assert.deepEqual(Object.keys(counts).sort(), pods.sort());
                    assert.equal(
                        Object.values(counts).reduce((total, count) => total + count, 0),
                        111,
                    );
                }
                const message = `<b>from a width of ${width}</b>`;
                await visit.sign({ name: "browser", message });
                const [entry] = await visit.entries();
                assert.equal(entry?.message, message);
                assert.match(entry.pod, /backend-/);
                await visit.deleteEntry(message);
                assert.ok(!(await visit.entries()).some((one) => one.message === message));
                assert.deepEqual(await visit.errors(), []);
                assert.deepEqual(visit.problems, []);
                assert.deepEqual(
                    visit.requests.filter((url) => !url.startsWith("https://e2e-a.local/frontend")),
                    [],
                );
                for (const at of ["/frontend", "/backend", "/db"]) {
                    await visit.page.goto(`https://e2e-a.local${at}`);
                    const wider = await visit.page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
                    assert.ok((wider as number) <= 0, `${at} is ${String(wider)} px too wide`);
                }
                await visit.close();
            }
        } finally {
            await browser.close();
        }
    });

    it("row 12: kube-proxy is in the mode that is set", async () => {
        assert.equal(await node("curl", "--silent", "http://localhost:10249/proxyMode"), out.kubeProxyMode);
    });

    it("row 14: a port-forward leads to the database, on this machine alone, until it is ended", async () => {
        const port = 15432;
        const forward: ChildProcess = spawn(
            path.join(project, "node_modules/.bin/tsx"),
            ["scripts/forward.ts", "--stack", a.name, "db", String(port)],
            { cwd: copy, env: a.env, stdio: "ignore" },
        );
        const open = () =>
            new Promise<boolean>((resolve) => {
                const socket = net.connect(port, "127.0.0.1", () => resolve(socket.destroy() !== undefined));
                socket.once("error", () => resolve(false));
            });
        try {
            await eventually("a connection", 30, open);
        } finally {
            const ended = new Promise((resolve) => forward.once("exit", resolve));
            forward.kill("SIGINT");
            await ended;
        }
        assert.equal(await open(), false);
    });

    it("each line of the output `try` works as it stands", async () => {
        for (const line of out.try as string[]) {
            assert.notEqual(await run("sh", ["-c", `${line} --fail --silent`]), "", line);
        }
    });

    it("no secret is in plain text in the state, in output, in logs, in the image or in the cluster's objects", async () => {
        const { DATABASE_URL: url = "", superuser = "", report = "", DJANGO_SECRET_KEY = "" } = await secretsOf("app");
        const { "tls.key": tlsKey = "" } = await secretsOf("web");
        const password = /postgres:\/\/guestbook:([^@]+)@/.exec(url)?.[1] ?? assert.fail(url);
        const secrets = [password, superuser, report, DJANGO_SECRET_KEY, tlsKey.split("\n")[1] ?? ""];
        for (const secret of secrets) assert.ok(secret.length >= 32);
        const assertNone = (where: string, text: string) => {
            for (const secret of secrets) {
                for (const form of [secret, Buffer.from(secret).toString("base64").replace(/=+$/, "").slice(0, -1)]) {
                    assert.ok(!text.includes(form), where);
                }
            }
        };
        const exported = await run("pulumi", ["stack", "export", "--stack", a.name], { cwd: copy, env: a.env });
        assertNone("the state", exported);
        assert.ok(!exported.includes("client-key-data") && !exported.includes("PRIVATE KEY"));
        assertNone("what up printed", printed);
        assert.ok(!printed.includes("client-key-data") && !printed.includes("PRIVATE KEY"));
        const kinds = (await a.kubectl("api-resources", "--verbs=list", "-o", "name"))
            .split("\n")
            .filter((kind) => kind !== "secrets");
        assertNone("the cluster's objects", await a.kubectl("get", kinds.join(","), "-A", "-o", "yaml"));
        for (const pod of (
            await a.kubectl(
                "get",
                "pods",
                "-A",
                "-o",
                "jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {end}",
            )
        ).split(" ")) {
            const [namespace, name] = pod.split("/");
            if (name === undefined) continue;
            assertNone(
                `the log of ${pod}`,
                await a.kubectl("logs", `--namespace=${namespace}`, name, "--all-containers", "--tail=-1"),
            );
        }
        const [image = ""] = (await dockerHoldings()).images.filter((name) => name.startsWith("lb-e2e-a-"));
        assertNone("the image", await run("docker", ["image", "inspect", image]));
        assertNone("the image's history", await run("docker", ["history", "--no-trunc", image]));
        // All files of all layers, those included that a later layer removes. The search is tried on what is there.
        const inLayers = (text: string) =>
            run("sh", ["-c", `docker save "$IMAGE" | tar -xO | grep -aFc -e "$TEXT" || true`], {
                env: { ...process.env, IMAGE: image, TEXT: text },
            });
        assert.notEqual(await inLayers("class EntryForm"), "0");
        assert.equal(await inLayers(secrets.join("\n")), "0");
        const { deployment } = JSON.parse(exported) as { deployment: { resources: any[] } };
        const inside = deployment.resources.filter(({ type }) => type.startsWith("kubernetes:"));
        const cluster = deployment.resources.find(({ urn }) => urn.endsWith("::cluster-nodes"));
        for (const { urn, deletedWith } of inside) assert.equal(deletedWith, cluster.urn, urn);
    });

    it("a second stack whose pool overlaps the first one's is refused before anything is made", async () => {
        b.configure({ ...second, addressPool: "172.18.200.16-172.18.200.47" });
        await assert.rejects(
            b.stack.up(),
            /172\.18\.200\.16-172\.18\.200\.47 overlaps 172\.18\.200\.2-172\.18\.200\.31, the pool of the cluster lb-e2e-a/,
        );
        const { resources = [] } = (await b.stack.exportStack()).deployment as { resources?: { type: string }[] };
        assert.deepEqual(
            resources.filter(({ type }) => type !== "pulumi:pulumi:Stack"),
            [],
        );
    });

    it("a stack refuses a cluster of its name that another stack made, in 8 s and 300 MB", async () => {
        // Only the engine knows which cluster is the stack's. So this refusal waits for all of Pulumi, and a cluster runs beside it.
        await assertQuickRefusal(
            { ...second, cluster: { workers: 1, name: "lb-e2e-a" } },
            /"lb-e2e-a" exists, and this stack did not make it/,
            8,
        );
    });

    it("two stacks answer at once, each on its own addresses", async () => {
        b.configure(second);
        await b.stack.up();
        const ofSecond = await b.outputs();
        for (const [outputs, cluster, domain] of [
            [ofSecond, oddCluster, oddDomain],
            [out, "lb-e2e-a", "e2e-a.local"],
        ] as const) {
            const web = await request(`http://${outputs.webAddress}/`, { address: outputs.webAddress as string });
            assert.match(web.body, new RegExp(`node=${cluster}-`));
            const { json } = await request(`https://${domain}/backend/whoami`, {
                address: outputs.ingressAddress as string,
                ca: outputs.caCertificate as string,
            });
            assert.match(json.node as string, new RegExp(`^${cluster}-`));
        }
        assert.equal(ofSecond.webAddress, "172.18.201.0");
    });

    it("a stack with host ports is reached by 127.0.0.1, and by no other address of this machine", async () => {
        const { caCertificate } = await b.outputs();
        const local = { address: "127.0.0.1", ca: caCertificate as string };
        assert.match((await request(`https://${oddDomain}:18443/backend/whoami`, local)).body, /"pod": "backend-/);
        // No redirect: the ingress can't know by which port it was reached.
        assert.match((await request(`http://${oddDomain}:18080/`, local)).body, /^pod=web-/);
        const published = await run("docker", ["port", `${oddCluster}-control-plane`]);
        for (const line of published.split("\n")) assert.match(line, /-> 127\.0\.0\.1:\d+$/);
    });

    it("destroying one stack leaves the other's answers and containers", async () => {
        await b.takeAway();
        assert.match(
            (await request(`http://${out.webAddress}/`, { address: out.webAddress as string })).body,
            /node=lb-e2e-a-/,
        );
        assert.deepEqual(
            (await dockerHoldings()).containers.filter((name) => name.startsWith(oddCluster)),
            [],
        );
    });

    /** All that a visitor asks for, while something is done to the stack. */
    const underLoad = async (what: string, act: () => Promise<unknown>) => {
        const asked = { address: out.ingressAddress as string, ca: out.caCertificate as string };
        const paths = ["/backend/whoami", "/frontend/", "/frontend/api/whoami", "/frontend/api/entries"];
        const load = startLoad(
            [
                { name: "web", url: out.urls.web as string, asked: { address: out.webAddress as string } },
                ...paths.map((at) => ({ name: at, url: `https://e2e-a.local${at}`, asked })),
            ],
            {
                rate: 10,
                // A machine that builds and starts things is slow; a request that is lost is lost all the same.
                patience: 15,
                guestbook: { name: "signing", url: "https://e2e-a.local/frontend/api/entries", asked, signature: what },
            },
        );
        // What fails in `act` is told as it is; what the load saw is judged only where all went well.
        await act().finally(() => load.stop());
        const { seen } = await load.stop();
        const sum = (of: "sent" | "failed") => Object.values(seen).reduce((total, one) => total + one[of], 0);
        console.log(`      ${sum("sent")} requests meanwhile, ${sum("failed")} failed`);
        assert.equal(sum("failed"), 0, JSON.stringify(seen));
        assert.ok(sum("sent") > 300);
    };
    /** The version that serves, once no pod of another one does any more: those that go finish what they have begun. */
    const version = async () => {
        let last: string | undefined;
        let inARow = 0;
        await eventually("one version", 60, async () => {
            const answer = (await site("/backend/whoami")).json.version as string;
            inARow = answer === last ? inARow + 1 : 1;
            last = answer;
            return inARow >= 6;
        });
        return last;
    };
    const change = (file: string, from: string, to: string) => {
        const at = path.join(copy, file);
        const text = fs.readFileSync(at, "utf8");
        assert.ok(text.includes(from), `${file} holds ${from}`);
        fs.writeFileSync(at, text.replace(from, to));
    };

    it("changes of backend, frontend and web demo are rolled out without a failed request or a new cluster", async () => {
        const before = await version();
        change("app-django/guestbook/views.py", "import json\n", "import json\n\n# another version\n");
        change("app-frontend/index.html", "</html>", "<!-- another version -->\n</html>");
        change(
            "components/app/loadBalancedWeb.conf.template",
            "default_type text/plain;",
            "default_type text/plain;\n    # another version",
        );
        await underLoad("rollout", async () => {
            const { changed } = changes(await a.stack.up());
            assert.equal(changed.create, undefined);
            assert.equal(changed.delete, undefined);
            // The image's Commands, the migration, two ConfigMaps.
            assert.ok(changed.replace && changed.update, JSON.stringify(changed));
        });
        await eventually("another version", 60, async () => (await version()) !== before);
        assert.match((await site("/frontend/")).body, /another version/);
    });

    it("a failed migration leaves the old version serving, `up` says why, and the mended one is rolled out", async () => {
        const before = await version();
        const migration = path.join(copy, "app-django/guestbook/migrations/0002_broken.py");
        fs.writeFileSync(
            migration,
            [
                "from django.db import migrations",
                "class Migration(migrations.Migration):",
                '    dependencies = [("guestbook", "0001_initial")]',
                '    operations = [migrations.RunSQL("ALTER TABLE guestbook_entry ADD x int; SELECT no_such_column")]',
                "",
            ].join("\n"),
        );
        await underLoad("failed migration", () =>
            assert.rejects(
                a.stack.up(),
                /Migrating failed: guestbook\.0002_broken: column "no_such_column" does not exist/,
            ),
        );
        assert.equal(await version(), before);
        const columns =
            "SELECT count(*) FROM information_schema.columns WHERE table_name = 'guestbook_entry' AND column_name = 'x'";
        assert.equal(await inDatabase("psql", "-tAc", columns), "0");

        const older = /\S+\.sql\.gz/.exec(await inDatabase("backup", "now"))?.[0] ?? "";
        change("app-django/guestbook/migrations/0002_broken.py", "; SELECT no_such_column", "");
        await underLoad("migration", () => a.stack.up());
        await eventually("another version", 60, async () => (await version()) !== before);
        assert.equal(await inDatabase("psql", "-tAc", columns), "1");
        assert.deepEqual(changes(await a.stack.up()).changed, {});

        // A backup from before the migration fits the app of now.
        const tsx = path.join(project, "node_modules/.bin/tsx");
        const restored = await run(tsx, ["scripts/backup.ts", "--stack", a.name, "restore", older], {
            cwd: copy,
            env: a.env,
        });
        assert.match(restored, /Applied guestbook\.0002_broken/);
        assert.equal((await site("/frontend/api/entries")).status, 200);
        assert.equal(await inDatabase("psql", "-tAc", columns), "1");
    });

    it("another address pool moves the addresses without a new cluster", async () => {
        const nodes = await a.kubectl("get", "nodes", "-o", "jsonpath={.items[*].metadata.uid}");
        const moved: Settings = { addressPool: "172.18.202.0-172.18.202.9" };
        a.configure(moved);
        await a.stack.up();
        assert.equal(await a.kubectl("get", "nodes", "-o", "jsonpath={.items[*].metadata.uid}"), nodes);
        out = await a.outputs();
        assert.equal(out.webAddress, "172.18.202.0");
        await eventually(
            "an answer on the new address",
            30,
            async () => (await site("/backend/whoami")).status === 200,
        );
        assert.match((await request(`http://${out.webAddress}/`, { address: out.webAddress })).body, /^pod=web-/);
    });

    it("destroy leaves no container, volume, network, image, kubeconfig or temporary file", async () => {
        const started = Date.now();
        await a.takeAway();
        console.log(`      destroy: ${seconds(started)} s`);
        assert.deepEqual(await dockerHoldings(), held);
        assertNoFilesLeft(files);
    });
});
