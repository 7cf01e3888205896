import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { readText } from "../../lib/textFile";
import type { Cluster } from "../cluster/cluster";
import type { PodGroup } from "./networkPolicies";
import { type ContainerArgs, podSpec, servingProbes } from "./pod";

/** What a {@link Database} is made of. */
export interface DatabaseArgs {
    cluster: Cluster;
    /** Name of its objects in Kubernetes. Default: the component's. */
    objectName?: string;
    namespace: pulumi.Input<string>;
    /** A PostgreSQL image whose server and pg_dump are of the same major version. */
    image: string;
    /** Folder with `create-roles.sh`, which runs once while the data is made, and with the program `backup`. */
    scripts: string;
    /** Minutes from one backup to the next. */
    backupIntervalMinutes: number;
    /** How many of the scheduled backups are kept. */
    backupsKept: number;
}

/** The user that Debian's PostgreSQL images run as. */
const postgresUser = 999;

/** Asks over TCP. While the data is made, the server listens on its socket alone, and is not ready. */
const isReady = { exec: { command: ["pg_isready", "--quiet", "--host", "127.0.0.1"] } };

/** The application's role and its database, as create-roles.sh names them. */
const application = "guestbook";

/**
 * The database tier: one PostgreSQL with a volume of its own, and a sidecar that backs it up to a second volume. Both volumes
 * outlive the pod, and go with the cluster. The passwords are random, made once per stack.
 *
 * If the last backup failed, the sidecar is not ready, which `kubectl get pods` shows as 1/2. The database serves on.
 */
export class Database extends pulumi.ComponentResource {
    /** Its pod, for NetworkPolicies. */
    readonly pods: PodGroup;
    /** Port of its pod and of its Service. */
    readonly port = 5432;
    /** For the application, as the owner of its database: a secret URL. */
    readonly url: pulumi.Output<string>;
    /** For reports, as a role that can only read: a secret URL. */
    readonly reportUrl: pulumi.Output<string>;

    constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:Database", name, {}, pulumi.mergeOptions(args.cluster.childOptions, opts));
        const childOptions = { parent: this };
        const { namespace, objectName = name } = args;
        const labels = { "app.kubernetes.io/name": objectName };
        this.pods = { labels };
        const password = (role: string) =>
            // Letters and digits only, so that it needs no quoting in a URL.
            new random.RandomPassword(`${name}-${role}-password`, { length: 32, special: false }, childOptions).result;
        const [appPassword, reportPassword] = [password("app"), password("report")];

        const credentials = new k8s.core.v1.Secret(
            `${name}-credentials`,
            {
                metadata: { namespace },
                stringData: { superuser: password("superuser"), app: appPassword, report: reportPassword },
            },
            childOptions,
        );
        const scripts = new k8s.core.v1.ConfigMap(
            `${name}-scripts`,
            {
                metadata: { namespace },
                immutable: true,
                data: Object.fromEntries(
                    ["create-roles.sh", "backup"].map((file) => [file, readText(join(args.scripts, file))]),
                ),
            },
            childOptions,
        );
        const service = new k8s.core.v1.Service(
            name,
            {
                metadata: {
                    name: `${objectName}-service`,
                    namespace,
                    labels,
                    // Endpoints come with the pod, which Pulumi waits for anyway.
                    annotations: { "pulumi.com/skipAwait": "true" },
                },
                spec: {
                    selector: labels,
                    ports: [{ name: "postgres", port: this.port, targetPort: "postgres" }],
                    // A pod is ready when all its containers are. A failed backup must not take the database out of service.
                    publishNotReadyAddresses: true,
                },
            },
            childOptions,
        );

        const secret = (key: string) => ({ secretKeyRef: { name: credentials.metadata.name, key } });
        const script = (subPath: string, mountPath: string) => ({
            name: "scripts",
            subPath,
            mountPath,
            readOnly: true,
        });
        const data = { name: "data", mountPath: "/var/lib/postgresql/data" };
        const socket = { name: "run", mountPath: "/var/run/postgresql" };
        const backup: ContainerArgs = {
            name: "backup",
            image: args.image,
            command: ["backup", "run"],
            env: [
                // The socket asks for no password. Only the containers of this pod have it.
                { name: "PGHOST", value: socket.mountPath },
                { name: "PGUSER", value: application },
                { name: "PGDATABASE", value: application },
                { name: "BACKUP_INTERVAL_SECONDS", value: String(args.backupIntervalMinutes * 60) },
                { name: "BACKUPS_KEPT", value: String(args.backupsKept) },
            ],
            readinessProbe: {
                exec: { command: ["sh", "-c", "! cat /tmp/backup-failure 2>/dev/null"] },
                periodSeconds: 5,
                failureThreshold: 1,
            },
            resources: { cpu: "10m", memory: "32Mi", memoryLimit: "256Mi" },
            volumeMounts: [
                script("backup", "/usr/local/bin/backup"),
                { name: "backups", mountPath: "/backups" },
                socket,
            ],
        };
        const serving = servingProbes(isReady, isReady, 180);
        const postgres: ContainerArgs = {
            name: "postgres",
            image: args.image,
            env: [
                // Below the mount: a volume's top folder may hold what initdb refuses.
                { name: "PGDATA", value: `${data.mountPath}/pgdata` },
                // Port-forwards come from the pod's localhost, which by default needs no password.
                { name: "POSTGRES_INITDB_ARGS", value: "--auth-host=scram-sha-256" },
                { name: "POSTGRES_PASSWORD", valueFrom: secret("superuser") },
                { name: "APP_PASSWORD", valueFrom: secret("app") },
                { name: "REPORT_PASSWORD", valueFrom: secret("report") },
            ],
            ports: [{ name: "postgres", containerPort: this.port }],
            ...serving,
            // A restart costs a database more than a slow minute does.
            livenessProbe: { ...serving.livenessProbe, failureThreshold: 6 },
            resources: { cpu: "50m", memory: "64Mi", memoryLimit: "512Mi" },
            volumeMounts: [script("create-roles.sh", "/docker-entrypoint-initdb.d/create-roles.sh"), data, socket],
        };
        new k8s.apps.v1.StatefulSet(
            name,
            {
                metadata: { name: objectName, namespace, labels },
                spec: {
                    serviceName: service.metadata.name,
                    replicas: 1,
                    // By default a pod that is not ready, for example after a failed backup, would never be replaced:
                    // https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
                    podManagementPolicy: "Parallel",
                    selector: { matchLabels: labels },
                    template: {
                        metadata: { labels },
                        spec: podSpec({
                            user: postgresUser,
                            sidecar: backup,
                            container: postgres,
                            volumes: [
                                { name: "scripts", configMap: { name: scripts.metadata.name, defaultMode: 0o555 } },
                                { name: "run", emptyDir: {} },
                            ],
                            terminationGracePeriodSeconds: 60,
                        }),
                    },
                    volumeClaimTemplates: [claim("data", labels), claim("backups", labels)],
                },
            },
            childOptions,
        );
        const url = (role: string, secretPassword: pulumi.Output<string>) =>
            pulumi.secret(
                pulumi.interpolate`postgres://${role}:${secretPassword}@${service.metadata.name}:${this.port}/${application}`,
            );
        this.url = url(application, appPassword);
        this.reportUrl = url("report", reportPassword);
        this.registerOutputs({});
    }
}

function claim(name: string, labels: Record<string, string>) {
    return {
        metadata: { name, labels },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    };
}
