import * as fs from "node:fs";
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { resources, restrictedContainer, restrictedPod } from "./restricted";

/** What a {@link Database} is made of. */
export interface DatabaseArgs {
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

/** The application's role and its database, as create-roles.sh names them. */
const application = "guestbook";

/**
 * The database tier: one PostgreSQL with a volume of its own, and a sidecar that backs it up to a second volume. Both volumes
 * outlive the pod, and go with the cluster. The passwords are random, made once per stack.
 *
 * Where the last backup failed the sidecar is not ready, which `kubectl get pods` shows as 1/2; the database serves on.
 */
export class Database extends pulumi.ComponentResource {
    /** For the application, as the owner of its database: a secret URL. */
    readonly url: pulumi.Output<string>;
    /** For reports, as a role that can only read: a secret URL. */
    readonly reportUrl: pulumi.Output<string>;

    constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:Database", name, {}, opts);
        const inside = { parent: this };
        const { namespace } = args;
        const labels = { "app.kubernetes.io/name": name };
        const password = (role: string) =>
            // Letters and digits only, so that it needs no quoting in a URL.
            new random.RandomPassword(`${name}-${role}-password`, { length: 32, special: false }, inside).result;
        const [appPassword, reportPassword] = [password("app"), password("report")];

        const credentials = new k8s.core.v1.Secret(
            `${name}-credentials`,
            {
                metadata: { namespace },
                stringData: { superuser: password("superuser"), app: appPassword, report: reportPassword },
            },
            inside,
        );
        const scripts = new k8s.core.v1.ConfigMap(
            `${name}-scripts`,
            {
                metadata: { namespace },
                immutable: true,
                data: Object.fromEntries(
                    ["create-roles.sh", "backup"].map((file) => [
                        file,
                        fs.readFileSync(path.join(args.scripts, file), "utf8"),
                    ]),
                ),
            },
            inside,
        );
        const service = new k8s.core.v1.Service(
            name,
            {
                metadata: {
                    name: `${name}-service`,
                    namespace,
                    labels,
                    // Endpoints come with the pod, which Pulumi waits for anyway.
                    annotations: { "pulumi.com/skipAwait": "true" },
                },
                spec: {
                    selector: labels,
                    ports: [{ name: "postgres", port: 5432, targetPort: "postgres" }],
                    // A pod is ready when all its containers are; that a backup failed must not shut the database off.
                    publishNotReadyAddresses: true,
                },
            },
            inside,
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
        const backup: k8s.types.input.core.v1.Container = {
            name: "backup",
            image: args.image,
            restartPolicy: "Always",
            command: ["backup", "run"],
            env: [
                // The socket, which only the containers of this pod have, asks for no password.
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
            resources: resources("10m", "32Mi", "256Mi"),
            securityContext: restrictedContainer,
            volumeMounts: [
                script("backup", "/usr/local/bin/backup"),
                { name: "backups", mountPath: "/backups" },
                socket,
                { name: "tmp-backup", mountPath: "/tmp" },
            ],
        };
        const postgres: k8s.types.input.core.v1.Container = {
            name: "postgres",
            image: args.image,
            env: [
                // Below the mount: a volume's top folder may hold what initdb refuses.
                { name: "PGDATA", value: `${data.mountPath}/pgdata` },
                // Port-forwards come from the pod's own localhost, which would need no password by default.
                { name: "POSTGRES_INITDB_ARGS", value: "--auth-host=scram-sha-256" },
                { name: "POSTGRES_PASSWORD", valueFrom: secret("superuser") },
                { name: "APP_PASSWORD", valueFrom: secret("app") },
                { name: "REPORT_PASSWORD", valueFrom: secret("report") },
            ],
            ports: [{ name: "postgres", containerPort: 5432 }],
            // Over TCP: while the data is made, the server listens on its socket alone.
            readinessProbe: probe(2),
            livenessProbe: { ...probe(10), failureThreshold: 6 },
            startupProbe: { ...probe(2), failureThreshold: 90 },
            resources: resources("50m", "64Mi", "512Mi"),
            securityContext: restrictedContainer,
            volumeMounts: [
                script("create-roles.sh", "/docker-entrypoint-initdb.d/create-roles.sh"),
                data,
                socket,
                { name: "tmp-postgres", mountPath: "/tmp" },
            ],
        };
        new k8s.apps.v1.StatefulSet(
            name,
            {
                metadata: { name, namespace, labels },
                spec: {
                    serviceName: service.metadata.name,
                    replicas: 1,
                    // By default a pod that is not ready, after a failed backup say, would never be replaced by a changed one:
                    // https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
                    podManagementPolicy: "Parallel",
                    selector: { matchLabels: labels },
                    template: {
                        metadata: { labels },
                        spec: {
                            ...restrictedPod(postgresUser),
                            terminationGracePeriodSeconds: 60,
                            initContainers: [backup],
                            containers: [postgres],
                            volumes: [
                                { name: "scripts", configMap: { name: scripts.metadata.name, defaultMode: 0o555 } },
                                { name: "run", emptyDir: {} },
                                { name: "tmp-postgres", emptyDir: {} },
                                { name: "tmp-backup", emptyDir: {} },
                            ],
                        },
                    },
                    volumeClaimTemplates: [claim("data", labels), claim("backups", labels)],
                },
            },
            inside,
        );
        const url = (role: string, secretPassword: pulumi.Output<string>) =>
            pulumi.secret(
                pulumi.interpolate`postgres://${role}:${secretPassword}@${service.metadata.name}:5432/${application}`,
            );
        this.url = url(application, appPassword);
        this.reportUrl = url("report", reportPassword);
        this.registerOutputs({});
    }
}

function probe(periodSeconds: number) {
    return { exec: { command: ["pg_isready", "--quiet", "--host", "127.0.0.1"] }, periodSeconds, timeoutSeconds: 5 };
}

function claim(name: string, labels: Record<string, string>) {
    return {
        metadata: { name, labels },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    };
}
