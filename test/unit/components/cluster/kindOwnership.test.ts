import * as assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { lookForCluster } from "../../../../components/cluster/kindOwnership";
import { foreignMark, machineWithNodes, markedNode, ownMark } from "../../../support/markedNodes";
import { type Machine, owner, type Registered, runResources } from "../../../support/program";

describe("a kind cluster's mark", () => {
    /** The program of a stack that asks for the mark of its cluster of three nodes. */
    const run = (machine: Machine, registered?: Registered[]) =>
        runResources(
            async () => {
                const parent = new pulumi.ComponentResource("test:index:Cluster", "cluster");
                const { mark, checked } = lookForCluster(
                    {
                        clusterName: "lb-dev",
                        nodes: 3,
                        owner: new random.RandomId("owner", { byteLength: 6 }).hex,
                        inspect: {
                            command: "inspect",
                            interpreter: ["/bin/sh", "-c", "x"],
                            environment: { MARKS: "m" },
                        },
                        ifNameIsTaken: "Give it another name.",
                    },
                    parent,
                );
                new random.RandomId("after", { byteLength: 1, keepers: { mark } });
                await checked;
                return { mark };
            },
            machine,
            registered,
        );
    const markOn = async (machine: Machine) => (await run(machine)).outputs.mark as string;
    const newMark = new RegExp(`^${owner}\\.(?!first$)[0-9a-f-]{36}$`);

    it("a cluster of this stack with all its nodes keeps its mark", async () => {
        assert.equal(await markOn(machineWithNodes(ownMark)), ownMark);
    });

    it("a cluster that does not exist gets a new mark, another one each time", async () => {
        const [one, other] = [await markOn({}), await markOn({})];
        assert.match(one, newMark);
        assert.match(other, newMark);
        assert.notEqual(one, other);
    });

    it("a cluster that lost a node gets a new mark", async () => {
        assert.match(await markOn(machineWithNodes(ownMark, 2)), newMark);
    });

    it("nodes of two clusters of this stack get a new mark", async () => {
        const mounts = [ownMark, ownMark, `${owner}.second`].map(markedNode);
        assert.match(await markOn({ mounts }), newMark);
    });

    const refusal =
        /A kind cluster named "lb-dev" exists, and this stack did not make it\. It is left alone\. Give it another name\.$/m;
    for (const [what, machine] of Object.entries({
        "a cluster that another stack made is refused": machineWithNodes(foreignMark),
        "a cluster that was made by hand is refused": { mounts: ["[]", "[]"] },
        "a cluster is refused if one of its nodes is another stack's": {
            mounts: [ownMark, ownMark, foreignMark].map(markedNode),
        },
        "a preview before the stack's first update refuses a cluster that exists already": {
            ...machineWithNodes(foreignMark),
            preview: true,
        },
    } satisfies Record<string, Machine>)) {
        it(what, async () => {
            await assert.rejects(run(machine), refusal);
        });
    }

    it("where a cluster is refused, no mark comes, so that nothing that needs one is made or deleted", async () => {
        const registered: Registered[] = [];
        await assert.rejects(run(machineWithNodes(foreignMark), registered), refusal);
        await setTimeout(100);
        assert.deepEqual(
            registered.map(({ name }) => name).filter((name) => name === "after"),
            [],
        );
        assert.equal(
            (await run(machineWithNodes(ownMark))).find("random:index/randomId:RandomId", "after").name,
            "after",
        );
    });

    it("a preview before the stack's first update passes if no cluster of that name exists", async () => {
        await assert.doesNotReject(run({ preview: true }));
    });

    it("the nodes' mounts are asked for by the program that is given", async () => {
        const { invokes } = await run({});
        assert.deepEqual(
            invokes.map(({ token, inputs: { command, interpreter, environment } }) => ({
                token,
                command,
                interpreter,
                environment,
            })),
            [
                {
                    token: "command:local:run",
                    command: "inspect",
                    interpreter: ["/bin/sh", "-c", "x"],
                    environment: { MARKS: "m" },
                },
            ],
        );
    });
});
