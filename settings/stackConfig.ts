import { getProject } from "@pulumi/pulumi/metadata";
import { allConfig } from "@pulumi/pulumi/runtime/config";

/** The project's own keys of the stack's configuration, without their namespace, as Pulumi hands them to the program. */
export function projectConfig(): Record<string, string> {
    const namespace = `${getProject()}:`;
    return Object.fromEntries(
        Object.entries(allConfig())
            .filter(([key]) => key.startsWith(namespace))
            .map(([key, value]) => [key.slice(namespace.length), value]),
    );
}
