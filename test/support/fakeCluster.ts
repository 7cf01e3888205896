import * as http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { catalogues, type Language } from "../../experiments/catalogue";
import { CommandMissing, type Lab, type Manifest } from "../../experiments/lab";
import { npmRun } from "../../lib/commandLines";
import type { KubeProxyMode } from "../../lib/kubeProxy";
import { sendAll } from "../../lib/load";
import { request } from "../../lib/request";
import { atRandom, inTurn, seeded, sticky, type Picker } from "./pickers";

/** A pod of the stand-in. */
export interface FakePod {
    name: string;
    ip: string;
    node: string;
    log: string[];
}

export interface FakeOptions {
    mode?: KubeProxyMode;
    /** Pods of the web demo, and of the backend. */
    webPods?: number;
    backendPods?: number;
    /** Pods of ingress-nginx, and worker processes of each. */
    controllers?: number;
    workers?: number;
    /** By which kube-proxy chooses. Default: as the mode does. */
    picker?: (pods: number, random: () => number) => Picker;
    seed?: number;
    /** Commands that the nodes don't have. */
    missing?: string[];
    /** Whether this machine reaches the external addresses. */
    reachable?: boolean;
}

const podsOf = (name: string, count: number, subnet: number): FakePod[] =>
    Array.from({ length: count }, (_, index) => ({
        name: `${name}-5d9c7b6f4d-${"abcdefghij"[index]}${"klmno"[index % 5]}xyz`,
        ip: `192.168.${subnet}.${10 + index}`,
        node: `lb-dev-worker${index % 2 === 0 ? "" : "2"}`,
        log: [],
    }));

/**
 * A stack as an experiment sees it, without a cluster: servers on 127.0.0.1 that answer as its pods do, chosen as kube-proxy and
 * ingress-nginx choose, and what kubectl, the logs and the nodes' kernels would tell of it.
 */
export class FakeCluster {
    readonly web: FakePod[];
    readonly backend: FakePod[];
    readonly controllers: FakePod[];
    readonly mode: KubeProxyMode;
    /** Connections that the kernel has sent to each pod, by IP. */
    readonly connections: Record<string, number> = {};
    readonly flows: { port: number; ip: string; service: "web" | "ingress" }[] = [];
    /** Objects that experiments have made, and those that were deleted. */
    readonly made: Manifest[] = [];
    readonly steps: string[] = [];
    /** What happens to a request before it is answered; it may answer itself. */
    intercept: (asked: http.IncomingMessage, answer: http.ServerResponse) => boolean = () => false;
    private readonly random: () => number;
    private servers: http.Server[] = [];
    private urls = { web: "", ingress: "" };
    private affinity: Picker | undefined;

    constructor(private readonly options: FakeOptions = {}) {
        const { mode = "iptables", webPods = 3, backendPods = 2, controllers = 2, seed = 1 } = options;
        this.mode = mode;
        this.web = podsOf("web", webPods, 1);
        this.backend = podsOf("backend", backendPods, 2);
        this.controllers = podsOf("ingress-nginx-controller", controllers, 3);
        for (const { ip } of [...this.web, ...this.controllers]) this.connections[ip] = 0;
        this.random = seeded(seed);
    }

