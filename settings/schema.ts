import { z } from "zod";
import { AddressRange, defaultPool, firstFree, smallestPool } from "../lib/addressRange";
import { kubeProxyModes } from "../lib/kubeProxy";
import { charts, images } from "../lib/versions";
import { isLoopback } from "../lib/web";
import { npmRun } from "../lib/commandLines";
import { invalid, type Finding } from "./finding";
import { freeSubnet } from "./freeSubnet";
import { SettingsError } from "./settingsError";

/** How many addresses at the pool's start are reserved for the stack itself: first the web demo's, then the ingress's. */
export const reservedAddresses = smallestPool - 1;

/** Names of nodes are at most 63 characters, and kind appends `-control-plane`. */
const longestClusterName = 63 - "-control-plane".length;

/** A text that a check refuses by an error. Its message goes on after the text. */
const text = (check: (text: string) => void, example: string | ((text: string) => string)) =>
    z.string().superRefine((given, context) => {
        try {
            check(given);
        } catch (error) {
            context.addIssue({
                code: "custom",
                message: `${JSON.stringify(withoutLogin(given))} ${(error as Error).message}`,
                params: { example: typeof example === "string" ? example : example(given) },
            });
        }
    });

/** A text without the login that a URL in it may have. It need not be a valid URL. */
function withoutLogin(given: string): string {
    return given.replace(/^([a-z]+:\/\/)?.*@/i, "$1***@");
}

/**
 * @param check refuses a URL by an error.
 * @param schemes which it may have.
 */
const url = (
    example: string | ((text: string) => string),
    check: (url: URL) => void = () => undefined,
    schemes = ["http", "https"],
) =>
    text((given) => {
        const [, scheme = ""] = /^([a-z]+):\/\/[^/\s]+/.exec(given) ?? [];
        if (!schemes.includes(scheme) || !URL.canParse(given)) {
            throw new Error(`is not an ${schemes.slice(0, -1).join(", ")} or ${schemes.at(-1)} URL`);
        }
        check(new URL(given));
    }, example).transform(withoutSlash);

const withoutSlash = (given: string) => given.replace(/\/+$/, "");

/** Docker's default bridge has this address, by which containers reach the machine unless Docker's settings say otherwise. */
const bridge = "172.17.0.1";

/**
 * The same URL as containers would have to write it, without a login.
 *
 * @param fallback for what is not a URL.
 */
const fromContainers = (fallback: string) => (given: string) => {
    if (!/^https?:/.test(given) || !URL.canParse(given)) return fallback;
    const changed = Object.assign(new URL(given), { username: "", password: "" });
    if (isOwnHost(changed.hostname)) changed.hostname = bridge;
    return withoutSlash(changed.href);
};

/** Whether a host name means the machine, or the container, that uses it. */
function isOwnHost(host: string): boolean {
    const name = host.replace(/^\[|\]$/g, "").replace(/\.$/, "");
    return (
        isLoopback(name) || name.endsWith(".localhost") || /^(0\.0\.0\.0|::|::ffff:(7f[0-9a-f]{2}:.*|0:0))$/.test(name)
    );
}

/** @throws {Error} where the host is the one that asks. */
function refuseOwnHost({ hostname }: URL, who: string): void {
    if (isOwnHost(hostname)) throw new Error(`leads to ${hostname}, which is ${who} and not this machine`);
}

const mirror = url(fromContainers(`http://${bridge}:5000`), (given) => {
    if (given.username !== "" || given.password !== "") {
        throw new Error("has a login, which containerd does not send to a mirror: only one without a login works");
    }
    refuseOwnHost(given, "for a node the node itself");
});

const pipIndex = url(fromContainers("https://pypi.org/simple"), (given) =>
    refuseOwnHost(given, "in the image build the build's own container"),
);

/** Blocks that a cluster can't use: "this network", loopback, link-local, multicast and reserved. */
const unusable = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"].map((block) =>
    AddressRange.parse(block),
);

/** @param largest and `smallest` are the prefix lengths that Kubernetes accepts. */
const subnet = (example: string, largest: number, smallest: number) =>
    text((given) => {
        if (!given.includes("/")) throw new Error("is not a subnet in CIDR notation");
        const prefix = Number(given.split("/")[1]);
        const range = AddressRange.parse(given);
        if (prefix > smallest) throw new Error(`is too small: a /${smallest} or larger is needed`);
        if (prefix < largest) throw new Error(`is too large: Kubernetes takes a /${largest} or smaller`);
        const reserved = unusable.find((block) => block.overlaps(range));
        if (reserved) throw new Error(`overlaps ${reserved.toString()}, which no pod or Service can have`);
    }, example);

