import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { accessLogFile } from "./accessLog";
import { podIdentity, resources, restrictedContainer, restrictedPod } from "./restricted";
import { makeTier, type TierArgs } from "./tier";

/** What a {@link Backend} is made of. */
export interface BackendArgs extends TierArgs {
    /** Where its database is, with the password in it. */
    databaseUrl: pulumi.Input<string>;
    /** The same database, for a role that only reads. */
    reportUrl: pulumi.Input<string>;
    /** The domain under which it is reached. */
    domain: string;
    /** Path under which the ingress offers it, and which the ingress takes off. */
    urlPrefix: string;
    /** Whether it is reached by https alone: cookies then travel by https alone. */
    httpsOnly: boolean;
}

/** The user of app-django's image. */
const djangoUser = 10001;

/** For whatever runs Django, be it to serve or to migrate. */
const djangoResources = resources("50m", "128Mi", "384Mi");

/**
 * The backend tier: Django under gunicorn, with the database behind it.
 *
 * A Job migrates the database, once for each image and before any pod of it starts. Where it fails, `up` fails with its last
 * words, and the pods of the image before serve on; so a migration must leave the tables such that they still can.
 */
export class Backend extends pulumi.ComponentResource {
    readonly serviceName: pulumi.Output<string>;
    /** Where the frontend finds it inside the cluster. */
    readonly url: pulumi.Output<string>;

    constructor(name: string, args: BackendArgs, opts?: pulumi.ComponentResourceOptions) {
        super("load-balancing-lab:index:Backend", name, {}, opts);
        const secretKey = new random.RandomPassword(
            `${name}-secret-key`,
            { length: 50, special: false },
            { parent: this },
        );
        // Immutable and named by Pulumi: a change makes a new one, and so rolls the pods.
        const secret = new k8s.core.v1.Secret(
            `${name}-settings`,
            {
                metadata: { namespace: args.namespace },
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
            // localhost is how a port-forward is addressed, the tier's own name how the frontend may.
            { name: "ALLOWED_HOSTS", value: [args.domain, "localhost", "127.0.0.1", name].join(",") },
            { name: "URL_PREFIX", value: args.urlPrefix },
            { name: "HTTPS_ONLY", value: String(args.httpsOnly) },
            {
                name: "APP_VERSION",
                value: pulumi.output(args.image).apply((image) => image.split(":").at(-1) ?? image),
            },
        ];
        const migration = this.migrate(`${name}-migration`, args, env);
        const service = makeTier(
            name,
            args,
            {
                user: djangoUser,
                containerPort: 8000,
                servicePort: 8000,
                livenessPath: "/healthz",
                readinessPath: "/readyz",
                env: [...env, { name: "ACCESS_LOG", value: accessLogFile }],
                resources: djangoResources,
            },
            this,
            [migration],
        );
        this.serviceName = service.metadata.name;
        this.url = pulumi.interpolate`http://${this.serviceName}:8000`;
        this.registerOutputs({ url: this.url });
    }

    private migrate(name: string, { namespace, image }: BackendArgs, env: k8s.types.input.core.v1.EnvVar[]) {
        const labels = { "app.kubernetes.io/name": name };
        return new k8s.batch.v1.Job(
            name,
            {
                // One that failed is made again by the next `up`:
                // https://www.pulumi.com/registry/packages/kubernetes/#pulumicomreplaceunready
                metadata: { namespace, labels, annotations: { "pulumi.com/replaceUnready": "true" } },
                spec: {
                    // The command itself waits for the database; what fails then fails again.
                    backoffLimit: 0,
                    activeDeadlineSeconds: 300,
                    template: {
                        metadata: { labels },
                        spec: {
                            ...restrictedPod(djangoUser),
                            restartPolicy: "Never",
                            containers: [
                                {
                                    name: "migrate",
                                    image,
                                    command: ["python", "manage.py", "migrate_when_ready"],
                                    env: [...podIdentity, ...env],
                                    terminationMessagePolicy: "FallbackToLogsOnError",
                                    resources: djangoResources,
                                    securityContext: restrictedContainer,
                                    volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
                                },
                            ],
                            volumes: [{ name: "tmp", emptyDir: {} }],
                        },
                    },
                },
            },
            { parent: this },
        );
    }
}