    async start(): Promise<void> {
        const { workers = 2 } = this.options;
        const choose = this.options.picker ?? (this.mode === "ipvs" ? inTurn : atRandom);
        const toWeb = choose(this.web.length, this.random);
        const toController = choose(this.controllers.length, this.random);
        const webOf = new WeakMap<Socket, FakePod>();
        const web = http.createServer((asked, answer) => {
            const pod = webOf.get(asked.socket);
            if (pod === undefined || this.intercept(asked, answer)) return;
            this.answer(pod, asked, answer);
        });
        web.on("connection", (socket) => {
            const pod = this.web[this.affinity === undefined ? toWeb() : this.affinity()];
            if (pod === undefined) return;
            webOf.set(socket, pod);
            this.count(socket, pod, "web");
        });

        // Each worker process takes turns by itself, among the pods of each Service.
        const turns = this.controllers.map(() =>
            Array.from({ length: workers }, () => ({
                web: inTurn(this.web.length, this.random),
                backend: inTurn(this.backend.length, this.random),
            })),
        );
        const workerOf = new WeakMap<Socket, { controller: FakePod; turn: { web: Picker; backend: Picker } }>();
        const ingress = http.createServer((asked, answer) => {
            const by = workerOf.get(asked.socket);
            if (by === undefined || this.intercept(asked, answer)) return;
            const isBackend = asked.url?.startsWith("/backend");
            const pod = isBackend ? this.backend[by.turn.backend()] : this.web[by.turn.web()];
            if (pod === undefined) return;
            by.controller.log.push(
                JSON.stringify({
                    time: new Date().toISOString(),
                    method: "GET",
                    path: asked.url,
                    status: 200,
                    durationSeconds: 0.001,
                    pod: by.controller.name,
                    requestId: asked.headers["x-request-id"] ?? "f".repeat(32),
                    service: isBackend ? "app-backend-8000" : "web-web-80",
                    upstream: `${pod.ip}:${isBackend ? 8000 : 8080}`,
                }),
            );
            this.answer(pod, asked, answer);
        });
        ingress.on("connection", (socket) => {
            const index = toController();
            const controller = this.controllers[index];
            const turn = turns[index]?.[Math.floor(this.random() * workers)];
            if (controller === undefined || turn === undefined) return;
            workerOf.set(socket, { controller, turn });
            this.count(socket, controller, "ingress");
        });
        this.servers = [web, ingress];
        for (const server of this.servers) {
            await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        }
        const [webPort, ingressPort] = this.servers.map((server) => (server.address() as AddressInfo).port);
        this.urls = { web: `http://127.0.0.1:${webPort}/`, ingress: `http://lab.test:${ingressPort}` };
    }

    stop(): void {
        for (const server of this.servers) {
            server.closeAllConnections();
            server.close();
        }
    }

    /** The outputs of the stack. */
    outputs() {
        const { reachable = true } = this.options;
        return {
            clusterName: "lb-dev",
            webAddress: reachable ? "127.0.0.1" : "172.18.255.200",
            ingressAddress: "127.0.0.1",
            urls: {
                frontend: `${this.urls.ingress}/frontend`,
                backend: `${this.urls.ingress}/backend`,
                web: this.urls.web,
            },
            hostsEntry: "127.0.0.1 lab.test web.lab.test",
            caCertificate: "-----BEGIN CERTIFICATE-----",
        };
    }

    lab(language: Language = "en", signal?: AbortSignal): Lab {
        const texts = catalogues[language];
        const lab: Lab = {
            stack: "dev",
            run: "m4x1k2-ab12",
            outputs: this.outputs(),
            nodes: ["lb-dev-control-plane", "lb-dev-worker", "lb-dev-worker2"],
            kubectl: {
                json: <T>(...args: string[]) => Promise.resolve(JSON.parse(JSON.stringify(this.get(args))) as T),
                exec: (_container, ...command) => Promise.resolve(this.inContainer(command)),
                logs: ({ pod }) => Promise.resolve(this.logOf(pod)),
            },
            onNode: (_node, ...command) => {
                if (this.options.missing?.includes(command[0] ?? "")) {
                    return Promise.reject(new CommandMissing(command[0] ?? ""));
                }
                return Promise.resolve(this.onNode(command));
            },
            program: (name, ...args) => this.program(name, args),
            send: (what, target, loop) => {
                this.steps.push(what(texts));
                return sendAll(target, { ...loop, signal });
            },
            ask: (url, asked) =>
                request(url, asked).catch((error: NodeJS.ErrnoException) => ({ failure: error.code ?? "" })),
            ceiling: () => Promise.resolve({ perSecond: 1e6, requests: 1500 }),
            progress: (what) => void this.steps.push(what(texts)),
            eventually: async (_seconds, ask) => {
                for (let tries = 0; tries < 3; tries++) {
                    const answer = await ask();
                    if (answer !== undefined) return answer;
                }
                return undefined;
            },
            makeTemporary: (manifest) => {
                this.made.push(manifest);
                this.affinity = sticky(this.web.length, this.random);
                return Promise.resolve();
            },
            npmRun: (script, ...args) => npmRun("dev", script, ...args),
        };
        return lab;
    }

