import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { accessLogFile } from "./accessLog";
import { resources } from "./restricted";
import { makeTier, type TierArgs } from "./tier";

/** What a {@link Backend} is made of. */
export interface BackendArgs extends TierArgs {
    /** Where its database is, with the password in it. */
    databaseUrl: pulumi.Input<string>;
    /** The domain under which it is reached. */
    domain: string;
    /** Path under which the ingress offers it, and which the ingress takes off. */
    urlPrefix: string;
    /** Whether it is reached by https alone: cookies then travel by https alone. */
    httpsOnly: boolean;
}

/** The user of app-django's image. */
const djangoUser = 10001;

/** The backend tier: Django under gunicorn, with the database behind it. */
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
                stringData: { DATABASE_URL: args.databaseUrl, DJANGO_SECRET_KEY: secretKey.result },
            },
            { parent: this },
        );
        const fromSecret = (key: string) => ({
            name: key,
            valueFrom: { secretKeyRef: { name: secret.metadata.name, key } },
        });
        const service = makeTier(
            name,
            args,
            {
                user: djangoUser,
                containerPort: 8000,
                servicePort: 8000,
                livenessPath: "/healthz",
                readinessPath: "/readyz",
                env: [
                    fromSecret("DATABASE_URL"),
                    fromSecret("DJANGO_SECRET_KEY"),
                    // localhost is how a port-forward is addressed, the tier's own name how the frontend may.
                    { name: "ALLOWED_HOSTS", value: [args.domain, "localhost", "127.0.0.1", name].join(",") },
                    { name: "URL_PREFIX", value: args.urlPrefix },
                    { name: "HTTPS_ONLY", value: String(args.httpsOnly) },
                    {
                        name: "APP_VERSION",
                        value: pulumi.output(args.image).apply((image) => image.split(":").at(-1) ?? image),
                    },
                    { name: "ACCESS_LOG", value: accessLogFile },
                ],
                initCommands: [{ name: "migrate", command: ["python", "manage.py", "migrate_when_ready"] }],
                resources: resources("50m", "128Mi", "384Mi"),
            },
            this,
        );
        this.serviceName = service.metadata.name;
        this.url = pulumi.interpolate`http://${this.serviceName}:8000`;
        this.registerOutputs({ url: this.url });
    }
}
