import { npmRunSilent } from "../../lib/commandLines";
import { runKubectl } from "./kubectl";
import type { Workspace } from "./workspace";

/** A Service that can be brought to localhost. */
interface Tier {
    namespace: string;
    service: string;
    port: number;
    /** The port of 127.0.0.1, unless the user names another. */
    localPort: number;
    /** What to do with the port. */
    usage: (port: number, stack: string) => string;
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
        usage: (port) =>
            `The ingress routes by host name: curl -k --resolve NAME:${port}:127.0.0.1 https://NAME:${port}/`,
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
    console.log(tier.usage(port, workspace.stack));
    console.log("Ctrl-C ends it.");
    const ports = `${port}:${tier.port}`;
    const args = ["port-forward", "--address=127.0.0.1", `--namespace=${namespace}`, `service/${service}`, ports];
    return (await runKubectl(workspace, args)).code;
}
