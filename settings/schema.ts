// Not the whole SDK, so that the commands beside `pulumi up` start at once.
import { RunError } from "@pulumi/pulumi/errors";
import { z } from "zod";
import { AddressRange } from "../lib/addressRange";
import { charts, images } from "../lib/versions";

/** The ways in which kube-proxy can carry out Services: https://kubernetes.io/docs/reference/networking/virtual-ips/ */
export const kubeProxyModes = ["iptables", "nftables", "ipvs"] as const;
export type KubeProxyMode = (typeof kubeProxyModes)[number];

/**
 * How many addresses of the pool the stack itself uses: the web demo's and the ingress's, reserved in that order at the
 * pool's start.
 */
export const reservedAddresses = 2;

/** Names of nodes are at most 63 characters, and kind appends `-control-plane`. */
const longestClusterName = 63 - "-control-plane".length;

/** One thing that is wrong with one setting. */
export interface Problem {
    /** Dotted name, as `pulumi config set --path` takes it, or what else is in the way. */
    setting: string;
    message: string;
    /** A value that would do. */
    example?: string;
}

/** Settings that can't work. The message lists every problem; Pulumi shows it without a stack trace. */
export class SettingsError extends RunError {
    constructor(readonly problems: Problem[]) {
        super(["This stack can't be brought up as it is set:", ...problems.map(describe)].join("\n  • "));
    }
}

function describe({ setting, message, example }: Problem): string {
    const path = setting.includes(".") ? "--path " : "";
    const remedy = example === undefined ? "" : `\n      For example: pulumi config set ${path}${setting} ${example}`;
    return `${setting}: ${message}${remedy}`;
}

const url = z
    .string()
    .refine((text) => /^https?:\/\/[^/\s]+/.test(text) && URL.canParse(text), {
        error: ({ input }) => `${JSON.stringify(input)} is not an http or https URL`,
        params: { example: "http://registry.example:5000" },
    })
    .transform((text) => text.replace(/\/+$/, ""));

const range = (check: (text: string) => void, example: string) =>
    z.string().superRefine((text, context) => {
        try {
            check(text);
        } catch (error) {
            context.addIssue({
                code: "custom",
                message: `${JSON.stringify(text)} ${(error as Error).message}`,
                params: { example },
            });
        }
    });

const subnet = (example: string, widest: number) =>
    range((text) => {
        const prefix = text.includes("/") ? Number(text.split("/")[1]) : undefined;
        if (prefix === undefined) throw new Error("is not a subnet in CIDR notation");
        AddressRange.parse(text);
        if (prefix > widest) throw new Error(`is too small: a /${widest} or larger is needed`);
    }, example);

const matching = (expression: RegExp, longest: number, what: string, example: string) =>
    z.string().refine((text) => text.length <= longest && expression.test(text), {
        error: ({ input }) => `${JSON.stringify(input)} is not ${what}`,
        params: { example },
    });

const port = z.int().min(1).max(65535);

const image = matching(
    /^[a-z0-9][a-z0-9._:/-]*?(:[\w][\w.-]*)?(@sha256:[0-9a-f]{64})?$/,
    300,
    "an image reference",
    "docker.io/library/nginx:1.28",
);

const oldestPostgres = 15;

/** The major version in an image's tag, where one is there. */
function majorOf(reference: string): number | undefined {
    const [, major] = /:(\d+)[^/]*$/.exec(reference.split("@", 1)[0] ?? "") ?? [];
    return major === undefined ? undefined : Number(major);
}

const chart = (name: keyof typeof charts) =>
    z
        .strictObject({ repository: url, version: z.string().min(1) })
        .partial()
        .prefault({})
        .transform((given) => ({ ...charts[name], ...given }));

const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";

const schema = z.strictObject({
    addressPool: range((text) => {
        const { size } = AddressRange.parse(text);
        if (size <= reservedAddresses) {
            throw new Error(
                `has room for ${size}: ${reservedAddresses} for the stack itself (web demo and ingress) and one of your own are the least`,
            );
        }
    }, "172.18.255.200-172.18.255.219").optional(),
    domain: matching(
        new RegExp(`^${label}(\\.${label})+$`),
        253,
        "a domain name in lower case with at least one dot",
        "dev.local",
    ),
    httpsRedirect: z.boolean().optional(),
    cluster: z.strictObject({
        name: matching(
            /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
            longestClusterName,
            `a cluster name: lower-case letters, digits and "-", at most ${longestClusterName} of them`,
            "lb-dev",
        ),
        workers: z.int().min(1).max(9).default(2),
        podSubnet: subnet("192.168.0.0/16", 23).default("192.168.0.0/16"),
        serviceSubnet: subnet("10.96.0.0/16", 24).default("10.96.0.0/16"),
        kubeProxyMode: z.enum(kubeProxyModes).default("iptables"),
        hostPorts: z.strictObject({ http: port.default(8080), https: port.default(8443) }).optional(),
    }),
    backups: z
        .strictObject({
            intervalMinutes: z.int().min(1).max(10080).default(60),
            kept: z.int().min(1).max(1000).default(24),
        })
        .prefault({}),
    sources: z
        .strictObject({
            registryMirror: url.optional(),
            pipIndex: url.optional(),
            charts: z
                .strictObject({
                    calico: chart("calico"),
                    metallb: chart("metallb"),
                    ingressNginx: chart("ingressNginx"),
                })
                .prefault({}),
            images: z
                .strictObject({
                    node: image.default(images.node),
                    nginx: image.default(images.nginx),
                    postgres: image
                        // Backups rely on its way with the schema "public". A tag that is no version is taken as it is.
                        .refine((text) => (majorOf(text) ?? oldestPostgres) >= oldestPostgres, {
                            error: ({ input }) => `${JSON.stringify(input)} is older than ${oldestPostgres}`,
                            params: { example: images.postgres },
                        })
                        .default(images.postgres),
                    python: image.default(images.python),
                    busybox: image.default(images.busybox),
                })
                .prefault({}),
        })
        .prefault({}),
});

