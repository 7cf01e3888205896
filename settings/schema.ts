import { z } from "zod";
import { AddressRange } from "../lib/addressRange";
import { kubeProxyModes } from "../lib/kubeProxy";
import { charts, images } from "../lib/versions";
import { invalid, type Finding } from "./finding";
import { SettingsError } from "./settingsError";

/** How many addresses at the pool's start are reserved for the stack itself: first the web demo's, then the ingress's. */
export const reservedAddresses = 2;

/** Names of nodes are at most 63 characters, and kind appends `-control-plane`. */
const longestClusterName = 63 - "-control-plane".length;

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

/** Backups rely on how PostgreSQL 15 and later treat the schema `public`. */
const oldestPostgres = 15;

/** The major version in an image's tag; none where the tag has no version. */
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
                `has room for ${size}: it needs ${reservedAddresses} for the stack itself (web demo and ingress) and one of your own`,
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
                        // A tag that has no version is accepted.
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

/** The stack's settings, checked by themselves; README lists them all. Defaults that depend on the machine are absent. */
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
 * @param config the project's keys without their namespace, each a string as Pulumi hands them over.
 * @throws {SettingsError} that names each setting that is unknown or invalid, and a value that is valid.
 */
export function readSettings(config: Record<string, string>, stack: string): Settings {
    const given = Object.fromEntries(Object.entries(config).map(([key, text]) => [key, decode(key, text)]));
    const { cluster = {}, ...rest } = given;
    const withDefaults = {
        domain: `${slug(stack)}.local`,
        ...rest,
        cluster: isObject(cluster) ? { name: defaultClusterName(stack), ...cluster } : cluster,
    };
    const read = schema.safeParse(withDefaults);
    const findings = read.success
        ? findOverlaps(read.data)
        : read.error.issues.flatMap((issue) => toFindings(issue, withDefaults));
    if (!read.success || findings.length > 0) throw new SettingsError(findings, stack);
    return read.data;
}

/**
 * A setting's value from a text, as the setting's type reads it: the text `007` of a text setting stays text. A text that is
 * not of the type stays text as well, which {@link readSettings} refuses.
 *
 * @param path the setting's name, split at its dots.
 */
export function parseValue(path: string[], text: string): string | number | boolean {
    const type = innermost(schemaAt(path))?.def.type;
    if (type === "number" && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
    if (type === "boolean" && /^(true|false)$/.test(text)) return text === "true";
    return text;
}

/** Pulumi hands over objects and lists as JSON, and all else bare. */
function decode(key: string, text: string): unknown {
    if (!/^[[{]/.test(text)) return parseValue([key], text);
    try {
        return JSON.parse(text);
    } catch {
        return text;
    }
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toFindings(issue: z.core.$ZodIssue, given: unknown): Finding[] {
    const setting = issue.path.join(".");
    if (issue.code === "unrecognized_keys") {
        return issue.keys.map((key) =>
            invalid([...issue.path, key].join("."), `no such setting. ${listKeys(issue.path)}`),
        );
    }
    const params = "params" in issue ? (issue.params as { example?: string } | undefined) : undefined;
    if (params?.example !== undefined) return [invalid(setting, issue.message, params.example)];
    const value: unknown = issue.path.reduce<unknown>(
        (at, key) => (isObject(at) ? at[key as string] : undefined),
        given,
    );
    const reason = issue.message.replace(/^Invalid (input|option): /, "");
    const isGroup = issue.code === "invalid_type" && issue.expected === "object";
    const detail = `${JSON.stringify(value) ?? "nothing"} is invalid: ${reason}${isGroup ? `. ${listKeys(issue.path)}` : ""}`;
    return [invalid(setting, detail, examples[setting])];
}

/** Valid values of the settings whose type is a number, a boolean or one of a list. */
const examples: Record<string, string> = {
    "cluster.workers": "2",
    "cluster.kubeProxyMode": "iptables",
    "cluster.hostPorts.http": "8080",
    "cluster.hostPorts.https": "8443",
    httpsRedirect: "true",
    "backups.intervalMinutes": "60",
    "backups.kept": "24",
};

/** Names the settings of a group. */
function listKeys(group: PropertyKey[]): string {
    const keys = Object.keys(shape(schemaAt(group)) ?? {}).join(", ");
    return `${group.length === 0 ? "The settings" : `Those of ${group.join(".")}`} are: ${keys}`;
}

/** The schema of a setting or of a group of settings; none where there is no such setting. */
function schemaAt(path: PropertyKey[]): unknown {
    return path.reduce<unknown>((at, key) => shape(at)?.[key as string], schema);
}

/** The settings of a group, each with its schema. */
function shape(at: unknown): Record<string, unknown> | undefined {
    const inner = innermost(at);
    return inner instanceof z.ZodObject ? inner.shape : undefined;
}

/** The schema under the defaults and transforms that are around it. */
function innermost(at: unknown): z.ZodType | undefined {
    if (!(at instanceof z.ZodType)) return undefined;
    const { innerType, in: input } = at.def as { innerType?: unknown; in?: unknown };
    return innermost(innerType ?? input) ?? at;
}

/** Checks that the address ranges of one cluster don't overlap: an address would mean two things. */
function findOverlaps({ addressPool, cluster }: Settings): Finding[] {
    const ranges = [
        { setting: "cluster.serviceSubnet", text: cluster.serviceSubnet, example: "10.96.0.0/16" },
        { setting: "cluster.podSubnet", text: cluster.podSubnet, example: "192.168.0.0/16" },
        { setting: "addressPool", text: addressPool, example: "172.18.255.200-172.18.255.219" },
    ].flatMap(({ text, ...rest }) => (text === undefined ? [] : [{ ...rest, text, range: AddressRange.parse(text) }]));
    return ranges.flatMap(({ setting, text, range, example }, index) =>
        ranges
            .slice(0, index)
            .filter((earlier) => range.overlaps(earlier.range))
            .map((earlier) => invalid(setting, `${text} overlaps ${earlier.setting} (${earlier.text})`, example)),
    );
}
