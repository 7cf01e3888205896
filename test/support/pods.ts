import type { Registered } from "./program";

/** A pod template, and the resource that makes pods by it. */
export interface PodTemplate {
    name: string;
    kind: string;
    labels: Record<string, string>;
    /** The pods' spec. */
    spec: any;
}

/** The pod templates of Deployments, StatefulSets and Jobs. */
export function podTemplates(resources: Registered[]): PodTemplate[] {
    return resources
        .filter(({ inputs }) => inputs.spec?.template?.spec?.containers)
        .map(({ name, inputs: { kind, spec } }) => ({
            name,
            kind,
            labels: spec.template.metadata.labels,
            spec: spec.template.spec,
        }));
}

/** The containers of a pod template, sidecars too. */
export function containersOf({ name, spec }: PodTemplate): { at: string; container: any }[] {
    return [...spec.containers, ...(spec.initContainers ?? [])].map((container) => ({
        at: `${name}/${container.name}`,
        container,
    }));
}

/** Whether a label selector selects pods of a template. */
export function selects(
    { matchLabels = {} }: { matchLabels?: Record<string, string> },
    { labels }: PodTemplate,
): boolean {
    return Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
}

/** Values of a container's environment variables by their names. */
export function environmentOf(container: any): Record<string, string | undefined> {
    return Object.fromEntries(container.env.map(({ name, value }: any) => [name, value]));
}
