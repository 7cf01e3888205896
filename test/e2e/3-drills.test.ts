import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { parse } from "yaml";
import { readLocks } from "../../scripts/lib/locks";
import { childEnv, openWorkspace } from "../../scripts/lib/workspace";
import {
    type Command,
    atMost,
    during,
    finish,
    killFamily,
    killProgram,
    pressCtrlC,
    startCommand,
} from "../support/commands";
import { startLoad, type LoadReport, type Target } from "../../lib/load";
import { sum } from "../../lib/statistics";
import { standInFor } from "../support/mirror";
import { request, type Asked } from "../../lib/request";
import {
    assertNoFilesLeft,
    copyProject,
    dockerHoldings,
    eventually,
    leftFiles,
    run,
    type Settings,
    stackSettings,
} from "../support/stacks";

/*
 * What breaks, and what that costs: docs/fault-drills.md tells of each drill, and has the table that this prints at its end.
 *
 * The commands are run as a student runs them, in a copy of the project with its state in it: only there does `up` release the
 * lock of a run that was killed.
 */

const name = "e2e-drills";
const domain = `${name}.local`;
const cluster = `lb-${name}`;

/** How long the registry mirror is away, and after how much of what it serves. */
const mirrorOutage = { seconds: 45, afterBytes: 20e6 };

const since = (begun: number) => (Date.now() - begun) / 1000;
const nodes = async () =>
    (
        await run("docker", [
            "ps",
            "--all",
            "--filter",
            `label=io.x-k8s.kind.cluster=${cluster}`,
            "--format",
            "{{.Names}}",
        ])
    )
        .split("\n")
        .filter(Boolean);

/** A line of the table. */
interface Row {
    drill: string;
    outage: string;
    sent: number | string;
    failed: number | string;
    whole: string;
    lost: number | string;
}

interface Limits {
    /** Longest outage that is all right, s, by target. Default: 5, since a machine that has just lost something is busy. */
    outage?: Record<string, number>;
    /** Failed requests that are all right, all targets together. Default: any number. */
    failed?: number;
    /** From the fault's beginning until everything is whole again, s. */
    whole: number;
    /** Requests per second and target. Default: 10, and 2 to sign the guestbook. */
    rate?: number;
    /** How long the client waits for an answer, s. Default: 5. */
    patience?: number;
    /** What is asked. Default: all of {@link targets}. */
    targets?: Target[];
    /** Whether the guestbook is signed meanwhile. Default: true. */
    signing?: boolean;
}

