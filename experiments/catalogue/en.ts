import type { Announced, KeepaliveFigures, PathFigures, RoutingFigures, SpreadFigures } from "./figures";
import { formats, twoSided } from "./format";
import type { Repeats } from "../../lib/statistics";

const { count, counts, decimal, p, percent } = formats("en");
const plural = (value: number, one: string, more = `${one}s`) => `${count(value)} ${value === 1 ? one : more}`;
const reasons = (failures: Record<string, number>) =>
    Object.entries(failures)
        .map(([reason, times]) => `${reason} ${count(times)}×`)
        .join(", ");

export const en = {
    command: {
        description: "Experiments on load balancing: each predicts, measures on the stack, and ends in a verdict.",
        /** By commander's own, which are English. */
        titles: {
            "Usage:": "Usage:",
            "Options:": "Options:",
            "Global Options:": "Options of every experiment:",
            "Commands:": "Experiments:",
        } as Record<string, string>,
        byDefault: (value: string | number) => `default: ${value}`,
        help: "show this help",
        stack: (fallback: string) => `the stack (default: $PULUMI_STACK or ${fallback})`,
        lang: "language of all that is said: en or ko",
        json: "print the report as JSON, for programs",
        predict: "ask for your own guess first, and show it beside the outcome",
        out: "folder for the reports, instead of reports/",
        between: (least: number, most: number) => `${count(least)} to ${count(most)}`,
        list: "Experiments. Each measures on your own cluster, and leaves it as it was:",
        more: (example: string, help: string) => `For example: ${example}\nWhat can be set: ${help}`,
        unknown: (name: string, all: string[]) => `There is no experiment "${name}". There are: ${all.join(", ")}.`,
        wholeNumber: (least: number, most: number) => `It is a whole number from ${least} to ${most}.`,
    },
    run: {
        question: "Question",
        prediction: "Prediction",
        guessPrompt: "What is your guess?",
        guessAsk: (most: number) => `Type a number from 1 to ${most}: `,
        guessMissing: "--predict asks for a guess, and none was typed. Run it in a terminal, or without --predict.",
        guess: "Your guess",
        outcome: "Outcome",
        outcomeUnknown: "it could not be told",
        guessRight: "You were right.",
        guessWrong: "You were wrong, which is what experiments are for.",
        verdict: "Verdict",
        remarks: "Also",
        predictionResult: {
            confirmed: "The prediction held.",
            refuted: "The prediction did not hold.",
            undecided: "Whether the prediction holds could not be told.",
        },
        report: (path: string) => `Report: ${path}`,
        interrupted: "Stopped. No report was written, and the stack is as it was.",
        restoring: "Stopping, and putting the stack back as it was.",
        restoreFailed: (what: string, reason: string, command: string) =>
            `${what} could not be deleted: ${reason}\nThe next experiment tries again. By hand: ${command}`,
        recovered: "An earlier run was cut off.",
        removed: (what: string) => `Deleted what an earlier run had left: ${what}.`,
        progressOf: (what: string, done: number, all: number) => `${what} ${count(done)}/${count(all)}`,
    },
    report: {
        title: (name: string, stack: string) => `${name}: experiment on stack ${stack}`,
        subtitle: "An experiment on load balancing",
        command: "Command",
        stack: "Stack",
        cluster: "Cluster",
        time: "Time",
        took: "Took",
        seconds: (value: number) => `${decimal(value)} s`,
        figures: "The same figures are in report.json beside this file.",
        results: { confirmed: "confirmed", refuted: "refuted", undecided: "undecided" },
        expectedRange: "within the dashed lines: chance",
    },
    claimLine: {
        confirmed: (claim: string) => `The course says "${claim}": confirmed.`,
        refuted: (claim: string) => `The course says "${claim}": refuted.`,
        undecided: (claim: string) => `The course says "${claim}": undecided.`,
    },
    faults: {
        notUp: (stack: string, up: string) => `Stack ${stack} is not up. Bring it up: ${up}`,
        others: (names: string[], example: string) =>
            `These stacks are there: ${names.join(", ")}. For one of them, for example: ${example}`,
        unfinished: (stack: string, up: string) => `Stack ${stack} is only half up. Finish it: ${up}`,
        clusterGone: (cluster: string, up: string) =>
            `The cluster ${cluster} does not exist any more. Make it again: ${up}`,
        nodesStopped: (nodes: string[], up: string) =>
            `These nodes of the cluster are stopped: ${nodes.join(", ")}. Start them: ${up}`,
        running: (process: number) =>
            `Another experiment runs on this stack (process ${process}). Two at once would count each other's requests. Wait for it.`,
        noAnswer: (url: string, reason: string, pods: string, up: string) =>
            `${url} does not answer as it should: ${reason}. Look at the pods: ${pods}\nMend what is missing: ${up}`,
        namelessAnswer: (url: string, up: string) =>
            `${url} answers, but does not say which pod did. Bring the stack up to date: ${up}`,
        addressUnreachable: (address: string, other: string) =>
            `This machine does not reach the cluster's external addresses, ${address} among them: Docker runs in a virtual machine. ` +
            `What goes through the ingress can be measured: ${other}`,
        notAnnounced: (address: string, status: string, up: string) =>
            `No node announces ${address}. Look at what MetalLB says: ${status}\nMend what is missing: ${up}`,
        noFreeAddress: (services: string, up: string) =>
            `The experiment's own Service got no address within 30 s: the pool may be used up. See who has one: ${services}\n` +
            `Set a larger addressPool, then: ${up}`,
        unknownMode: (node: string, said: string, up: string) =>
            `kube-proxy on ${node} does not say its mode, but "${said}". Mend it: ${up}`,
        tooFewPods: (service: string, pods: number, scale: string) =>
            `Service ${service} has ${plural(pods, "ready pod")}, so there is nothing to choose. Have more: ${scale}`,
        affinityNeedsWeb: (example: string) =>
            `--affinity is about kube-proxy alone, so it goes with --to web: ${example}`,
        noApacheBench:
            "Apache Bench (ab) is not installed. On Debian and Ubuntu: sudo apt-get install apache2-utils. On macOS it is there.",
        folderUnusable: (path: string) => `There is no folder ${path}, or it can't be written to.`,
        notServed: (command: string) =>
            `The ingress does not serve the experiment's own Ingress after 20 s. See which there are: ${command}`,
        noCommand: (node: string, command: string) =>
            `The node ${node} does not have the program ${command}, without which nothing can be told.`,
        kubectl: (reason: string, doctor: string) =>
            `The cluster does not do what it is asked: ${reason}\nFind out why: ${doctor}`,
    },
    progress: {
        asking: (url: string) => `Asking ${url}`,
        stickyService: "Making a Service of its own, with session affinity",
        oneByOne: (requests: number) =>
            `${count(requests)} requests, one after the other, each on a connection of its own`,
        onOneConnection: (requests: number) => `${count(requests)} requests, one after the other, on one connection`,
        ceiling: "Measuring how much this machine can send",
        atOnce: (requests: number, concurrency: number) =>
            `${count(requests)} requests, ${count(concurrency)} at the same time`,
        apacheBench: (requests: number, concurrency: number) =>
            `Apache Bench: ${count(requests)} requests, ${count(concurrency)} at the same time`,
        logs: "Reading the logs",
    },
    checks: {
        pod: "pod",
        heading: {
            requests: "Cross-check: requests per pod",
            connections: "Cross-check: connections per pod",
        },
        agree: "All who have counted agree.",
        agreeButForUnused: (connections: number) =>
            `They agree. Apache Bench opens up to ${count(connections)} connections more than it needs, by which no request goes: only the kernel sees those.`,
        differ: "They do not agree. Somebody else may have sent requests, or requests failed.",
        single: "There is only one count, so nothing to compare it with.",
        distrust: "The cross-checks do not agree: don't rely on the figures before you know why.",
        sources: {
            answers: "answers",
            podLogs: "pods' logs",
            ingressLogs: "ingress's log",
            iptables: "kernel: iptables",
            ipvs: "kernel: IPVS",
            conntrack: "kernel: conntrack",
        },
        explained: {
            answers: "what this machine got, by the header with the pod's name",
            podLogs: "the lines in the access log of each pod that carry this run's mark",
            ingressLogs: "ingress-nginx's access log, which says which pod it handed a request to",
            iptables: "packets of the rules KUBE-SEP-…, of which the kernel looks at the first of each connection",
            ipvs: "connections in ipvsadm --stats",
            conntrack: "the kernel's list of connections, with the pod that each was sent to",
        },
        missing: {
            noCommand: (command: string) => `the node does not have the program ${command}`,
            noRules: "the node's kernel has no rules for this Service",
            noneSeen: "the node's kernel has seen no connection to the Service's address, so they came another way",
            reset: "kube-proxy wrote its rules anew meanwhile, and the counters began again. Run it once more",
            tooLong: (seconds: number) =>
                `it took ${count(seconds)} s, and the kernel forgets closed connections after 120. Send fewer requests`,
        },
    },
    remarks: {
        failures: (failures: Record<string, number>) => `Requests failed: ${reasons(failures)}.`,
        senderWasTheLimit:
            "The sender was the limit, not the cluster: the rate says what this machine can send. The counts are not touched by that.",
        apacheBench:
            "Apache Bench does not say which pod answered, so the pods' logs are counted, as the course does. It is a closed loop: " +
            "it waits for an answer before it sends again.",
    },
    sections: {
        letter: "",
        pod: "pod",
        node: "node",
        requests: "requests",
        share: "share",
        percent,
        before: "answered before",
        after: "answers next",
        conditions: "Conditions",
        what: "what",
        value: "value",
        address: "address",
        entryNode: "node that takes the traffic",
        ingressPods: "ingress-nginx pods (worker processes)",
        rate: "rate",
        perSecond: (value: number) => `${count(value)} a second`,
        ceiling: "the sender's own limit, to a target that costs nothing",
        busy: "time that the sender was busy",
        times: "time to answer, half / 90 % / 99 % of them within",
        milliseconds: ({ p50 = 0, p90 = 0, p99 = 0 }: { p50?: number; p90?: number; p99?: number }) =>
            `${decimal(p50)} / ${decimal(p90)} / ${decimal(p99)} ms`,
        connections: "connections",
        repeats: (order: Repeats) =>
            `${plural(order.repeats, "repeat")} in ${plural(order.of + 1, "request")}; at random ${decimal(order.expected)} on average, ` +
            `that many or fewer with ${p(order.pOrFewer)}, that many or more with ${p(order.pOrMore)}`,
    },
    experiments: {
        spread: {
            summary: "How requests are spread over pods: in turn or at random?",
            question: "Who gets the next request: the next pod in turn, or any pod by chance?",
            claim: "round robin",
            options: {
                requests: "requests that are sent",
                concurrency: "how many are under way at the same time",
                to: "web: the LoadBalancer address; ingress: the same pods through ingress-nginx; backend: the backend through ingress-nginx",
                keepAlive: "keep connections open, instead of one for each request",
                affinity: "by a Service of its own with session affinity (ClientIP)",
                tool: "own: this command's sender, which sees who answers; ab: Apache Bench, as in the course",
            },
            outcomes: {
                random: "at random, each pod with the same chance",
                inTurn: "in turn",
                perWorker: "in turn, each worker process of ingress-nginx by itself",
                perConnection: "a connection stays with one pod",
                onePod: "one pod gets all of them",
                sticky: "mostly the same pod as before",
                uneven: "some pods get clearly more than others",
            },
            predictions: {
                iptables: () =>
                    "At random, each pod with the same chance. In iptables mode kube-proxy writes a rule for each pod, which is taken with a certain " +
                    "probability (statistic mode random). The kernel rolls the dice for each new connection and remembers nothing.",
                nftables: () =>
                    "At random, each pod with the same chance. In nftables mode kube-proxy has the kernel look a random number up in a map of pods " +
                    "(numgen random) for each new connection.",
                ipvs: () =>
                    "In turn. In ipvs mode the kernel's IPVS has a scheduler, by default rr: it goes on to the next pod with each new connection. " +
                    "All traffic of the address enters by one node, so there is one such scheduler.",
                perWorker: (workers: number) =>
                    `In turn, each worker process by itself. ingress-nginx does not go through kube-proxy to the pods: it knows their addresses. It has ${count(workers)} ` +
                    "worker processes, which don't talk to each other, so the counts differ by that number at most. On one connection, which stays with one " +
                    "worker process, no pod answers twice in a row.",
                perConnection: () =>
                    "A connection stays with one pod. kube-proxy chooses a pod for a connection when it is opened; it does not see the requests in it.",
                onePod: () =>
                    "One pod gets everything. With sessionAffinity: ClientIP the kernel remembers the pod of each client's address for three hours, and this " +
                    "machine is one client.",
            },
            evidence: {
                random: ({ order, requests, counts: all, unevenness }: SpreadFigures) =>
                    `${plural(order.repeats, "repeat")} in ${plural(order.of + 1, "request")} one after the other: in turn there are none, at random there are ` +
                    `${decimal(order.expected)} on average, and chance explains them (${p(twoSided(order))}). ${count(requests)} requests fell ${counts(all)}, which is as ` +
                    `even as chance makes it (${p(unevenness)}).`,
                inTurn: ({ order, requests, spread }: SpreadFigures) =>
                    `${plural(order.repeats, "repeat")} in ${plural(order.of + 1, "request")} one after the other, where chance would lead to ${decimal(order.expected)}: so few ` +
                    `come by chance with ${p(order.pOrFewer)}. The counts of ${count(requests)} requests differ by ${count(spread)}.`,
                perWorker: ({ order, requests, spread, workers, controllers }: SpreadFigures) =>
                    `On one connection ${plural(order.repeats, "repeat")} in ${plural(order.of + 1, "request")}: so few come by chance with ${p(order.pOrFewer)}. ` +
                    `${plural(controllers, "pod")} of ingress-nginx with ${plural(workers, "worker process", "worker processes")} in all take turns, each by itself, so the ` +
                    `counts may differ by ${count(workers)}: of ${count(requests)} requests they differ by ${count(spread)}. Where every request has a connection of its own, the ` +
                    "workers' turns mix, and look like chance.",
                perConnection: ({ requests, connections }: SpreadFigures) =>
                    `${count(requests)} requests went by ${plural(connections, "connection")}, and each connection stayed with one pod. What is chosen is a ` +
                    "pod for a connection, and not for a request.",
                onePod: ({ order, pods }: SpreadFigures) =>
                    `One of ${count(pods)} pods answered everything, the ${plural(order.of + 1, "request")} one after the other and all others: by chance with ${p(order.pOrMore)}.`,
                sticky: ({ order }: SpreadFigures) =>
                    `${plural(order.repeats, "repeat")} in ${plural(order.of + 1, "request")} one after the other, where chance would lead to ${decimal(order.expected)}: so ` +
                    `many come by chance with ${p(order.pOrMore)}. Something keeps requests with a pod.`,
                uneven: ({ requests, counts: all, unevenness }: SpreadFigures) =>
                    `${count(requests)} requests fell ${counts(all)}: so uneven they are by chance with ${p(unevenness)}. Some pods are preferred.`,
                disturbed: ({ spread, workers }: SpreadFigures) =>
                    `On one connection the pods took turns, but the counts differ by ${count(spread)}, and ${count(workers)} worker processes can make them differ by ` +
                    `${count(workers)} at most. Somebody else asked meanwhile, requests failed, or ingress-nginx was reloaded. Run it once more.`,
                unseen: ({ requests, counts: all }: SpreadFigures) =>
                    `${count(requests)} requests fell ${counts(all)}, but Apache Bench does not tell which of them went by which connection. This command's own sender ` +
                    "(without --tool ab) does.",
                undecided: ({ requests, pods }: SpreadFigures) =>
                    `${count(requests)} requests to ${count(pods)} pods, of which too few were answered, don't tell chance from order. Send more.`,
            },
            podsChanged:
                "The pods changed while it was measured, so the figures are of two different things. Run it once more.",
            sections: {
                ownConnections: "each on a connection of its own",
                oneConnection: "on one connection",
                perPod: "Requests per pod",
                perPodText: (requests: number, concurrency: number) =>
                    `${count(requests)} answers, ${count(concurrency)} requests at the same time.`,
                rangeText: ([least, most]: [number, number]) =>
                    `If every pod has the same chance, all bars end between ${count(least)} and ${count(most)}, but for once in a thousand runs. ` +
                    "In turn they would be equal.",
                perPodDescription: (names: string[], all: number[]) =>
                    names.map((name, index) => `${name}: ${count(all[index] ?? 0)}`).join(", "),
                order: "One after the other",
                orderText:
                    "Each letter is a request, in the order in which they were sent: the pod that answered. In the picture a frame marks a repeat, the same pod as " +
                    "just before.",
                transitions: "Which pod follows which",
                transitionsText: (what: string) =>
                    `Requests one after the other, ${what}. A row for the pod that answered, a column for the one that answered next. In turn, each row has one filled square; at random, ` +
                    "all are about the same. The diagonal has the repeats.",
            },
        },
        path: {
            summary: "The way from this machine to a pod, hop by hop: who chooses what?",
            question: "Who chooses the pod behind the ingress?",
            claim: "LoadBalancer, Ingress, kube-proxy, pod: behind the ingress, kube-proxy chooses",
            options: {
                requests: "requests for each way",
            },
            outcomes: {
                through: "the ingress connects to the Service, and kube-proxy chooses the pod",
                past: "the ingress connects to pods, which it chooses itself: it goes past kube-proxy",
            },
            prediction:
                "The ingress goes past kube-proxy. It reads the pods' addresses from the Service's EndpointSlices, and connects to them. kube-proxy only has to do with " +
                "connections to a Service's address: with those from outside to the ingress, and not with those from the ingress to the pods.",
            upstreams: {
                pods: "as the stack has it",
                service: "with service-upstream",
            },
            switching: "Making a Service and an Ingress with service-upstream, which have the same pods",
            asking: {
                pods: (requests: number) => `${count(requests)} requests as the stack has it`,
                service: (requests: number) => `${count(requests)} requests with service-upstream`,
            },
            makingLocal: "Making a Service with externalTrafficPolicy: Local",
            outside: (policy: string, requests: number) =>
                `${count(requests)} requests to the web demo with externalTrafficPolicy: ${policy}`,
            evidence: {
                past: ({ requests, tracked, repeats }: PathFigures) =>
                    `${count(requests)} requests came to the pods, and the kernel tracked ${count(tracked.pods)} connections from the ingress to the Service's address. With ` +
                    `service-upstream it tracked ${count(tracked.service)} of as many requests. The order tells the same: ${plural(repeats.pods.repeats, "repeat")} in the first case, where ` +
                    `the ingress takes turns, and ${count(repeats.service.repeats)} in the second, where kube-proxy chooses by its mode.`,
                through: ({ requests, tracked }: PathFigures) =>
                    `For ${count(requests)} requests, the kernel tracked ${count(tracked.pods)} connections from the ingress to the Service's address.`,
                undecided: () =>
                    "The kernel tracked no connection to the Service's address even with service-upstream, or the pods changed meanwhile, so nothing is shown. Run it " +
                    "once more.",
            },
            otherNode: ({ address, byStatus, byNeighbours = "" }: Announced) =>
                `MetalLB says that ${byStatus} announces ${address}, and this machine's neighbour table has ${byNeighbours}: the address has just moved.`,
            announces: (policy: string, { address, node }: { address: string; node: string }) =>
                `${policy}: ${address}, announced by ${node}`,
            sections: {
                way: "Hop by hop",
                wayText:
                    "One connection to the ingress, followed from this machine to the pods that answered. The first hop is a neighbour on the Docker network: its hardware address " +
                    "is what the announcing node has answered to this machine's ARP request.",
                switch: "The switch: past kube-proxy, or by it",
                switchText:
                    "The same pods are asked in both cases, by one connection that is kept. Connections are those from pods of the ingress that the kernels of its nodes list, to the " +
                    "Service's cluster IP. Each letter is a request: the pod that answered. A frame marks a repeat.",
                policies: "externalTrafficPolicy: what comes from outside",
                policiesText:
                    "With Cluster every pod answers, and sees a node's address instead of the client's: a node that hands a connection on has to get the answer back. With Local only " +
                    "pods on the node that takes the traffic answer, and they see the client.",
                columns: { hop: "hop", which: "which", node: "node", by: "who says so" },
                hops: {
                    announcer: "announces the address",
                    controller: "pod of the ingress, by kube-proxy",
                    pod: "pod of the app, by the ingress",
                },
                byStatus: "MetalLB (servicel2statuses)",
                byNeighbours: "ARP (ip neigh)",
                byConntrack: "the node's kernel (conntrack)",
                byAnswer: "the answer's header",
                answers: (what: string) => `answers, ${what}`,
                tracked: (address: string) => `connections to ${address}`,
                client: (policy: string) => `client seen, ${policy}`,
            },
        },
        keepalive: {
            summary: "One connection, many requests: how many pods does it see, and what is the cure?",
            question: "Does a Service spread the requests of one connection over its pods?",
            claim: "a Service spreads requests over its pods",
            options: {
                requests: "requests for each way to send",
            },
            outcomes: {
                connections: "it spreads connections: one connection, one pod",
                requests: "it spreads requests: one connection sees all pods",
            },
            prediction:
                "One connection sees one pod, however many requests go by it. kube-proxy only has to do with the first packet of a connection. A proxy that reads HTTP, " +
                "such as ingress-nginx, chooses for each request.",
            sending: {
                kept: "one connection that is kept",
                separate: "a connection for each request",
                byIngress: "one connection that is kept, to the ingress",
            },
            evidence: {
                connections: ({ requests, pods, kept, separate, byIngress }: KeepaliveFigures) =>
                    `${count(requests)} requests on ${plural(kept.connections, "connection")} came to ${plural(kept.pods, "pod")} of ${count(pods)}. With a connection for each, they came to ` +
                    `${plural(separate.pods, "pod")}. On ${plural(byIngress.connections, "connection")} to the ingress, they came to ${plural(byIngress.pods, "pod")}.`,
                requests: ({ requests, kept }: KeepaliveFigures) =>
                    `${count(requests)} requests on ${plural(kept.connections, "connection")} came to ${plural(kept.pods, "pod")}: something on the way reads HTTP and chooses for each request.`,
                undecided: () =>
                    "Connections did not stay open, requests failed, or the pods changed meanwhile, so nothing is shown. Run it once more.",
            },
            cure:
                "The cure, where one pod does all the work: close connections after a number of requests, have clients keep several, or put a proxy in front that " +
                "reads the protocol (an ingress, a gateway, a service mesh). More pods alone don't help: connections that are open stay where they are.",
            sections: {
                ways: "Three ways to send the same requests",
                waysText: "How many requests each pod answered, and by how many connections they went.",
                order: "Which pod answered which request",
                orderText:
                    "Each letter is a request, in the order in which they were sent: the pod that answered. In the picture a frame marks a repeat.",
            },
        },
        routing: {
            summary:
                "One address, several sites: what the ingress does with a request, and what `rewrite-target: /` takes away.",
            question: "By what does the ingress decide who answers, and what is that pod asked for?",
            claim: "rewrite-target: / takes the prefix off",
            options: {},
            outcomes: {
                prefix: "it takes the prefix off, and leaves the rest of the path",
                path: "it takes all of the path away",
            },
            prediction:
                "All of the path goes. nginx replaces the path that a location holds for by the target, and the target is /. What follows the prefix is only left " +
                "if the path is a regular expression with a group and the target names it, as /$1 does.",
            makingIngress: "Making an Ingress of its own, with rewrite-target: /",
            asking: "Asking for each route, and reading what the ingress and the pods have logged",
            evidence: {
                path: ({ all, rest, asked, asExpected }: RoutingFigures) =>
                    `/whoami below a prefix reached the frontend as ${all} with rewrite-target: /, and as ${rest} with /$1. ` +
                    `${count(asExpected)} of ${plural(asked, "request")} went where the rules say.`,
                prefix: ({ all, asked, asExpected }: RoutingFigures) =>
                    `/whoami below a prefix reached the frontend as ${all} with rewrite-target: /. ${count(asExpected)} of ${plural(asked, "request")} went where ` +
                    "the rules say.",
                undecided: () =>
                    "The request below the prefix is not in the frontend's log, so nothing is shown. Run it once more.",
            },
            otherwise: (what: string) => `not as the rules say: ${what}`,
            cases: {
                host: "the host decides first",
                otherHost: "another host at the same address",
                unknownHost: "a host that no Ingress names",
                path: "then the path; the prefix is taken off",
                keptPath: "the prefix is kept",
                wholeElements: "a prefix holds for whole elements",
                rewriteRest: "rewrite-target: /$1 keeps the rest",
                rewriteAll: "rewrite-target: / keeps nothing",
                redirect: "http is redirected to https",
                foreignName: "TLS: a name without a certificate",
            },
            sections: {
                columns: {
                    what: "what is shown",
                    request: "request",
                    answer: "answer",
                    location: "location of nginx",
                    rewrite: "rewritten to",
                    upstream: "Service",
                    askedFor: "asked for",
                },
                requests: "What was asked and what came back",
                requestsText:
                    "All requests went to one address. The answer is a status and the pod, or where a redirect leads.",
                ingress: "What the ingress did in between",
                ingressText:
                    "The location is the one of nginx's configuration that the path falls to. The Service is from the ingress's log, and what the pod was asked for " +
                    "from the pod's own.",
            },
        },
    },
};

/** All that is said to the user, in one language. The English texts say which there are. */
export type Catalogue = typeof en;
