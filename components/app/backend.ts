import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { accessLogFile } from "./accessLog";
import { HttpWorkload, type HttpWorkloadArgs } from "./httpWorkload";
import type { PodGroup } from "./networkPolicies";
import { podSpec } from "./pod";

/** What a {@link Backend} is made of. */
export interface BackendArgs extends HttpWorkloadArgs {
    namespace: pulumi.Input<string>;
    /** A busybox, for the logger. */
    loggerImage: string;
    /** Where its database is, with the password in it. */
    databaseUrl: pulumi.Input<string>;
    /** The same database, for a role that can only read. */
    reportUrl: pulumi.Input<string>;
    /** The domain under which it is reached. */
    domain: string;
    /** The path prefix that the ingress strips before it asks the backend. */
    urlPrefix: string;
    /** Whether it is reached by https alone. Cookies then travel by https alone. */
    httpsOnly: boolean;
}

/** For whatever runs Django, be it to serve or to migrate. The user is the one of app-django's image. */
const django = { user: 10001, resources: { cpu: "50m", memory: "128Mi", memoryLimit: "384Mi" } };

/**
 * The backend tier: Django under gunicorn, with the database behind it.
 *
 * A Job migrates the database, once for each image and before any pod of that image starts. If it fails, `up` fails with its
 * last words, and the pods of the image before serve on. So a migration must leave the tables such that those pods can use them.
 */
export class Backend extends HttpWorkload {
    /** Where the frontend finds it inside the cluster. */
    readonly url: pulumi.Output<string>;
    /** The pods that migrate the database, for NetworkPolicies. */
    readonly migrationPods: PodGroup;

    constructor(name: string, args: BackendArgs, opts?: pulumi.ComponentResourceOptions) {
        super("Backend", name, args, 8000, opts);
        const { namespace } = args;
        const secretKey = new random.RandomPassword(
            `${name}-secret-key`,
            { length: 50, special: false },
            { parent: this },
        );
        // Immutable and named by Pulumi: a change makes a new one, and so replaces the pods.
        const secret = new k8s.core.v1.Secret(
            `${name}-settings`,
            {
                metadata: { namespace },
                immutable: true,
                stringData: {
                    DATABASE_URL: args.databaseUrl,
                    REPORT_DATABASE_URL: args.reportUrl,
                    DJANGO_SECRET_KEY: secretKey.result,
                },
            },
            { parent: this },
        );
        const fromSecret = (key: string) => ({
            name: key,
            valueFrom: { secretKeyRef: { name: secret.metadata.name, key } },
        });
        const env = [
            fromSecret("DATABASE_URL"),
            fromSecret("REPORT_DATABASE_URL"),
            fromSecret("DJANGO_SECRET_KEY"),
            // A port-forward is addressed as localhost. The frontend addresses its Service by name.
            { name: "ALLOWED_HOSTS", value: [args.domain, "localhost", "127.0.0.1", this.objectName].join(",") },
            { name: "URL_PREFIX", value: args.urlPrefix },
            { name: "HTTPS_ONLY", value: String(args.httpsOnly) },
        ];
        this.migrationPods = { labels: { "app.kubernetes.io/name": `${this.objectName}-migration` } };
        const migration = this.migrate(`${name}-migration`, args, env);
        this.serve({
            ...django,
            namespace,
            servicePort: this.containerPort,
            livenessPath: "/healthz",
            readinessPath: "/readyz",
            env: [...env, { name: "ACCESS_LOG", value: accessLogFile }],
            loggerImage: args.loggerImage,
            dependsOn: [migration],
        });
        this.url = pulumi.interpolate`http://${this.service.name}:${this.service.port}`;
        this.registerOutputs({ url: this.url });
    }

    private migrate(name: string, { namespace, image }: BackendArgs, env: k8s.types.input.core.v1.EnvVar[]) {
        const { labels } = this.migrationPods;
        return new k8s.batch.v1.Job(
            name,
            {
                // If it failed, the next `up` makes it again:
                // https://www.pulumi.com/registry/packages/kubernetes/#pulumicomreplaceunready
                metadata: { namespace, labels, annotations: { "pulumi.com/replaceUnready": "true" } },
                spec: {
                    // The command itself waits for the database. What fails then would fail again.
                    backoffLimit: 0,
                    activeDeadlineSeconds: 300,
                    template: {
                        metadata: { labels },
                        spec: podSpec({
                            user: django.user,
                            restartPolicy: "Never",
                            container: {
                                name: "migrate",
                                image,
                                command: ["python", "manage.py", "migrate_when_ready"],
                                env,
                                resources: django.resources,
                                terminationMessagePolicy: "FallbackToLogsOnError",
                            },
                        }),
                    },
                },
            },
            { parent: this },
        );
    }
}