/** The stack's settings, checked by themselves; README lists them all. What depends on the machine may still be open. */
export type Settings = z.output<typeof schema>;

/** The name of a stack's cluster where the setting `cluster.name` is absent: `lb-<stack>`. */
export function defaultClusterName(stack: string): string {
    return `lb-${slug(stack)}`.slice(0, longestClusterName).replace(/-+$/, "");
}

/** A stack's name may hold characters that names in Kubernetes and DNS may not. */
function slug(stack: string): string {
    return stack
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-+|-+$/g, "");
}

/**
 * Reads the settings of a stack.
 *
 * @param config the project's keys without their namespace, each a string as Pulumi hands them over
 * @throws {SettingsError} that names each setting that is unknown or can't work, its value, and one that would do.
 */
export function readSettings(config: Record<string, string>, stack: string): Settings {
    const given = Object.fromEntries(Object.entries(config).map(([key, text]) => [key, decode(text)]));
    const { cluster = {}, ...rest } = given;
    const withDefaults = {
        domain: `${slug(stack)}.local`,
        ...rest,
        cluster: isObject(cluster) ? { name: defaultClusterName(stack), ...cluster } : cluster,
    };
    const read = schema.safeParse(withDefaults);
    if (!read.success) throw new SettingsError(read.error.issues.flatMap((issue) => toProblems(issue, withDefaults)));

    const problems = overlaps(read.data);
    if (problems.length > 0) throw new SettingsError(problems);
    return read.data;
}

/** Pulumi hands over objects, numbers and booleans as JSON and strings bare. */
function decode(text: string): unknown {
    return /^[[{]|^(true|false|null|-?\d+)$/.test(text) ? JSON.parse(text) : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toProblems(issue: z.core.$ZodIssue, given: unknown): Problem[] {
    const setting = issue.path.join(".");
    if (issue.code === "unrecognized_keys") {
        const known = Object.keys(keysAt(issue.path));
        return issue.keys.map((key) => ({
            setting: [...issue.path, key].join("."),
            message: `no such setting. ${setting === "" ? "The settings" : `Those of ${setting}`} are: ${known.join(", ")}`,
        }));
    }
    const params = "params" in issue ? (issue.params as { example?: string } | undefined) : undefined;
    if (params?.example !== undefined) return [{ setting, message: issue.message, example: params.example }];
    const value: unknown = issue.path.reduce<unknown>(
        (at, key) => (isObject(at) ? at[key as string] : undefined),
        given,
    );
    const message = `${JSON.stringify(value) ?? "nothing"} won't do: ${issue.message.replace(/^Invalid input: /, "")}`;
    const example = examples[setting];
    return [example === undefined ? { setting, message } : { setting, message, example }];
}

/** Values for the settings whose type says no more than number, truth value or one of a list. */
const examples: Record<string, string> = {
    "cluster.workers": "2",
    "cluster.kubeProxyMode": "iptables",
    "cluster.hostPorts.http": "8080",
    "cluster.hostPorts.https": "8443",
    httpsRedirect: "true",
    "backups.intervalMinutes": "60",
    "backups.kept": "24",
};

/** The settings that exist at a place, by the schema. */
function keysAt(path: PropertyKey[]): Record<string, unknown> {
    let at: unknown = schema;
    for (const key of path) at = (shape(at) ?? {})[key as string];
    return shape(at) ?? {};
}

/** The shape of an object's schema, under whatever default or transform is around it. */
function shape(at: unknown): Record<string, unknown> | undefined {
    for (let inner = at; inner instanceof z.ZodType;) {
        if (inner instanceof z.ZodObject) return inner.shape;
        const def = inner.def as { innerType?: unknown; in?: unknown };
        inner = def.innerType ?? def.in;
    }
    return undefined;
}

/** Address ranges of one cluster must not meet: the same address would mean two things. */
function overlaps({ addressPool, cluster }: Settings): Problem[] {
    const ranges = [
        { setting: "cluster.serviceSubnet", text: cluster.serviceSubnet, example: "10.96.0.0/16" },
        { setting: "cluster.podSubnet", text: cluster.podSubnet, example: "192.168.0.0/16" },
        { setting: "addressPool", text: addressPool, example: "172.18.255.200-172.18.255.219" },
    ].flatMap(({ text, ...rest }) => (text === undefined ? [] : [{ ...rest, text, range: AddressRange.parse(text) }]));
    return ranges.flatMap((later, index) =>
        ranges.slice(0, index).flatMap((earlier) =>
            later.range.overlaps(earlier.range)
                ? [
                      {
                          setting: later.setting,
                          message: `${later.text} overlaps ${earlier.setting} (${earlier.text})`,
                          example: later.example,
                      },
                  ]
                : [],
        ),
    );
}