describe("drills", () => {
    const rows: Row[] = [];
    let scratch: string;
    let copy: string;
    let held: Awaited<ReturnType<typeof dockerHoldings>>;
    let left: ReturnType<typeof leftFiles>;
    let mirror: Awaited<ReturnType<typeof standInFor>> | undefined;
    let out: Record<string, any> = {};
    let isUp = false;

    before(async () => {
        held = await dockerHoldings();
        left = leftFiles();
        scratch = fs.mkdtempSync(path.join(os.tmpdir(), "drills-"));
        copy = path.join(scratch, "project");
        copyProject(copy);

        const own: Settings = { addressPool: "172.18.203.0-172.18.203.15", domain, cluster: { workers: 2 } };
        const { config } = parse(stackSettings(own)) as { config: Record<string, any> };
        const sources = config["load-balancing-lab:sources"];
        // A change of the mirror's address replaces the cluster: the stand-in keeps its own until the end.
        if (/^http:/.test(sources?.registryMirror ?? "")) {
            mirror = await standInFor(new URL(sources.registryMirror));
            own.sources = { ...sources, registryMirror: mirror.url };
        }
        fs.writeFileSync(path.join(copy, `Pulumi.${name}.yaml`), stackSettings(own));
    });
    after(async () => {
        const columns = ["drill", "longest outage, s", "requests", "failed", "whole again after, s", "rows lost"];
        const line = (cells: unknown[]) => `| ${cells.join(" | ")} |`;
        const body = rows.map(({ drill, outage, sent, failed, whole, lost }) =>
            line([drill, outage, sent, failed, whole, lost]),
        );
        console.log(["", line(columns), line(columns.map(() => "---")), ...body, ""].join("\n"));

        for (const { child } of commands) {
            if (child.exitCode === null && child.signalCode === null) await killFamily(child);
        }
        try {
            if (copy && fs.existsSync(path.join(copy, ".state"))) await finish(start("down"), 300);
        } finally {
            if ((await nodes()).length > 0) await deleteCluster();
            await mirror?.vanish();
            if (scratch) fs.rmSync(scratch, { recursive: true, force: true });
        }
    });

    // The commands

    const commands: Command[] = [];
    /** The environment of a user who has chosen neither a backend nor a passphrase. */
    const env = { ...process.env };
    for (const chosen of ["BACKEND_URL", "CONFIG_PASSPHRASE", "CONFIG_PASSPHRASE_FILE", "STACK"]) {
        delete env[`PULUMI_${chosen}`];
    }
    const toolsEnv = () => childEnv(openWorkspace(name, copy, env), env);
    const start = (script: "up" | "down", terminal = false): Command => {
        const command = startCommand(script, ["--stack", name], { cwd: copy, env, terminal });
        commands.push(command);
        return command;
    };
    const up = async (limit: number) => {
        const command = start("up");
        await finish(command, limit);
        return command.said();
    };
    const readOutputs = async () => {
        const printed = await run("pulumi", ["stack", "output", "--json", "--show-secrets", "--stack", name], {
            cwd: copy,
            env: toolsEnv(),
        });
        out = JSON.parse(printed) as Record<string, any>;
        fs.writeFileSync(path.join(scratch, "kubeconfig"), out.kubeconfig as string, { mode: 0o600 });
    };
    const deleteCluster = () =>
        run("kind", ["delete", "cluster", "--name", cluster, "--kubeconfig", path.join(scratch, "unused-kubeconfig")], {
            env: toolsEnv(),
        });

    // The cluster

    const kubeconfig = () => ["--kubeconfig", path.join(scratch, "kubeconfig")];
    const kubectl = (...args: string[]) => run("kubectl", [...kubeconfig(), ...args], { env: toolsEnv() });
    const list = async (...args: string[]) =>
        (JSON.parse(await kubectl("get", ...args, "--output=json", "--request-timeout=10s")) as { items: any[] }).items;
    const isReady = ({ metadata, status }: any) =>
        metadata.deletionTimestamp === undefined &&
        status.conditions?.some((condition: any) => condition.type === "Ready" && condition.status === "True");
    const podsOf = (app: string) => list("pods", "--namespace=app", `--selector=app.kubernetes.io/name=${app}`);
    /** As a fault does it: without a word to the pod. */
    const kill = (namespace: string, pod: string) =>
        kubectl("delete", "pod", pod, `--namespace=${namespace}`, "--grace-period=0", "--force");
    /** The node that answers for the ingress's address. */
    const announcer = async (): Promise<string> => {
        const statuses = await list("servicel2statuses.metallb.io", "--all-namespaces");
        const found = statuses.find(
            ({ metadata, status }) =>
                (status?.serviceName ?? metadata.labels?.["metallb.io/service-name"]) === "ingress-nginx-controller",
        );
        if (!found?.status?.node) throw new Error(`no node announces the ingress: ${JSON.stringify(statuses)}`);
        return found.status.node as string;
    };

    // The database

    const inSidecar = (...command: string[]) =>
        kubectl("exec", "--namespace=app", "db-0", "--container=backup", "--", ...command);
    const psql = (sql: string) => inSidecar("timeout", "60", "psql", "-qtAc", sql);
    const backup = (...args: string[]) => inSidecar("timeout", "120", "backup", ...args);
    const files = async () => (await inSidecar("ls", "-A", "/backups")).split("\n").filter(Boolean).sort();
    const backups = async () => (await files()).filter((file) => file.endsWith(".sql.gz"));
    /** `backup now`, and the name of what it made. */
    const backUp = async (): Promise<string> => {
        const said = await backup("now");
        const made = /\S+\.sql\.gz/.exec(said)?.[0];
        assert.ok(made !== undefined && (await backups()).includes(made), `\`backup now\` said ${said}`);
        return made;
    };
    /** All rows as one figure. */
    const checksum = () =>
        psql(
            "SELECT count(*), md5(coalesce(string_agg(entry::text, ';' ORDER BY id), '')) FROM guestbook_entry AS entry",
        );

    // The client

    const asked = (): Asked => ({ address: out.ingressAddress as string, ca: out.caCertificate as string });
    const target = (what: string, at: string): Target => ({
        name: what,
        url: `https://${domain}${at}`,
        asked: asked(),
    });
    const web = (): Target => ({
        name: "web",
        url: `http://${out.webAddress}/`,
        asked: { address: out.webAddress as string },
    });
    /** By way of MetalLB alone; the ingress and the backend; all tiers. */
    const targets = () => [web(), target("backend", "/backend/whoami"), target("entries", "/frontend/api/entries")];

    /** What is not as it should be. */
    const ailments = async (): Promise<string[]> => {
        const items = await list("nodes,pods,deployments,statefulsets,daemonsets", "--all-namespaces");
        const of = (kind: string) => items.filter((item) => item.kind === kind);
        const wrong = of("Node")
            .filter((node) => !isReady(node))
            .map(({ metadata }) => `node ${metadata.name} is not Ready`);
        // Pods are counted, since the workloads' own figures are late.
        for (const { kind, metadata, spec, status } of items.filter(({ spec }) => spec.selector?.matchLabels)) {
            const wanted = (kind === "DaemonSet" ? status.desiredNumberScheduled : spec.replicas) as number;
            const ready = of("Pod").filter(
                (pod) =>
                    pod.metadata.namespace === metadata.namespace &&
                    Object.entries(spec.selector.matchLabels as Record<string, string>).every(
                        ([label, value]) => pod.metadata.labels?.[label] === value,
                    ) &&
                    isReady(pod),
            ).length;
            if (ready < wanted) wrong.push(`${metadata.name}: ${ready} of ${wanted} pods ready`);
        }
        if (wrong.length > 0) return wrong;
        const answers = targets().map(async ({ name: what, url, asked: how }) => {
            for (let inARow = 0; inARow < 3; inARow++) {
                const { status } = await request(url, how).catch((error: Error) => ({ status: error.message }));
                if (status !== 200) return [`${what}: ${status}`];
            }
            return [];
        });
        return (await Promise.all(answers)).flat();
    };
    const whole = (limit: number) =>
        eventually("everything whole", limit, async () => {
            const wrong = await ailments();
            if (wrong.length > 0) throw new Error(wrong.join("; "));
            return true;
        });

    /** Lets a fault happen under load, waits until everything is whole, counts what was lost, and adds a row to the table. */
    const drill = async (what: string, fault: () => Promise<void>, limits: Limits): Promise<LoadReport> => {
        await whole(180);
        const signature = `drill ${Date.now()}`;
        const rate = limits.rate ?? 10;
        const guestbook = {
            ...target("guestbook", "/frontend/api/entries"),
            signature,
            rate: Math.min(rate, 2),
        };
        const load = startLoad(limits.targets ?? targets(), {
            rate,
            patience: limits.patience,
            guestbook: limits.signing === false ? undefined : guestbook,
        });
        let took: number;
        try {
            await sleep(5000);
            const begun = Date.now();
            await fault();
            await whole(Math.max(limits.whole - since(begun), 10));
            took = since(begun);
            await sleep(5000);
        } catch (error) {
            const { seen } = await load.stop();
            throw new Error(`${(error as Error).message}; meanwhile the client saw ${JSON.stringify(seen)}`, {
                cause: error,
            });
        }
        const report = await load.stop();

        const seen = Object.entries(report.seen);
        for (const [of, { sent, failed, reasons, outageSeconds, slowestSeconds, skipped }] of seen) {
            console.log(
                `      ${of}: ${sent} sent, ${failed} failed ${failed > 0 ? JSON.stringify(reasons) : ""}, ` +
                    `longest outage ${outageSeconds.toFixed(1)} s, slowest success ${slowestSeconds.toFixed(1)} s` +
                    (skipped > 0 ? `, ${skipped} not sent` : ""),
            );
        }
        const stored = limits.signing === false ? [] : await storedBy(signature);
        const lost = report.ledger.filter((message) => !stored.includes(message));
        const failed = sum(seen.map(([, one]) => one.failed));
        rows.push({
            drill: what,
            outage:
                seen
                    .filter(([, one]) => one.failed > 0)
                    .map(([of, { outageSeconds }]) => `${of} ${outageSeconds.toFixed(1)}`)
                    .join(", ") || "none",
            sent: sum(seen.map(([, one]) => one.sent)),
            failed,
            whole: took.toFixed(0),
            lost: limits.signing === false ? "–" : `${lost.length} of ${report.ledger.length}`,
        });

        const tooLong = seen.flatMap(([of, { outageSeconds }]) => {
            const limit = limits.outage?.[of] ?? 5;
            return outageSeconds > limit ? [`${of}: ${outageSeconds} s without an answer, limit ${limit} s`] : [];
        });
        assert.deepEqual(lost, [], "entries that were acknowledged and are gone");
        assert.equal(new Set(stored).size, stored.length, "entries that are there twice");
        assert.deepEqual(tooLong, []);
        assert.ok(failed <= (limits.failed ?? Infinity), `${failed} requests failed, limit ${limits.failed}`);
        assert.ok(took <= limits.whole, `whole after ${took} s, limit ${limits.whole} s`);
        return report;
    };
    const storedBy = async (signature: string) =>
        (await psql(`SELECT message FROM guestbook_entry WHERE name = '${signature}'`)).split("\n").filter(Boolean);

    // While it is made

    const counted = (what: string, begun: number): Row => ({
        drill: what,
        outage: "–",
        sent: "–",
        failed: "–",
        whole: since(begun).toFixed(0),
        lost: "–",
    });
    const made = (what: string, command: Command) => counted(what, command.begun);
    /** Waits until pulumi is making a resource, which it notes in the state, and then until it is in the middle of it. */
    const underWay = async (command: Command, resource: RegExp) => {
        const state = path.join(copy, ".state/.pulumi/stacks/load-balancing-lab", `${name}.json`);
        const isNoted = () => {
            // Until this run has written it, it has what one that was killed had noted.
            if (!fs.existsSync(state) || fs.statSync(state).mtimeMs < command.begun) return Promise.resolve(false);
            const { checkpoint } = JSON.parse(fs.readFileSync(state, "utf8")) as { checkpoint: { latest: any } };
            const pending = (checkpoint.latest?.pending_operations ?? []) as { resource: { urn: string } }[];
            return Promise.resolve(pending.some(({ resource: { urn } }) => resource.test(urn)));
        };
        await during(command, eventually(`${resource} under way`, 240, isNoted));
        await during(command, sleep(2000));
    };
    /** Has the next `up` build the backend's image again, from its slowest layer on: a killed build may have got to its end. */
    const changeImage = () =>
        fs.appendFileSync(path.join(copy, "app-django/requirements.txt"), `# ${new Date().toISOString()}\n`);
    /** The processes of runs of pulumi, by the mark that `up` and `down` give them. */
    const processes = () =>
        fs.readdirSync("/proc").filter((pid) => {
            try {
                return /^\d+$/.test(pid) && /^LOAD_BALANCING_LAB_RUN=/m.test(readEnvironment(pid));
            } catch {
                return false;
            }
        });
    const readEnvironment = (pid: string) => fs.readFileSync(`/proc/${pid}/environ`, "utf8").replaceAll("\0", "\n");
    const assertNothingLeft = async () => {
        assert.deepEqual(await dockerHoldings(), held);
        assertNoFilesLeft(left);
        assert.deepEqual(processes(), []);
        assert.equal(fs.existsSync(path.join(copy, ".state")), false);
    };

    // Not in a group of their own: mocha runs groups after the tests beside them.
    for (const [what, resource] of [
        ["it builds the image", /::backend-image$/],
        ["it makes the nodes", /::cluster-nodes$/],
        ["it waits for the cluster", /::(calico|metallb|ingress-nginx|app-\w+)-(nodes-ready|available|ready|rollout)$/],
    ] as const) {
        it(`1. Ctrl-C to \`up\` while ${what}: it says so at once, ends soon, says how to go on, and no process of it is left`, async () => {
            changeImage();
            const command = start("up", true);
            await underWay(command, resource);
            pressCtrlC(command);
            const pressed = Date.now();
            await during(
                command,
                eventually("an answer", 2, () => Promise.resolve(/Stopping the work on/.test(command.said()))),
            );
            assert.notEqual(await atMost(60, command), 0);
            rows.push(counted(`Ctrl-C to \`up\` while ${what}: it ended after`, pressed));
            assert.match(command.said(), /To go on from here: npm run up -- --stack e2e-drills/);
            await eventually("no process left", 10, () => Promise.resolve(processes().length === 0));
        });

        it(`1. kill -9 to its pulumi while ${what}: \`up\` says how to go on`, async () => {
            changeImage();
            const command = start("up");
            await underWay(command, resource);
            await killProgram(command, "pulumi");
            assert.notEqual(await atMost(60, command), 0);
            assert.match(command.said(), /o on from here: npm run up -- --stack e2e-drills/);
        });
    }

    it("1. `down` then leaves nothing: no container, network, image, process, temporary file or state", async () => {
        await finish(start("down"), 120);
        await assertNothingLeft();
    });

    it("2. `up`, and all that it started, is killed while it makes the nodes", async () => {
        const first = start("up");
        await during(
            first,
            eventually("the nodes' containers", 180, async () => (await nodes()).length === 3),
        );
        await sleep(3000);
        await killFamily(first.child);
        assert.equal(await atMost(20, first), "SIGKILL");
        assert.equal(readLocks(path.join(copy, ".state"), name).length, 1);
    });

    it("3. and 4. the next `up` finishes, though the registry mirror dies meanwhile, and a second `up` at once is refused", async function () {
        this.timeout(1_500_000);
        const before = mirror?.forwarded() ?? 0;
        const second = start("up");
        // The nodes are there from the start, those of the run that was killed: what tells is what comes after them.
        const underWay = () =>
            mirror
                ? mirror.forwarded() - before > mirrorOutage.afterBytes
                : /cluster-nodes created/.test(second.said());
        await during(
            second,
            eventually("images under way", 300, () => Promise.resolve(underWay())),
        );
        if (mirror === undefined) {
            console.log("      no registry mirror with http in the file that E2E_STACK names: its outage is left out");
        }
        await mirror?.vanish();
        const away = Date.now();
        try {
            const third = start("up");
            assert.notEqual(await atMost(120, third), 0);
            assert.match(third.said(), /currently locked/);
            assert.match(third.said(), /Another pulumi works on this stack/);
            rows.push(made("a second `up` at once, refused after", third));
            if (mirror) await sleep(Math.max(0, mirrorOutage.seconds * 1000 - (Date.now() - away)));
        } finally {
            await mirror?.appear();
        }
        let what = mirror
            ? `the next \`up\`, with the registry mirror away for ${mirrorOutage.seconds} s`
            : "the next `up`";
        try {
            await finish(second, 780);
        } catch (error) {
            console.log((error as Error).message);
            what += ", and one more";
            await up(600);
        }
        assert.match(second.said(), /Released the lock of a run that was cut off/);
        rows.push(made(`\`up\` killed half-way; ${what}`, second));
        await readOutputs();
        await whole(60);
        isUp = true;
    });

    it("4. one more `up` after the interrupted ones changes nothing", async function () {
        if (!isUp) this.skip();
        const said = await up(180);
        assert.match(said, /\d+ unchanged/);
        assert.doesNotMatch(said, /pending|interrupted/);
        assert.doesNotMatch(said, /\d+ (created|updated|replaced|deleted)/);
    });

    describe("while the stack is up", () => {
        before(function () {
            if (!isUp) this.skip();
        });

        it("5. a backend pod is killed", async () => {
            const [pod] = await podsOf("backend");
            await drill("a backend pod killed", async () => void (await kill("app", pod.metadata.name as string)), {
                failed: 40,
                whole: 150,
            });
        });

        it("6. the database's pod is killed", async () => {
            const outage = { backend: 60, entries: 90, guestbook: 90 };
            const made = await backUp();
            await drill("the database's pod killed", async () => void (await kill("app", "db-0")), {
                outage,
                whole: 240,
            });
            assert.ok((await backups()).includes(made), "the backups' volume outlives the pod");
        });

        it("7. the ingress controller's pod is killed", async () => {
            const [pod] = await list(
                "pods",
                "--namespace=ingress-nginx",
                "--selector=app.kubernetes.io/component=controller",
            );
            await drill(
                "the ingress controller's pod killed",
                async () => void (await kill("ingress-nginx", pod.metadata.name as string)),
                { outage: { backend: 60, entries: 60, guestbook: 60 }, whole: 150 },
            );
        });

        it("8. the MetalLB speaker that answers for the ingress's address is killed", async () => {
            const node = await announcer();
            const [pod] = await list(
                "pods",
                "--namespace=metallb-system",
                "--selector=app.kubernetes.io/component=speaker",
                `--field-selector=spec.nodeName=${node}`,
            );
            await drill(
                "the MetalLB speaker that announces the ingress killed",
                async () => void (await kill("metallb-system", pod.metadata.name as string)),
                { outage: { web: 20, backend: 20, entries: 20, guestbook: 20 }, whole: 120 },
            );
        });

        it("9. the database is gone for a minute", async () => {
            const restarts = async () =>
                (await podsOf("backend"))
                    .map(
                        ({ metadata, status }) =>
                            `${metadata.name} ${sum(status.containerStatuses.map((one: any) => one.restartCount))}`,
                    )
                    .sort();
            const scale = (replicas: number) =>
                kubectl("scale", "statefulset/db", "--namespace=app", `--replicas=${replicas}`);
            const before = await restarts();
            const { seen } = await drill(
                "the database gone for a minute",
                async () => {
                    try {
                        await scale(0);
                        await kubectl("wait", "--for=delete", "pod/db-0", "--namespace=app", "--timeout=90s");
                        const gone = Date.now();
                        await eventually("no backend pod ready", 60, async () => {
                            const ready = (await podsOf("backend")).filter(isReady);
                            if (ready.length > 0) throw new Error(`${ready.length} are`);
                            return true;
                        });
                        await sleep(Math.max(0, gone + 60_000 - Date.now()));
                    } finally {
                        await scale(1);
                    }
                },
                {
                    // Each request waits 3 s for a connection: more of them would have to wait for a thread first.
                    targets: [web(), target("api", "/backend/api/entries"), target("entries", "/frontend/api/entries")],
                    rate: 1,
                    patience: 10,
                    outage: { api: 200, entries: 200, guestbook: 200 },
                    whole: 300,
                },
            );
            // From the backend without its database, and from whoever finds no backend pod that is ready.
            for (const of of ["api", "entries", "guestbook"]) {
                assert.deepEqual(Object.keys(seen[of]?.reasons ?? {}), ["503"], of);
            }
            assert.deepEqual(await restarts(), before);
        });

        it("10. a worker node is stopped for a minute", async () => {
            const pods = await list("pods", "--all-namespaces");
            const nodeOfDatabase = pods.find(({ metadata }) => metadata.name === "db-0")?.spec.nodeName;
            const candidates = (await nodes()).filter((node) => /-worker\d*$/.test(node) && node !== nodeOfDatabase);
            const announcing = await announcer();
            const node = candidates.includes(announcing) ? announcing : (candidates[0] ?? "");
            const onIt = pods
                .filter(({ metadata, spec }) => spec.nodeName === node && /^(app|web|ingress)/.test(metadata.namespace))
                .map(({ metadata }) => metadata.name as string);
            const role = node === announcing ? "announces the ingress" : "does not announce the ingress";
            console.log(`      ${node}: ${role}, runs ${onIt.join(", ")}`);
            const ingressToo = onIt.some((pod) => pod.startsWith("ingress-nginx")) ? ", and runs its pod" : "";
            const outage = 200;
            await drill(
                `a worker node stopped for a minute (it ${role}${ingressToo})`,
                async () => {
                    try {
                        await run("docker", ["stop", node]);
                        await sleep(60_000);
                    } finally {
                        await run("docker", ["start", node]);
                    }
                },
                { outage: { web: outage, backend: outage, entries: outage, guestbook: outage }, whole: 300 },
            );
        });

        it("11. all nodes are stopped, and brought back by `up`", async () => {
            const outage = 420;
            await drill(
                "all nodes stopped, then `up`",
                async () => {
                    await run("docker", ["stop", ...(await nodes())]);
                    assert.match(await up(400), /endpoint-check replaced/);
                },
                { rate: 5, outage: { web: outage, backend: outage, entries: outage, guestbook: outage }, whole: 480 },
            );
        });

        it("12. the backups' disk is full", async () => {
            const volume = await kubectl(
                "get",
                "pvc/backups-db-0",
                "--namespace=app",
                "--output=jsonpath={.spec.volumeName}",
            );
            const { spec } = JSON.parse(await kubectl("get", `pv/${volume}`, "--output=json")) as { spec: any };
            const folder = (spec.hostPath ?? spec.local).path as string;
            const [pod] = await podsOf("db");
            const onNode = (...command: string[]) => run("docker", ["exec", pod.spec.nodeName as string, ...command]);
            // A volume is mounted when its pod starts.
            const restartDatabase = async () => {
                await kubectl("delete", "pod", "db-0", "--namespace=app", "--timeout=120s");
                await whole(180);
            };
            const sidecarReady = async () => {
                const [{ status }] = (await podsOf("db")) as [any];
                return status.initContainerStatuses.find((one: any) => one.name === "backup")?.ready as boolean;
            };
            await onNode("mount", "-t", "tmpfs", "-o", "size=256k,mode=0777", "tmpfs", folder);
            try {
                await restartDatabase();
                // On an empty disk the schedule's first is due at once.
                await eventually("a backup", 60, async () => (await backups()).length > 0);
                await drill(
                    "the backups' disk full",
                    async () => {
                        const before = await files();
                        try {
                            // Ends when the disk is full.
                            await assert.rejects(inSidecar("dd", "if=/dev/zero", "of=/backups/filler", "bs=4k"));
                            await assert.rejects(backup("now"), /No space left on device/);
                            assert.deepEqual(await files(), [...before, "filler"].sort());
                            await eventually("db-0 not ready", 60, async () => !(await sidecarReady()));
                            await eventually("the error on the page /db", 30, async () => {
                                const { json } = await request(`https://${domain}/db`, {
                                    ...asked(),
                                    headers: { accept: "application/json" },
                                });
                                const { backups: told } = json as { backups?: { lastAttempt?: { error?: string } } };
                                if (/space/i.test(told?.lastAttempt?.error ?? "")) return true;
                                throw new Error(JSON.stringify(told));
                            });
                        } finally {
                            await inSidecar("rm", "-f", "/backups/filler");
                        }
                        await backUp();
                        await eventually("db-0 ready", 60, sidecarReady);
                    },
                    { failed: 0, whole: 240 },
                );
            } finally {
                // Until the pod is gone it has the folder in its own view.
                await onNode("umount", "--lazy", folder);
                await restartDatabase();
            }
        });

        it("13. a backup is killed half-way", async () => {
            // pg_dump locks every table before it reads the first: it waits for one that the app knows nothing of.
            await psql("DROP TABLE IF EXISTS drill_lock; CREATE TABLE drill_lock (id int)");
            const lock = "BEGIN; LOCK TABLE drill_lock IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(50); ROLLBACK";
            // The brackets keep the command from finding itself.
            const killDump = `for process in /proc/[0-9]*; do
                if tr '\\0' ' ' <"$process/cmdline" 2>/dev/null | grep -q '[p]g_dump\\|[b]ackup now'; then
                    kill -9 "\${process#/proc/}" 2>/dev/null
                fi
            done; true`;
            const waiting =
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'drill_lock'::regclass AND mode = 'AccessShareLock'";
            try {
                await drill(
                    "a backup killed half-way",
                    async () => {
                        const before = await backups();
                        // Ends with an error when its session is ended below.
                        const holding = psql(lock).catch(() => undefined);
                        try {
                            await eventually(
                                "the lock",
                                20,
                                async () =>
                                    (await psql(
                                        "SELECT count(*) FROM pg_locks WHERE relation = 'drill_lock'::regclass",
                                    )) === "1",
                            );
                            const failing = assert.rejects(backup("now"));
                            await eventually("pg_dump at the lock", 20, async () => (await psql(waiting)) === "1");
                            await inSidecar("bash", "-c", killDump);
                            await failing;
                        } finally {
                            await psql(
                                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity " +
                                    "WHERE query LIKE '%drill_lock%' AND pid <> pg_backend_pid()",
                            );
                            await holding;
                        }
                        assert.deepEqual(await backups(), before);
                        await backUp();
                        assert.deepEqual(
                            (await files()).filter((file) => file.includes("partial")),
                            [],
                        );
                    },
                    { whole: 120 },
                );
            } finally {
                await psql("DROP TABLE IF EXISTS drill_lock");
            }
        });

        it("14. a backup is restored, and a damaged one is refused", async () => {
            const sign = await request(`https://${domain}/frontend/api/entries`, {
                ...asked(),
                method: "POST",
                body: { name: "drill", message: "to be restored" },
            });
            assert.equal(sign.status, 201);
            const before = await checksum();
            const extra = () => psql("SELECT to_regclass('drill_extra') IS NOT NULL");
            let backedUp = "";
            // Not signed meanwhile: what comes after the backup is not in it.
            await drill(
                "a backup restored",
                async () => {
                    backedUp = await backUp();
                    assert.ok((await backup("list")).includes(backedUp));
                    await psql("DELETE FROM guestbook_entry; CREATE TABLE drill_extra (id int)");
                    assert.notEqual(await checksum(), before);
                    await backup("restore", backedUp);
                    assert.equal(await checksum(), before);
                    assert.equal(await extra(), "f");
                },
                { signing: false, outage: { backend: 30, entries: 30 }, whole: 180 },
            );

            const exported = await piped(["backup", "export", backedUp]);
            const middle = Math.floor(exported.length / 2);
            const flipped = Buffer.from(exported);
            flipped.writeUInt8(exported.readUInt8(middle) ^ 0xff, middle);
            // A sound copy under such a name is taken, so it is for the damage that the others are not.
            await piped(["backup", "import", "drill-sound.sql.gz"], exported);
            await backup("restore", "drill-sound.sql.gz");
            await backup("delete", "drill-sound.sql.gz");
            assert.equal(await checksum(), before);
            for (const [damaged, content] of [
                ["drill-flipped.sql.gz", flipped],
                ["drill-cut.sql.gz", exported.subarray(0, middle)],
            ] as const) {
                await assert.rejects(piped(["backup", "import", damaged], content), `${damaged} was taken`);
                assert.ok(!(await files()).some((file) => file.startsWith(damaged)));
                // As if the disk had damaged one that was there.
                await piped(["sh", "-c", `cat >/backups/${damaged}`], content);
                await assert.rejects(backup("restore", damaged), `${damaged} was restored`);
                await backup("delete", damaged);
                assert.equal(await checksum(), before);
            }
            await whole(60);
        });

        it("15. the cluster is deleted behind Pulumi's back, and made again by `up`", async () => {
            await deleteCluster();
            const again = start("up");
            await finish(again, 780);
            const row = made("the cluster deleted behind Pulumi's back, then `up`", again);
            rows.push({ ...row, lost: "all: database and backups were in the cluster" });
            await readOutputs();
            await whole(60);
        });

        it("15. the cluster is deleted behind Pulumi's back once more, and `down` succeeds", async () => {
            await deleteCluster();
            const down = start("down");
            await finish(down, 300);
            rows.push(made("the cluster deleted behind Pulumi's back, then `down`", down));
            await assertNothingLeft();
        });
    });

    /** A command in the sidecar whose input and output is no text. */
    const piped = async (command: string[], input?: Buffer): Promise<Buffer> => {
        const exec = ["exec", "--stdin", "--namespace=app", "db-0", "--container=backup", "--", ...command];
        const running = promisify(execFile)("kubectl", [...kubeconfig(), ...exec], {
            encoding: "buffer",
            maxBuffer: 64 << 20,
            timeout: 120_000,
            env: toolsEnv(),
        });
        // It may refuse before it has read everything.
        running.child.stdin?.on("error", () => undefined).end(input);
        return (await running).stdout;
    };
});