    private answer(pod: FakePod, asked: http.IncomingMessage, answer: http.ServerResponse): void {
        const { "user-agent": agent = "-", "x-request-id": id } = asked.headers;
        pod.log.push(
            pod.name.startsWith("web")
                ? `172.18.0.1 - - [26/Nov/2026:06:00:00 +0000] "GET ${asked.url} HTTP/1.1" 200 57 "-" "${agent}" "-"`
                : JSON.stringify({ method: "GET", path: asked.url, status: 200, pod: pod.name, requestId: id ?? null }),
        );
        answer.writeHead(200, { "x-pod": pod.name }).end(`pod=${pod.name} node=${pod.node}\n`);
    }

    private count(socket: Socket, { ip }: FakePod, service: "web" | "ingress"): void {
        this.connections[ip] = (this.connections[ip] ?? 0) + 1;
        this.flows.push({ port: socket.remotePort ?? 0, ip, service });
    }

    /** What `kubectl get` answers. */
    get(args: string[]): object {
        const slices = (pods: FakePod[], port: number) => ({
            items: [
                {
                    addressType: "IPv4",
                    endpoints: pods.map(({ name, ip, node }) => ({
                        addresses: [ip],
                        conditions: { ready: true, serving: true, terminating: false },
                        nodeName: node,
                        targetRef: { kind: "Pod", name },
                    })),
                    ports: [{ name: "http", port, protocol: "TCP" }],
                },
            ],
        });
        const asked = args.join(" ");
        if (asked.startsWith("get endpointslices")) {
            if (asked.includes("service-name=web")) return slices(this.web, 8080);
            if (asked.includes("service-name=backend")) return slices(this.backend, 8000);
            return slices(this.controllers, 443);
        }
        if (asked.startsWith("get servicel2statuses")) {
            const status = (namespace: string, name: string, node: string) => ({
                metadata: { name: `l2-${name}`, namespace: "metallb-system" },
                status: { node, serviceName: name, serviceNamespace: namespace },
            });
            return {
                items: [
                    status("ingress-nginx", "ingress-nginx-controller", "lb-dev-worker2"),
                    status("web", "web", "lb-dev-worker"),
                    ...this.made.map(({ metadata }) =>
                        status(metadata.namespace, metadata.name, "lb-dev-control-plane"),
                    ),
                ],
            };
        }
        if (asked.startsWith("get service ")) {
            const ports = asked.includes("ingress-nginx")
                ? [
                      { name: "http", port: 80 },
                      { name: "https", port: 443 },
                  ]
                : [{ name: "http", port: 80 }];
            return { spec: { ports }, status: { loadBalancer: { ingress: [{ ip: "127.0.0.1" }] } } };
        }
        throw new Error(`unexpected: ${asked}`);
    }

    private inContainer(command: string[]): string {
        if (command.join(" ") !== "cat /etc/nginx/nginx.conf") throw new Error(`unexpected: ${command.join(" ")}`);
        const { workers = 2 } = this.options;
        return `\n# Configuration checksum: 1\n\npid /tmp/nginx/nginx.pid;\n\ndaemon off;\n\nworker_processes ${workers};\n\nevents {}\n`;
    }

    /** What a pod has logged. */
    logOf(pod: string): string {
        const found = [...this.web, ...this.backend, ...this.controllers].find(({ name }) => name === pod);
        return (found?.log ?? []).join("\n");
    }

