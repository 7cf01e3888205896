import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import type { Manifest } from "../../experiments/lab";
import type { FakeCluster } from "./fakeCluster";

/** What a tool prints, and how it ends. */
interface Printed {
    stdout?: string;
    stderr?: string;
    code?: number;
}

/** Hands its arguments and its input to the test, and prints what that answers. */
const forwarder = (tool: string, port: number) => `#!${process.execPath}
const http = require("node:http");
let input = "";
const send = () => {
    const body = JSON.stringify({ tool: "${tool}", args: process.argv.slice(2), input });
    const asked = http.request({ port: ${port}, method: "POST", agent: false }, (answer) => {
        let text = "";
        answer.on("data", (chunk) => (text += chunk));
        answer.on("end", () => {
            const { stdout = "", stderr = "", code = 0 } = JSON.parse(text);
            process.stdout.write(stdout);
            process.stderr.write(stderr);
            process.exitCode = code;
        });
    });
    asked.end(body);
};
if (process.argv.includes("--filename=-")) process.stdin.on("data", (chunk) => (input += chunk)).on("end", send);
else send();
`;

/** docker and kubectl for commands that run as processes of their own: a {@link FakeCluster} of the test answers for them. */
export class FakeTools {
    /** How kubectl was called. */
    readonly calls: string[] = [];
    /** Objects in the cluster that experiments have made, with their labels. */
    readonly objects: (Manifest & { metadata: { labels?: Record<string, string> } })[] = [];
    /** State of each node's container. */
    nodes: Record<string, "running" | "exited"> = {
        "lb-dev-control-plane": "running",
        "lb-dev-worker": "running",
        "lb-dev-worker2": "running",
    };
    /** Whether kubectl can delete. */
    deletes = true;
    private server: http.Server | undefined;

    constructor(private readonly cluster: FakeCluster) {}

    /** @param bin folder of the commands. */
    async start(bin: string): Promise<void> {
        const server = http.createServer((asked, answer) => {
            let body = "";
            asked.on("data", (chunk: Buffer) => (body += chunk.toString()));
            asked.on("end", () => {
                const { tool, args, input } = JSON.parse(body) as { tool: string; args: string[]; input: string };
                answer.end(JSON.stringify(tool === "docker" ? this.docker(args) : this.kubectl(args, input)));
            });
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        this.server = server;
        const { port } = server.address() as AddressInfo;
        for (const tool of ["docker", "kubectl"]) {
            fs.writeFileSync(`${bin}/${tool}`, forwarder(tool, port), { mode: 0o755 });
        }
    }

    stop(): void {
        this.server?.closeAllConnections();
        this.server?.close();
    }

    private docker(args: string[]): Printed {
        if (args[0] === "context") return { stdout: "[]" };
        if (args[0] === "ps") {
            const lines = Object.entries(this.nodes).map(([name, state]) => `lb-dev\t${name}\t${state}\t`);
            return { stdout: `${lines.join("\n")}\n` };
        }
        const [, , ...command] = args;
        return { stdout: this.cluster.onNode(command) };
    }

    private kubectl(args: string[], input: string): Printed {
        this.calls.push(args.join(" "));
        const [verb, ...rest] = args;
        switch (verb ?? "") {
            case "create": {
                const manifest = JSON.parse(input) as (typeof this.objects)[number];
                this.objects.push(manifest);
                void this.cluster.lab().makeTemporary(manifest);
                return { stdout: "created\n" };
            }
            case "delete": {
                if (!this.deletes) return { stderr: "the server is currently unable to handle the request\n", code: 1 };
                const index = this.objects.findIndex(({ metadata }) => metadata.name === rest[1]);
                if (index >= 0) this.objects.splice(index, 1);
                return { stdout: "deleted\n" };
            }
            case "exec":
                return { stdout: "worker_processes 2;\n" };
            case "logs":
                return { stdout: this.cluster.logOf(rest[1] ?? "") };
            case "get": {
                const isSweep = args.includes("--selector=load-balancing-lab/experiment");
                const found = isSweep ? { items: this.objects } : this.cluster.get(args);
                return { stdout: JSON.stringify(found) };
            }
            default:
                return { stderr: `unexpected: ${args.join(" ")}\n`, code: 99 };
        }
    }
}
