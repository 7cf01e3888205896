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

/** What a cluster's nodes tell of it. */
export interface Ownership {
    /**
     * The mark of the cluster that exists, if it is this stack's and has all its nodes; otherwise a new mark. If nodes of that name
     * carry another stack's mark or none, no mark comes.
     */
    mark: pulumi.Output<string>;
    /** Ends when that is known, in a preview too. It is rejected if a node of that name carries another stack's mark or none. */
    checked: Promise<void>;
}

/** Looks whose cluster of a name there is. */
export function lookForCluster(args: OwnershipArgs, parent: pulumi.Resource): Ownership {
    const found = command.local
        .run({ ...args.inspect, logging: command.local.Logging.None }, { parent })
        .then(({ stdout }) => stdout.split("\n").filter(Boolean).map(markOf));
    const check = refuseForeign(args, found);
    // Nothing that waits for the mark is registered where that fails: it might replace, and so delete, this stack's own cluster. The
    // error itself would reach the user as one of each resource that waits, about a property that can't be serialized.
    const own = check.then(
        () => found,
        () => new Promise<never>(() => undefined),
    );
    const mark = pulumi.all([own, args.owner]).apply(([all, owner]) => {
        const [first] = all;
        const isWhole = all.length === args.nodes && all.every((one) => one === first);
        return first !== undefined && isWhole ? first : `${owner}.${randomUUID()}`;
    });
    // A promise of its own: Pulumi tells of a rejection that nothing handles, in a program that does not await it.
    return { mark, checked: check.then() };
}

function markOf(mounts: string): string | undefined {
    const paths = (JSON.parse(mounts) as { Destination: string }[]).map(({ Destination }) => Destination);
    return paths.find((path) => path.startsWith(marks))?.slice(marks.length);
}

async function refuseForeign(
    { clusterName, owner, ifNameIsTaken }: OwnershipArgs,
    found: Promise<(string | undefined)[]>,
): Promise<void> {
    // Before the stack's first update the owner's id is unknown, and so every cluster is somebody else's.
    const isKnown = await (owner as unknown as { isKnown: Promise<boolean> }).isKnown;
    const id = isKnown ? await new Promise<string>((resolve) => owner.apply(resolve)) : "";
    if ((await found).every((mark) => mark?.startsWith(`${id}.`))) return;
    throw new Refusal(
        `A kind cluster named "${clusterName}" exists, and this stack did not make it. It is left alone. ${ifNameIsTaken}`,
    );
}
