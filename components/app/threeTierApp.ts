import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster/cluster";
import type { ServiceRef } from "../ingress/routes";
import { Backend } from "./backend";
import { Database } from "./database";
import { Frontend } from "./frontend";
import { NetworkPolicies, type NamespacePods } from "./networkPolicies";
import { restrictedNamespace } from "./pod";

/** What a {@link ThreeTierApp} is made of. */
export interface ThreeTierAppArgs {
    cluster: Cluster;
    images: {
        /** See {@link LoadBalancedWebArgs.image}. */
        nginx: string;
        /** See {@link DatabaseArgs.image}. */
        postgres: string;
        busybox: string;
        /** The backend's. */
        backend: pulumi.Input<string>;
    };
    /** Folders of this project with what runs in the tiers. */
    sources: {
        /** See {@link FrontendArgs.pages}. */
        frontend: string;
        /** See {@link DatabaseArgs.scripts}. */
        database: string;
    };
    domain: string;
    /** The path prefix that the ingress strips before it asks the backend. */
    backendPrefix: string;
    /** Whether it is reached by https alone. */
    httpsOnly: boolean;
    backups: { intervalMinutes: number; kept: number };
    /** The pods of the ingress controller, which alone reach frontend and backend from outside of the namespace. */
    ingressPods: NamespacePods;
    /** Pods of frontend and backend wait for this, so that they are spread over all nodes. */
    nodesReady: pulumi.Resource;
}

/**
 * The application: frontend, backend and database in a namespace of their own. Its NetworkPolicies follow from the tiers'
 * labels and ports: they allow what one tier needs of the next, and nothing else.
 */
export class ThreeTierApp extends pulumi.ComponentResource {
    readonly namespace: pulumi.Output<string>;
    readonly frontend: ServiceRef;
    readonly backend: ServiceRef;
    /** Change with each rollout of a tier, see {@link HttpWorkload.revision}. */
    readonly revisions: pulumi.Output<number[]>;
    /** What a tier answers with, see {@link HttpWorkload.version}. */
    readonly versions: Record<"frontend" | "backend", pulumi.Output<string>>;

    constructor(name: string, args: ThreeTierAppArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:ThreeTierApp", name, {}, pulumi.mergeOptions(args.cluster.childOptions, opts));
        const { cluster, images } = args;
        /** Until version 0.2 the parts had no parent, and no prefix to their names. */
        const part = (oldName: string, more?: pulumi.ComponentResourceOptions) => ({
            ...more,
            parent: this,
            aliases: [{ name: oldName, parent: pulumi.rootStackResource }],
        });

        const { metadata } = new k8s.core.v1.Namespace(
            `${name}-namespace`,
            { metadata: { name, labels: restrictedNamespace } },
            part("app"),
        );
        const namespace = metadata.name;
        const database = new Database(
            `${name}-db`,
            {
                cluster,
                objectName: "db",
                namespace,
                image: images.postgres,
                scripts: args.sources.database,
                backupIntervalMinutes: args.backups.intervalMinutes,
                backupsKept: args.backups.kept,
            },
            part("db"),
        );
        const backend = new Backend(
            `${name}-backend`,
            {
                cluster,
                objectName: "backend",
                namespace,
                image: images.backend,
                loggerImage: images.busybox,
                databaseUrl: database.url,
                reportUrl: database.reportUrl,
                domain: args.domain,
                urlPrefix: args.backendPrefix,
                httpsOnly: args.httpsOnly,
            },
            part("backend", { dependsOn: args.nodesReady }),
        );
        const frontend = new Frontend(
            `${name}-frontend`,
            {
                cluster,
                objectName: "frontend",
                namespace,
                image: images.nginx,
                loggerImage: images.busybox,
                pages: args.sources.frontend,
                backendUrl: backend.url,
            },
            part("frontend", { dependsOn: args.nodesReady }),
        );
        new NetworkPolicies(
            `${name}-policies`,
            {
                cluster,
                namespace,
                flows: [
                    { from: args.ingressPods, to: frontend.pods, port: frontend.containerPort },
                    { from: args.ingressPods, to: backend.pods, port: backend.containerPort },
                    { from: frontend.pods, to: backend.pods, port: backend.containerPort },
                    { from: backend.pods, to: database.pods, port: database.port },
                    { from: backend.migrationPods, to: database.pods, port: database.port },
                ],
            },
            part("app"),
        );
        this.namespace = namespace;
        this.frontend = frontend.service;
        this.backend = backend.service;
        this.versions = { frontend: frontend.version, backend: backend.version };
        this.revisions = pulumi.all([frontend.revision, backend.revision]);
        this.registerOutputs({ namespace });
    }
}