const matching = (expression: RegExp, longest: number, what: string, example: string) =>
    z.string().refine((text) => text.length <= longest && expression.test(text), {
        error: ({ input }) => `${JSON.stringify(input)} is not ${what}`,
        params: { example },
    });

const port = z.int().min(1).max(65535);

const anyImage = matching(
    /^[a-z0-9][a-z0-9._:/-]*?(:[\w][\w.-]*)?(@sha256:[0-9a-f]{64})?$/,
    300,
    "an image reference",
    "docker.io/library/nginx:1.30",
);

/** An image that nodes pull. Docker itself pulls the others. */
const image = (example: string) =>
    anyImage.refine((given) => !isOwnHost(/^([^/:]+)(:\d+)?\//.exec(given)?.[1] ?? ""), {
        error: ({ input }) =>
            `${JSON.stringify(input)} is in a registry of localhost, which is for a node the node itself and not this machine`,
        params: { example },
    });

/** Backups rely on how PostgreSQL 15 and later treat the schema `public`. */
const oldestPostgres = 15;

/** The major version in an image's tag; none where the tag has no version. */
function majorOf(reference: string): number | undefined {
    const [, major] = /:(\d+)[^/]*$/.exec(reference.split("@", 1)[0] ?? "") ?? [];
    return major === undefined ? undefined : Number(major);
}

const chart = (name: keyof typeof charts) =>
    z
        .strictObject({
            repository: url(charts[name].repository, undefined, ["http", "https", "oci"]),
            version: z.string().min(1),
        })
        .partial()
        .prefault({})
        .transform((given) => ({ ...charts[name], ...given }));

const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
const longestLabel = 63;
/** `web.` comes before it, and the whole is at most 253 characters: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const longestDomain = 253 - "web.".length;

/** @throws {Error} where an Ingress can't have it as its host, or DNS as a name. */
function checkDomain(domain: string): void {
    if (/^\d+(\.\d+){3}$/.test(domain)) throw new Error("is an IP address, and an Ingress needs a name");
    if (!new RegExp(`^${label}(\\.${label})+$`).test(domain)) {
        throw new Error("is not a domain name in lower case with at least one dot");
    }
    const labels = domain.split(".");
    const longest = Math.max(...labels.map(({ length }) => length));
    if (longest > longestLabel) {
        throw new Error(`has ${longest} characters between two dots: DNS allows ${longestLabel}`);
    }
    if (domain.length > longestDomain) {
        throw new Error(
            `has ${domain.length} characters: ${longestDomain} are possible, so that there can be web.<domain>`,
        );
    }
    if (/^\d+$/.test(labels.at(-1) ?? "")) {
        throw new Error("ends with a number, so that browsers take it for an IP address");
    }
}

const schema = z.strictObject({
    addressPool: text((given) => {
        const { size } = AddressRange.parse(given);
        if (size < smallestPool) {
            throw new Error(
                `has room for ${size}: it needs ${reservedAddresses} for the stack itself (web demo and ingress) and one of your own`,
            );
        }
    }, "172.18.255.200-172.18.255.219").optional(),
    domain: text(checkDomain, "dev.local"),
    httpsRedirect: z.boolean().optional(),
    cluster: z.strictObject({
        name: matching(
            /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
            longestClusterName,
            `a cluster name: lower-case letters, digits and "-", at most ${longestClusterName} of them`,
            "lb-dev",
        ),
        workers: z.int().min(1).max(9).default(2),
        podSubnet: subnet("192.168.0.0/16", 8, 23).default("192.168.0.0/16"),
        serviceSubnet: subnet("10.96.0.0/16", 12, 24).default("10.96.0.0/16"),
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
            registryMirror: mirror.optional(),
            pipIndex: pipIndex.optional(),
            caCertificates: z.string().min(1).optional(),
            charts: z
                .strictObject({
                    calico: chart("calico"),
                    metallb: chart("metallb"),
                    ingressNginx: chart("ingressNginx"),
                })
                .prefault({}),
            images: z
                .strictObject({
                    node: anyImage.default(images.node),
                    nginx: image(images.nginx).default(images.nginx),
                    postgres: image(images.postgres)
                        // A tag that has no version is accepted.
                        .refine((text) => (majorOf(text) ?? oldestPostgres) >= oldestPostgres, {
                            error: ({ input }) => `${JSON.stringify(input)} is older than ${oldestPostgres}`,
                            params: { example: images.postgres },
                        })
                        .default(images.postgres),
                    python: anyImage.default(images.python),
                    busybox: image(images.busybox).default(images.busybox),
                })
                .prefault({}),
        })
        .prefault({}),
});

