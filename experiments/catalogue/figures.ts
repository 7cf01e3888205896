import type { Repeats } from "../../lib/statistics";

/** The figures that the verdict of `spread` tells. */
export interface SpreadFigures {
    pods: number;
    /** Answers of each pod, and requests in all. */
    counts: number[];
    requests: number;
    /** By how much the counts differ. */
    spread: number;
    /** Worker processes and pods of ingress-nginx. */
    workers: number;
    controllers: number;
    connections: number;
    /** The order of the requests that were sent one after the other. */
    order: Repeats;
    /** How probable counts this uneven are by chance. */
    unevenness: number;
}

/** The figures that the verdict of `keepalive` tells. */
export interface KeepaliveFigures {
    pods: number;
    requests: number;
    kept: { connections: number; pods: number };
    separate: { connections: number; pods: number };
    byIngress: { connections: number; pods: number };
}

/** The figures that the verdict of `routing` tells. */
export interface RoutingFigures {
    /** What the frontend was asked for with `rewrite-target: /`, and with `/$1`. */
    all: string;
    rest: string;
    /** Requests, and those that went where the rules say. */
    asked: number;
    asExpected: number;
}

/** The figures that the verdict of `path` tells. */
export interface PathFigures {
    requests: number;
    /** Connections from the ingress to the Service's cluster IP, as the stack has it and with `service-upstream`. */
    tracked: { pods: number; service: number };
    repeats: { pods: Repeats; service: Repeats };
}

/** Who announces an address. */
export interface Announced {
    address: string;
    byStatus: string;
    byNeighbours?: string;
}
