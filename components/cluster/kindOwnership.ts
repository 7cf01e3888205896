import { randomUUID } from "node:crypto";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Refusal } from "../../lib/refusal";

/*
 * Each node carries a mark, an empty mount below `marks`: "<owner>.<cluster>". The owner is an id from the stack's state, the
 * cluster an id that every new cluster gets. So the nodes themselves tell whose they are, and which cluster they belong to.
 */

/** The folder of a node that holds its mark. */
export const marks = "/etc/load-balancing-lab/";

/** Whose cluster of a name is looked for. */
export interface OwnershipArgs {
    clusterName: string;
    /** How many nodes a whole cluster has. */
    nodes: number;
    /** The stack's id. */
    owner: pulumi.Output<string>;
    /** Shell program and environment whose output is the mounts of each node, a line of JSON for each. */
    inspect: { command: string; interpreter: string[]; environment: Record<string, string> };
    /** How the user gives the cluster another name, for the message that refuses this one. */
    ifNameIsTaken: string;
}

/**
 * The mark of the cluster that exists, if it is this stack's and has all its nodes; otherwise a new mark.
 *
 * The program fails, in a preview too, if nodes of that name carry another stack's mark or none. Then no mark comes.
 */
export function currentMark(args: OwnershipArgs, parent: pulumi.Resource): pulumi.Output<string> {
    const { stdout } = command.local.runOutput({ ...args.inspect, logging: command.local.Logging.None }, { parent });
    const found = stdout.apply((text) => text.split("\n").filter(Boolean).map(markOf));
    refuseForeign(args, found);
    return pulumi.all([found, args.owner]).apply(([all, owner]) => {
        // Nothing that waits for the mark is registered then: it might replace, and so delete, this stack's own cluster.
        if (isForeign(all, owner)) return never;
        const [first] = all;
        const isWhole = all.length === args.nodes && all.every((mark) => mark === first);
        return Promise.resolve(first !== undefined && isWhole ? first : `${owner}.${randomUUID()}`);
    });
}

function markOf(mounts: string): string | undefined {
    const paths = (JSON.parse(mounts) as { Destination: string }[]).map(({ Destination }) => Destination);
    return paths.find((path) => path.startsWith(marks))?.slice(marks.length);
}

/**
 * What never comes. An error in the mark itself would reach the user as one of each resource that waits for it, about a property that
 * can't be serialized.
 */
const never = new Promise<string>(() => undefined);

/** Whether a node is not the stack's whose id this is. */
function isForeign(found: (string | undefined)[], owner: string): boolean {
    return !found.every((mark) => mark?.startsWith(`${owner}.`));
}

function refuseForeign(
    { clusterName, owner, ifNameIsTaken }: OwnershipArgs,
    found: pulumi.Output<(string | undefined)[]>,
) {
    const refuse = (all: (string | undefined)[], id: string) => {
        if (!isForeign(all, id)) return;
        throw new Refusal(
            `A kind cluster named "${clusterName}" exists, and this stack did not make it. It is left alone. ${ifNameIsTaken}`,
        );
    };
    // Before the stack's first update the owner's id is unknown, and so every cluster is somebody else's.
    const known = (owner as unknown as { isKnown: Promise<boolean> }).isKnown;
    found.apply(async (all) => ((await known) ? undefined : refuse(all, "")));
    pulumi.all([found, owner]).apply(([all, id]) => refuse(all, id));
}
