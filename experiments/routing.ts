import { podOf } from "../lib/request";
import { findPath, findUpstream, markedHeaders, markOf } from "./accessLogs";
import type { Catalogue } from "./catalogue";
import { defineExperiment, type Conclusion, type OptionSpec } from "./experiment";
import { resultOf } from "./judgement";
import type { Lab } from "./lab";
import { chooseLocation, parseLocations } from "./nginxLocations";
import type { Section } from "./report/section";
import { ingress, ownIngress, reachesAddresses, readyPods, requireAnswers, wayTo, type Pod, type Way } from "./ways";

/*
 * One address serves several sites. Each request shows by what the ingress decides (host, path, rewrite, redirect, certificate), and
 * what the pod is asked for in the end. The course's `rewrite-target: /` is put beside the stack's `/$1`.
 */

const options = {} as const satisfies Record<string, OptionSpec>;

/** What `rewrite-target: /` takes away: the prefix, or all of the path. */
export type RoutingOutcome = "prefix" | "path";

/** What is asked, in the order of the report. */
export const cases = [
    "host",
    "otherHost",
    "unknownHost",
    "path",
    "keptPath",
    "wholeElements",
    "rewriteRest",
    "rewriteAll",
    "redirect",
    "foreignName",
] as const;
export type CaseName = (typeof cases)[number];

/** What became of a request. */
export interface Routed {
    url: string;
    /** The location of nginx's configuration that the path falls to, and what it makes of the path. */
    location?: string;
    rewrite?: string;
    /** The upstream in the ingress's log: namespace, Service and port. */
    upstream?: string;
    /** The path in the log of the pod that answered. */
    askedFor?: string;
    pod?: string;
    status?: number;
    /** Where a redirect leads. */
    leadsTo?: string;
    /** Why there was no answer. */
    failure?: string;
}

interface Plan {
    way: Way;
    urls: Partial<Record<CaseName, string>>;
    facts: { domain: string; controllers: Pod[] };
}

export interface RoutingMeasured extends Record<string, unknown> {
    cases: Partial<Record<CaseName, Routed>>;
}

/** Where pods of a Service log what they are asked for. */
const loggers: Record<string, { namespace: string; container: string }> = {
    web: { namespace: "web", container: "web" },
    frontend: { namespace: "app", container: "logger" },
    backend: { namespace: "app", container: "logger" },
};

export const routing = defineExperiment({
    name: "routing",
    options,
    texts: ({ experiments }) => experiments.routing,
    guesses: ["prefix", "path"] as readonly RoutingOutcome[],
    guessFor: (outcome) => outcome,
    plan,
    predict: () => ({ outcome: "path", text: ({ experiments }) => experiments.routing.prediction }),
    measure,
    conclude,
});

async function plan(lab: Lab): Promise<Plan> {
    const way = await wayTo(lab, "backend");
    await requireAnswers(lab, way);
    const controllers = await readyPods(lab, ingress.namespace, ingress.service);
    const { backend } = lab.outputs.urls;
    const domain = new URL(backend).hostname;
    const at = (host: string, path: string) => {
        const url = new URL(path, backend);
        url.hostname = host;
        return url.href;
    };
    const urls: Plan["urls"] = {
        host: at(domain, "/"),
        otherHost: at(`web.${domain}`, "/"),
        unknownHost: at(`nobody.${domain}`, "/"),
        path: at(domain, "/backend/whoami"),
        keptPath: at(domain, "/db"),
        wholeElements: at(domain, "/dbx"),
        rewriteRest: at(domain, "/frontend/whoami"),
        redirect: at(domain, "/frontend"),
        foreignName: at(`nobody.${domain}`, "/"),
    };
    for (const name of ["unknownHost", "redirect"] as const) {
        // http is there where the addresses are reached, see the setting httpsRedirect.
        if (reachesAddresses(lab)) urls[name] = urls[name]?.replace("https:", "http:");
        else delete urls[name];
    }
    return { way, urls, facts: { domain, controllers } };
}