/** The stack's settings, checked by themselves; docs/settings.md lists them all. Defaults that depend on the machine are absent. */
export type Settings = z.output<typeof schema>;

/** The name of a stack's cluster where the setting `cluster.name` is absent: `lb-<stack>`. */
export function defaultClusterName(stack: string): string {
    return `lb-${slug(stack, longestClusterName - "lb-".length)}`;
}

/**
 * A stack's name as a label of DNS. It may hold characters that names in Kubernetes and DNS may not, and nothing else: then it is
 * `lab`.
 */
function slug(stack: string, longest: number): string {
    const name = stack
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-+/, "");
    return name.slice(0, longest).replace(/-+$/, "") || "lab";
}

/** Another name for a cluster, for one that is taken. */
export function nextClusterName(name: string, taken: string[] = []): string {
    for (let number = 2; ; number++) {
        const ending = `-${number}`;
        const next = `${name.slice(0, longestClusterName - ending.length).replace(/-+$/, "")}${ending}`;
        if (!taken.includes(next)) return next;
    }
}

/** The names of the settings and groups on the first level. */
export const settingNames: string[] = Object.keys(schema.shape);

/** What the commands need of the group `cluster`, with its defaults, even where other settings are invalid. */
export function readCluster(
    config: Record<string, string>,
    stack: string,
): Pick<Settings["cluster"], "name" | "podSubnet"> {
    const { name, podSubnet } = readSettings({}, stack).cluster;
    const given = config.cluster === undefined ? undefined : decode("cluster", config.cluster);
    const texts = isObject(given) ? Object.entries(given).filter(([, value]) => typeof value === "string") : [];
    return { name, podSubnet, ...(Object.fromEntries(texts) as object) };
}

/**
 * Reads the settings of a stack.
 *
 * @param config the project's keys without their namespace, each a string as Pulumi hands them over.
 * @throws {SettingsError} that names each setting that is unknown or invalid, and a value that is valid.
 */
