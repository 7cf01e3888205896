import { fail, pass, type Finding } from "./finding";
import type { Settings } from "./schema";

/** Asks the registry mirror and the chart repositories whether they answer. Each has 10 s for it. */
export async function checkSources({ sources }: Settings): Promise<Finding[]> {
    const { registryMirror, charts } = sources;
    const asked = [
        ...(registryMirror === undefined
            ? []
            : [{ setting: "sources.registryMirror", address: registryMirror, url: `${registryMirror}/v2/` }]),
        ...Object.entries(charts).map(([name, { repository }]) => ({
            setting: `sources.charts.${name}.repository`,
            address: repository,
            url: `${repository}/index.yaml`,
        })),
    ];
    const answers = asked.map(async ({ setting, address, url }): Promise<Finding[]> => {
        const error = await request(url);
        const detail = `${address} does not serve what it should: GET ${url}: ${error}`;
        const remedy = "Check that its server runs and that this machine is online.";
        return error === undefined ? [] : [fail(setting, detail, remedy)];
    });
    const failures = (await Promise.all(answers)).flat();
    if (failures.length > 0) return failures;
    const addresses = new Set(asked.map(({ address }) => address));
    return [pass("sources", `there are answers from ${[...addresses].join(", ")}`)];
}

/** @returns what is wrong with the answer; nothing where it is good. A registry that asks for a login answers too. */
async function request(url: string): Promise<string | undefined> {
    try {
        const response = await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(10_000) });
        return response.ok || response.status === 401 ? undefined : `HTTP ${response.status}`;
    } catch (error) {
        const { name, message, cause } = error as Error;
        if (name === "TimeoutError") return "no answer within 10 s";
        return cause instanceof Error ? cause.message : message;
    }
}