async function measure(lab: Lab, { way, urls: planned, facts }: Plan): Promise<RoutingMeasured> {
    const { controllers } = facts;
    const series = `${lab.run}.routing`;
    const ask = (url: string, mark: string) => lab.ask(url, { ...way.target.asked, headers: markedHeaders(mark) });
    lab.progress(({ experiments }) => experiments.routing.makingIngress);
    // As the course writes it: whatever follows the prefix, the frontend is asked for /.
    const prefix = await ownIngress(lab, way.target, "frontend", {
        namespace: "app",
        service: "frontend",
        port: 80,
        annotations: { "nginx.ingress.kubernetes.io/rewrite-target": "/" },
    });
    const urls = { ...planned, rewriteAll: `${prefix}/whoami` };

    lab.progress(({ experiments }) => experiments.routing.asking);
    const since = new Date(Date.now() - 2000);
    const found: RoutingMeasured["cases"] = {};
    for (const [index, name] of cases.entries()) {
        const url = urls[name];
        if (url === undefined) continue;
        const answer = await ask(url, markOf(series, index));
        found[name] =
            "failure" in answer
                ? { url, failure: answer.failure }
                : {
                      url,
                      status: answer.status,
                      pod: podOf(answer.headers),
                      leadsTo: answer.headers.location,
                  };
    }

    const controller = { namespace: ingress.namespace, container: ingress.container };
    const [first] = controllers;
    const configuration =
        first === undefined
            ? ""
            : await lab.kubectl.exec({ ...controller, pod: first.name }, "cat", "/etc/nginx/nginx.conf");
    for (const routed of Object.values(found)) {
        const { hostname, pathname } = new URL(routed.url);
        const location = chooseLocation(parseLocations(configuration, hostname), pathname);
        routed.location = location?.match;
        routed.rewrite = location?.rewrite;
    }
    await lab.eventually(6, async () => {
        const logs = await Promise.all(
            controllers.map(({ name: pod }) => lab.kubectl.logs({ ...controller, pod }, since)),
        );
        for (const [index, name] of cases.entries()) {
            const routed = found[name];
            if (routed !== undefined) routed.upstream = findUpstream(logs.join("\n"), markOf(series, index));
        }
        const { host, rewriteAll } = found;
        return host?.upstream === undefined || rewriteAll?.upstream === undefined ? undefined : true;
    });
    await lab.eventually(6, async () => {
        for (const [index, name] of cases.entries()) {
            const routed = found[name];
            if (routed?.pod === undefined || routed.askedFor !== undefined) continue;
            const logger = loggers[/^[a-z]+/.exec(routed.pod)?.[0] ?? ""];
            if (logger === undefined) continue;
            routed.askedFor = findPath(
                await lab.kubectl.logs({ ...logger, pod: routed.pod }, since),
                markOf(series, index),
            );
        }
        return Object.values(found).some(({ pod, askedFor }) => pod !== undefined && askedFor === undefined)
            ? undefined
            : true;
    });
    return { cases: found };
}

/** What has to become of each request. */
const expectations: Record<CaseName, (routed: Routed) => boolean> = {
    host: ({ upstream, status }) => isOf("web-web", upstream) && status === 200,
    otherHost: ({ upstream, status }) => isOf("web-web", upstream) && status === 200,
    unknownHost: ({ status }) => status === 404,
    path: ({ upstream, askedFor }) => isOf("app-backend", upstream) && askedFor === "/whoami",
    keptPath: ({ upstream, askedFor }) => isOf("app-backend", upstream) && askedFor === "/db",
    wholeElements: ({ upstream }) => isOf("web-web", upstream),
    rewriteRest: ({ upstream, askedFor }) => isOf("app-frontend", upstream) && askedFor === "/whoami",
    rewriteAll: ({ upstream, askedFor }) => isOf("app-frontend", upstream) && askedFor === "/",
    redirect: ({ status, leadsTo }) => status === 308 && leadsTo?.startsWith("https://") === true,
    foreignName: ({ failure }) => failure !== undefined && /CERT|ALTNAME|SIGNED|VERIFY/.test(failure),
};

const isOf = (service: string, upstream?: string) => upstream?.startsWith(`${service}-`) === true;

function conclude(_plan: Plan, { cases: found }: RoutingMeasured): Conclusion<RoutingOutcome> {
    const { rewriteAll, rewriteRest } = found;
    const outcome = rewriteAll?.askedFor === "/" ? "path" : rewriteAll?.askedFor === "/whoami" ? "prefix" : undefined;
    const result = (wanted: RoutingOutcome) => resultOf(outcome, wanted);
    const others = cases.filter((name) => {
        const routed = found[name];
        return routed !== undefined && !expectations[name](routed);
    });
    const figures = {
        all: rewriteAll?.askedFor ?? "",
        rest: rewriteRest?.askedFor ?? "",
        asked: Object.keys(found).length,
        asExpected: Object.keys(found).length - others.length,
    };
    return {
        outcome,
        claim: result("prefix"),
        prediction: result("path"),
        verdict: ({ claimLine, experiments: { routing: own } }) =>
            [claimLine[result("prefix")](own.claim), own.evidence[outcome ?? "undecided"](figures)].join(" "),
        remarks: others.map(
            (name) =>
                ({ experiments: { routing: own } }: Catalogue) =>
                    own.otherwise(own.cases[name]),
        ),
        sections: (texts) => sectionsOf(texts, found),
    };
}

function sectionsOf({ experiments: { routing: own } }: Catalogue, found: RoutingMeasured["cases"]): Section[] {
    const { columns } = own.sections;
    const shown = cases.flatMap((name) => {
        const routed = found[name];
        return routed === undefined ? [] : [{ name, ...routed }];
    });
    return [
        {
            heading: own.sections.requests,
            text: [own.sections.requestsText],
            table: {
                columns: [columns.what, columns.request, columns.answer],
                rows: shown.map(({ name, url, status, pod, leadsTo, failure }) => [
                    own.cases[name],
                    url,
                    failure ?? [status, pod ?? leadsTo ?? ""].join(" ").trim(),
                ]),
            },
        },
        {
            heading: own.sections.ingress,
            text: [own.sections.ingressText],
            table: {
                columns: [columns.what, columns.location, columns.rewrite, columns.upstream, columns.askedFor],
                rows: shown.map(({ name, location = "–", rewrite = "–", upstream = "–", askedFor = "–" }) => [
                    own.cases[name],
                    location,
                    rewrite,
                    upstream,
                    askedFor,
                ]),
            },
        },
    ];
}
