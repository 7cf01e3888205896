import { commandLine, npmRun, npmRunSilent } from "../../lib/commandLines";
import { listen } from "../../lib/ports";
import { runKubectl } from "./kubectl";
import { readOutputs, type Outputs } from "./pulumi";
import type { Workspace } from "./workspace";

/** A Service that can be brought to localhost. */
interface Tier {
    namespace: string;
    service: string;
    port: number;
    /** The port of 127.0.0.1, unless the user names another. */
    localPort: number;
    /** What to do with the port. */
    usage: (port: number, stack: string, outputs: Outputs) => string;
}

const open = (port: number) => `Open http://127.0.0.1:${port}/`;

export const tiers: Record<string, Tier> = {
    db: {
        namespace: "app",
        service: "db-service",
        port: 5432,
        localPort: 5432,
        usage: (port, stack) => {
            const backend = ["exec", "-n", "app", "deploy/backend", "--", "printenv", "DATABASE_URL"];
            // The backend's URL names db-service: sed puts 127.0.0.1 in its place.
            const url = `${npmRunSilent(stack, "kubectl", ...backend)} | sed 's/@[^/]*/@127.0.0.1:${port}/'`;
            return `In another terminal: psql "$(${url})"`;
        },
    },
    backend: { namespace: "app", service: "backend", port: 8000, localPort: 8000, usage: open },
    frontend: { namespace: "app", service: "frontend", port: 80, localPort: 8081, usage: open },
    web: { namespace: "web", service: "web", port: 80, localPort: 8082, usage: open },
    ingress: {
        namespace: "ingress-nginx",
        service: "ingress-nginx-controller",
        port: 443,
        localPort: 8444,
        usage: (port, _, { urls }) => {
            const host = new URL(urls?.frontend ?? "https://localhost").hostname;
            const resolved = ["--noproxy", "*", "--insecure", "--resolve", `${host}:${port}:127.0.0.1`];
            const line = commandLine("curl", ...resolved, `https://${host}:${port}/frontend/whoami`);
            return `The ingress routes by host name. In another terminal: ${line}`;
        },
    },
};

/**
 * Brings a tier to a port of 127.0.0.1, until the user stops it.
 *
 * @param name a key of {@link tiers}.
 * @returns kubectl's exit code.
 */
export async function forward(workspace: Workspace, name: string, localPort?: number): Promise<number> {
    const tier = tiers[name];
    if (tier === undefined) throw new Error(`There is no tier ${name}.`);
    const { namespace, service } = tier;
    const port = localPort ?? tier.localPort;
    await checkPort(port, (free) => npmRun(workspace.stack, "forward", name, String(free)));
    const outputs = await readOutputs(workspace);
    const ports = `${port}:${tier.port}`;
    const args = ["port-forward", "--address=127.0.0.1", `--namespace=${namespace}`, `service/${service}`, ports];
    let said = "";
    // kubectl says so when the port listens.
    const onStdout = (text: string) => {
        const before = said.includes(listens);
        said += text;
        if (before || !said.includes(listens)) return;
        console.log(`${tier.usage(port, workspace.stack, outputs)}\nCtrl-C ends it.`);
    };
    return (await runKubectl(workspace, args, { onStdout })).code;
}

const listens = "Forwarding from 127.0.0.1:";

/** @throws {Error} with a command line for a free port, where this user can't have the port. */
async function checkPort(port: number, withPort: (free: number) => string): Promise<void> {
    const fault = await listen(port).then(
        () => undefined,
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
    if (fault === undefined) return;
    const reason =
        fault === "EADDRINUSE"
            ? `Another program has the port ${port} of 127.0.0.1 already.`
            : `The port ${port} of 127.0.0.1 can't be had: ${fault}.`;
    throw new Error(`${reason} Take a free one:\n  ${withPort(await listen(0))}`);
}
