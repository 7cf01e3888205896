import { parse } from "yaml";
import { readSettings, type Settings } from "../../settings/schema";
import { readStackFile } from "./stackFile";
import type { Workspace } from "./workspace";

/** The setting `cluster` as far as the commands need it, defaults filled in, whatever else is right or wrong. */
export function clusterSettings({ stack, stackFile }: Workspace): Pick<Settings["cluster"], "name" | "podSubnet"> {
    const file = parse(readStackFile(stackFile)) as { config?: Record<string, unknown> } | null;
    const given = file?.config?.["load-balancing-lab:cluster"] as object | undefined;
    return { ...readSettings({}, stack).cluster, ...given };
}
