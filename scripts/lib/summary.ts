import { npmRun } from "../../lib/commandLines";
import type { OperationEnding, Outputs } from "./pulumi";

/** What to open and what to do next, after a successful `up`. */
export function summarize(outputs: Outputs, stack: string): string {
    const facts = [
        ["Cluster", outputs.clusterName],
        ["kube-proxy mode", outputs.kubeProxyMode],
        ["Address pool", outputs.addressPool],
        ["Web demo", outputs.webAddress],
        ["Ingress", outputs.ingressAddress],
    ].flatMap(([what, value]) => (value === undefined ? [] : [`  ${what?.padEnd(16)} ${value}`]));
    const urls = Object.entries(outputs.urls ?? {}).map(([tier, url]) => `  ${tier.padEnd(16)} ${url}`);
    return [
        "",
        `Stack ${stack} is up.`,
        ...facts,
        ...section(
            "Try:",
            (outputs.try ?? []).map((line) => `  ${line}`),
        ),
        ...section(`Open in a browser, once you have run what \`${npmRun(stack, "hosts")}\` prints:`, urls),
        ...section("Next:", [`  ${npmRun(stack, "kubectl", "get", "pods", "-A")}`, `  ${npmRun(stack, "down")}`]),
    ].join("\n");
}

function section(title: string, lines: string[]): string[] {
    return lines.length === 0 ? [] : ["", title, ...lines];
}

/** What the state is and how to go on, where `up` or `down` has not come to its end. */
export function tellHowToGoOn(
    { interrupted, unchanged }: Pick<OperationEnding, "interrupted" | "unchanged">,
    stack: string,
    command: "up" | "down",
): string {
    const half = command === "up" ? "what was made stays" : "what is not deleted yet stays";
    const state = unchanged ? "nothing was changed" : half;
    return interrupted
        ? `\nStopped before the end: ${state}.\nTo go on from here: ${npmRun(stack, command)}`
        : `\nFailed, for the reason above: ${state}.\nOnce the reason is mended, go on from here: ${npmRun(stack, command)}`;
}
