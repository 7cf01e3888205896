import * as pulumi from "@pulumi/pulumi";

/** The project's own keys of the stack's configuration, without their namespace, as Pulumi hands them to the program. */
export function projectConfig(): Record<string, string> {
    const namespace = `${pulumi.getProject()}:`;
    return Object.fromEntries(
        Object.entries(pulumi.runtime.allConfig())
            .filter(([key]) => key.startsWith(namespace))
            .map(([key, value]) => [key.slice(namespace.length), value]),
    );
}
