import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { resources, restrictedContainer, restrictedPod } from "./restricted";

/** What a {@link Database} is made of. */
export interface DatabaseArgs {
    namespace: pulumi.Input<string>;
    /** A PostgreSQL image whose server and pg_dump are of the same major version. */
    image: string;
    /** Seconds between backups. Default: 3600. */
    backupIntervalSeconds?: number;
    /** How many backups are kept. Default: 24. */
    backupsKept?: number;
}

/** The user that Debian's PostgreSQL images run as. */
const postgresUser = 999;

const database = "guestbook";

/** Runs once, while the server's data is made: the application's role owns its database and is no superuser. */
const createRole = `psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\\set password \`echo "$APP_PASSWORD"\`
CREATE ROLE ${database} LOGIN PASSWORD :'password';
CREATE DATABASE ${database} OWNER ${database};
SQL
`;

/** A backup is whole or it is not there: it gets its name when pg_dump has ended well. */
const backup = `set -eu
trap 'exit 0' TERM INT
# A backup of nothing is none: the first waits for the backend's tables.
until [ "$(psql -tAc 'SELECT count(*) > 0 FROM pg_stat_user_tables' 2>/dev/null)" = t ]; do sleep 2; done
while :; do
    rm -f /backups/*.partial
    file=/backups/$(date -u +%Y%m%dT%H%M%SZ).dump
    if pg_dump --format custom --file "$file.partial" && mv "$file.partial" "$file"; then
        echo "backup $file: $(wc -c <"$file") bytes"
        touch /tmp/last-backup-succeeded
    else
        echo "backup $file failed" >&2
        rm -f /tmp/last-backup-succeeded
    fi
    ls -1 /backups/*.dump 2>/dev/null | sort -r | tail -n +$((BACKUPS_KEPT + 1)) | xargs -r rm -f
    sleep "$BACKUP_INTERVAL" & wait $!
done
`;

/**
 * The database tier: one PostgreSQL with a volume of its own, and a sidecar that backs it up with pg_dump to a second volume.
 * The passwords are random, made once per stack.
 */
export class Database extends pulumi.ComponentResource {
    /** For DATABASE_URL, a secret. */
    readonly url: pulumi.Output<string>;

    constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:Database", name, {}, opts);
        const inside = { parent: this };
        const { namespace } = args;
        const labels = { "app.kubernetes.io/name": name };
        const password = (role: string) =>
            // Letters and digits only, so that it needs no quoting in a URL.
            new random.RandomPassword(`${name}-${role}-password`, { length: 32, special: false }, inside).result;
        const appPassword = password("app");

        const credentials = new k8s.core.v1.Secret(
            `${name}-credentials`,
            { metadata: { namespace }, stringData: { superuser: password("superuser"), app: appPassword } },
            inside,
        );
        const scripts = new k8s.core.v1.ConfigMap(
            `${name}-scripts`,
            { metadata: { namespace }, immutable: true, data: { "create-role.sh": createRole, "backup.sh": backup } },
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
                spec: { selector: labels, ports: [{ name: "postgres", port: 5432, targetPort: "postgres" }] },
            },
            inside,
        );

        const secret = (key: string) => ({ secretKeyRef: { name: credentials.metadata.name, key } });
        const volumes = {
            data: { name: "data", mountPath: "/var/lib/postgresql/data" },
            backups: { name: "backups", mountPath: "/backups" },
            socket: { name: "run", mountPath: "/var/run/postgresql" },
            scripts: (file: string, mountPath: string) => ({
                name: "scripts",
                mountPath,
                subPath: file,
                readOnly: true,
            }),
            tmp: (container: string) => ({ name: `tmp-${container}`, mountPath: "/tmp" }),
        };
        new k8s.apps.v1.StatefulSet(
            name,
            {
                metadata: { name, namespace, labels },
                spec: {
                    serviceName: service.metadata.name,
                    replicas: 1,
                    selector: { matchLabels: labels },
                    template: {
                        metadata: { labels },
                        spec: {
                            ...restrictedPod(postgresUser),
                            terminationGracePeriodSeconds: 60,
                            initContainers: [
                                {
                                    name: "backup",
                                    image: args.image,
                                    restartPolicy: "Always",
                                    command: ["bash", "/backup.sh"],
                                    env: [
                                        { name: "PGHOST", value: volumes.socket.mountPath },
                                        { name: "PGUSER", value: database },
                                        { name: "PGDATABASE", value: database },
                                        { name: "BACKUP_INTERVAL", value: String(args.backupIntervalSeconds ?? 3600) },
                                        { name: "BACKUPS_KEPT", value: String(args.backupsKept ?? 24) },
                                    ],
                                    resources: resources("10m", "32Mi", "256Mi"),
                                    securityContext: restrictedContainer,
                                    volumeMounts: [
                                        volumes.scripts("backup.sh", "/backup.sh"),
                                        volumes.backups,
                                        volumes.socket,
                                        volumes.tmp("backup"),
                                    ],
                                },
                            ],
                            containers: [
                                {
                                    name: "postgres",
                                    image: args.image,
                                    env: [
                                        // Below the mount: a volume's top folder may hold what initdb refuses.
                                        { name: "PGDATA", value: `${volumes.data.mountPath}/pgdata` },
                                        { name: "POSTGRES_PASSWORD", valueFrom: secret("superuser") },
                                        { name: "APP_PASSWORD", valueFrom: secret("app") },
                                    ],
                                    ports: [{ name: "postgres", containerPort: 5432 }],
                                    // Over TCP: while the data is made, the server listens on its socket alone.
                                    readinessProbe: probe(2),
                                    livenessProbe: { ...probe(10), failureThreshold: 6 },
                                    startupProbe: { ...probe(2), failureThreshold: 90 },
                                    resources: resources("50m", "64Mi", "512Mi"),
                                    securityContext: restrictedContainer,
                                    volumeMounts: [
                                        volumes.scripts("create-role.sh", "/docker-entrypoint-initdb.d/create-role.sh"),
                                        volumes.data,
                                        volumes.socket,
                                        volumes.tmp("postgres"),
                                    ],
                                },
                            ],
                            volumes: [
                                { name: "scripts", configMap: { name: scripts.metadata.name } },
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
        this.url = pulumi.secret(
            pulumi.interpolate`postgres://${database}:${appPassword}@${service.metadata.name}:5432/${database}`,
        );
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