export function readSettings(config: Record<string, string>, stack: string): Settings {
    const isFlat = (key: string) => key.includes(".");
    const flat = Object.entries(config).filter(([key]) => isFlat(key));
    const given = Object.fromEntries(
        Object.entries(config)
            .filter(([key]) => !isFlat(key))
            .map(([key, value]) => [key, decode(key, value)]),
    );
    const { cluster = {}, ...rest } = given;
    const withDefaults = {
        domain: `${slug(stack, longestLabel)}.local`,
        ...rest,
        cluster: isObject(cluster) ? { name: defaultClusterName(stack), ...cluster } : cluster,
    };
    const read = schema.safeParse(withDefaults);
    const findings = [
        ...flat.map(([key, value]) => refuseFlat(key, value)),
        ...(read.success
            ? findOverlaps(read.data)
            : read.error.issues.flatMap((issue) => toFindings(issue, withDefaults, stack))),
    ];
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

/** A key with a dot is not a setting in a group. `pulumi config set` without --path writes such a key. */
function refuseFlat(key: string, value: string): Finding {
    const path = key.split(".");
    const known = path.findIndex((_, index) => schemaAt(path.slice(0, index + 1)) === undefined);
    if (known >= 0) return invalid(key, `no such setting. ${listKeys(path.slice(0, known))}`);
    const [last = ""] = path.slice(-1);
    const group = path.slice(0, -1).join(".");
    const detail = `is one key with a dot in it, which has no effect. ${last} is a setting below ${group}`;
    return {
        ...invalid(key, detail, exampleOf(key, value)),
        ...(isGroup(path) && { remedy: `Write ${last} below ${group}.` }),
    };
}

/**
 * A valid value of a setting: the given one if it is valid, otherwise one that is known to be.
 *
 * @returns none of a group, or where none is known.
 */
export function exampleOf(key: string, given: string): string | undefined {
    const path = key.split(".");
    const setting = schemaAt(path);
    if (!(setting instanceof z.ZodType) || isGroup(path)) return undefined;
    const read = setting.safeParse(parseValue(path, given));
    if (read.success) return given;
    const [issue] = read.error.issues;
    return issue === undefined ? undefined : exampleIn(issue, key);
}

function isGroup(path: string[]): boolean {
    return shape(schemaAt(path)) !== undefined;
}

export function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toFindings(issue: z.core.$ZodIssue, given: unknown, stack: string): Finding[] {
    const setting = issue.path.join(".");
    if (issue.code === "unrecognized_keys") {
        return issue.keys.map((key) =>
            invalid([...issue.path, key].join("."), `no such setting. ${listKeys(issue.path)}`),
        );
    }
    const example = exampleIn(issue, setting);
    if ("params" in issue) return [invalid(setting, issue.message, example)];
    const value: unknown = issue.path.reduce<unknown>(
        (at, key) => (isObject(at) ? at[key as string] : undefined),
        given,
    );
    const reason = issue.message.replace(/^Invalid (input|option): /, "");
    const detail = `${JSON.stringify(value) ?? "nothing"} is invalid: ${reason}`;
    if (issue.code !== "invalid_type" || issue.expected !== "object") return [invalid(setting, detail, example)];
    const remedy = `For example: ${npmRun(stack, "set", ...settingIn(setting, value))}`;
    return [{ ...invalid(setting, `${detail}. ${listKeys(issue.path)}`), remedy }];
}

/** The valid value that comes with a check, or that is known of a setting. */
function exampleIn(issue: z.core.$ZodIssue, setting: string): string | undefined {
    return "params" in issue ? (issue.params as { example?: string }).example : examples[setting];
}

/** A setting of a group with a valid value: one that the text seems to mean, such as `{workers: 3}`, otherwise any. */
function settingIn(group: string, given: unknown): [string, string] {
    const pairs = typeof given === "string" ? given.matchAll(/([A-Za-z]+)["']?\s*[:=]\s*["']?([^\s,"'{}]+)/g) : [];
    for (const [, name = "", value = ""] of pairs) {
        const setting = `${group}.${name}`;
        if (exampleOf(setting, value) === value) return [setting, value];
    }
    return Object.entries(examples).find(([setting]) => setting.startsWith(`${group}.`)) ?? ["domain", "dev.local"];
}

/** A valid value of each setting. */
const examples: Record<string, string> = {
    addressPool: "172.18.255.200-172.18.255.219",
    domain: "dev.local",
    httpsRedirect: "true",
    "cluster.workers": "2",
    "cluster.name": "lb-dev",
    "cluster.podSubnet": "192.168.0.0/16",
    "cluster.serviceSubnet": "10.96.0.0/16",
    "cluster.kubeProxyMode": "iptables",
    "cluster.hostPorts.http": "8080",
    "cluster.hostPorts.https": "8443",
    "backups.intervalMinutes": "60",
    "backups.kept": "24",
    "sources.registryMirror": `http://${bridge}:5000`,
    "sources.pipIndex": "https://pypi.org/simple",
    "sources.caCertificates": "company-ca.pem",
    ...Object.fromEntries(
        Object.entries(charts).flatMap(([name, chart]) =>
            Object.entries(chart).map(([part, value]) => [`sources.charts.${name}.${part}`, value]),
        ),
    ),
    ...Object.fromEntries(Object.entries(images).map(([name, reference]) => [`sources.images.${name}`, reference])),
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
        { setting: "cluster.serviceSubnet", given: cluster.serviceSubnet },
        { setting: "cluster.podSubnet", given: cluster.podSubnet },
        { setting: "addressPool", given: addressPool },
    ].flatMap(({ setting, given }) =>
        given === undefined ? [] : [{ setting, given, range: AddressRange.parse(given) }],
    );
    return ranges.flatMap(({ setting, given, range }, index) => {
        const others = ranges.filter((other) => other.setting !== setting).map((other) => other.range);
        return ranges
            .slice(0, index)
            .filter((earlier) => range.overlaps(earlier.range))
            .map((earlier) =>
                invalid(setting, `${given} overlaps ${earlier.setting} (${earlier.given})`, apartFrom(setting, others)),
            );
    });
}

/** A value of a range's setting that overlaps none of the others. */
function apartFrom(setting: string, others: AddressRange[]): string | undefined {
    if (setting === "cluster.podSubnet") return freeSubnet("podSubnet", others);
    const block = firstFree(["172.18.0.0/16", "10.200.0.0/16", "192.168.0.0/16"], others);
    return block === undefined ? undefined : defaultPool(AddressRange.parse(block)).toString();
}
