import { parseArgs } from "node:util";
import { run, stackName, stackOption } from "./lib/command";
import { attendKubectl } from "./lib/kubeconfig";
import { openWorkspace } from "./lib/workspace";

interface Tier {
    namespace: string;
    service: string;
    port: number;
    /** Where it appears on this machine unless another port is named. */
    localPort: number;
    /** What to do with it. */
    usage: (port: number, kubectl: string) => string;
}

const open = (port: number) => `Open http://127.0.0.1:${port}/`;

const tiers: Record<string, Tier> = {
    db: {
        namespace: "app",
        service: "db-service",
        port: 5432,
        localPort: 5432,
        // The sed puts this machine in the place of db-service.
        usage: (port, kubectl) =>
            `In another terminal: psql "$(${kubectl} exec -n app deploy/backend -- printenv DATABASE_URL ` +
            `| sed 's/@[^/]*/@127.0.0.1:${port}/')"`,
    },
    backend: { namespace: "app", service: "backend", port: 8000, localPort: 8000, usage: open },
    frontend: { namespace: "app", service: "frontend", port: 80, localPort: 8081, usage: open },
    web: { namespace: "web", service: "web", port: 80, localPort: 8082, usage: open },
    ingress: {
        namespace: "ingress-nginx",
        service: "ingress-nginx-controller",
        port: 443,
        localPort: 8444,
        usage: (port) => `The ingress routes by name: curl -k --resolve NAME:${port}:127.0.0.1 https://NAME:${port}/`,
    },
};

run(async () => {
    const { values, positionals } = parseArgs({ options: stackOption, allowPositionals: true });
    const [name = "", localPort] = positionals;
    const tier = tiers[name];
    if (tier === undefined || positionals.length > 2 || !/^\d*$/.test(localPort ?? "")) {
        throw new Error(`Usage: npm run forward -- ${Object.keys(tiers).join("|")} [LOCAL_PORT] [--stack STACK]`);
    }
    const workspace = openWorkspace(stackName(values.stack));
    const port = Number(localPort ?? tier.localPort);
    console.log(tier.usage(port, `npm run -s kubectl -- --stack ${workspace.stack}`));
    console.log("Ctrl-C ends it.");
    const ports = `${port}:${tier.port}`;
    const { namespace, service } = tier;
    const args = ["port-forward", "--address=127.0.0.1", `--namespace=${namespace}`, `service/${service}`, ports];
    return (await attendKubectl(workspace, args)).code;
});