    /** What a command on a node prints. */
    onNode(command: string[]): string {
        const made = this.made[0]?.metadata.name;
        switch (command[0] ?? "") {
            case "curl":
                return this.mode;
            case "iptables-save":
                return [
                    this.iptables("web/web:http", this.web, 8080),
                    ...(made === undefined ? [] : [this.iptables(`web/${made}:http`, this.web, 8080)]),
                    this.iptables("ingress-nginx/ingress-nginx-controller:http", this.controllers, 80),
                    this.iptables("ingress-nginx/ingress-nginx-controller:https", [], 443),
                ].join("\n");
            case "conntrack":
                return this.flows
                    .map(
                        ({ port, ip }) =>
                            `tcp      6 117 TIME_WAIT src=172.18.0.1 dst=127.0.0.1 sport=${port} dport=80 src=${ip} dst=172.18.0.3 sport=8080 dport=${port} [ASSURED] mark=0 use=1`,
                    )
                    .join("\n");
            case "ipvsadm": {
                const real = this.web.map(
                    ({ ip }) => `  -> ${ip}:8080  ${this.connections[ip]} 5000 4000 300000 900000`,
                );
                return ["IP Virtual Server version 1.2.1 (size=4096)", "TCP  127.0.0.1:80  3000 1 1 1 1", ...real].join(
                    "\n",
                );
            }
            default:
                throw new Error(`unexpected: ${command.join(" ")}`);
        }
    }

    /** The rules of a Service as kube-proxy writes them. */
    private iptables(service: string, pods: FakePod[], port: number): string {
        const id = Buffer.from(service).toString("hex").slice(-16).toUpperCase();
        const rules = pods.flatMap(({ ip }, index) => {
            const left = pods.length - index;
            const chance = left === 1 ? "" : ` -m statistic --mode random --probability ${(1 / left).toFixed(11)}`;
            const sep = `KUBE-SEP-${id}${index}`;
            return [
                `[${this.connections[ip]}:${(this.connections[ip] ?? 0) * 60}] -A KUBE-SVC-${id} -m comment --comment "${service} -> ${ip}:${port}"${chance} -j ${sep}`,
                `[0:0] -A ${sep} -s ${ip}/32 -m comment --comment "${service}" -j KUBE-MARK-MASQ`,
                `[0:0] -A ${sep} -p tcp -m comment --comment "${service}" -m tcp -j DNAT --to-destination ${ip}:${port}`,
            ];
        });
        return [
            `[0:0] -A KUBE-EXT-${id} -m comment --comment "masquerade traffic for ${service} external destinations" -j KUBE-MARK-MASQ`,
            `[0:0] -A KUBE-EXT-${id} -j KUBE-SVC-${id}`,
            `[0:0] -A KUBE-SERVICES -d 10.96.9.9/32 -p tcp -m comment --comment "${service} cluster IP" -m tcp --dport 80 -j KUBE-SVC-${id}`,
            `[0:0] -A KUBE-SERVICES -d 127.0.0.1/32 -p tcp -m comment --comment "${service} loadbalancer IP" -m tcp --dport 80 -j KUBE-EXT-${id}`,
            ...rules,
        ].join("\n");
    }

    /** Apache Bench, as far as it is used. */
    private async program(name: string, args: string[]): Promise<string> {
        if (name !== "ab" || this.options.missing?.includes("ab")) throw new CommandMissing(name);
        if (args[0] === "-V") return "This is ApacheBench, Version 2.3";
        const after = (option: string) => args[args.indexOf(option) + 1] ?? "";
        const headers = Object.fromEntries(
            args.flatMap((arg, index) => (arg === "-H" ? [(args[index + 1] ?? "").split(/: (.*)/).slice(0, 2)] : [])),
        ) as Record<string, string>;
        const target = { name: "ab", url: args.at(-1) ?? "", asked: { address: "127.0.0.1", headers } };
        await sendAll(target, {
            count: Number(after("-n")),
            concurrency: Number(after("-c")),
            keepAlive: args.includes("-k"),
        });
        return `Complete requests:      ${after("-n")}\nFailed requests:        3\n   (Connect: 0, Receive: 0, Length: 3, Exceptions: 0)\n`;
    }
}
