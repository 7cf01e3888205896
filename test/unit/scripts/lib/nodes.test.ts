import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { removeNodes, startNodes } from "../../../../scripts/lib/nodes";

const node = (name: string, running: boolean) => ({ cluster: "lb-s07", name, running, hostPorts: [] });

describe("nodes", () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "nodes-"));
    const previousPath = process.env.PATH;
    before(() => {
        fs.writeFileSync(path.join(directory, "docker"), "#!/bin/sh\n", { mode: 0o755 });
        process.env.PATH = directory;
    });
    after(() => {
        process.env.PATH = previousPath;
        fs.rmSync(directory, { recursive: true });
    });

    it("startNodes: where Kubernetes does not answer, prints two lines that make the same stack's cluster anew", async () => {
        // A cluster without a control plane, so that the failure comes at once.
        const cluster = [node("lb-s07-worker", false), node("lb-s07-worker2", true)];
        await assert.rejects(startNodes(cluster, "s07"), (error: Error) => {
            assert.match(error.message, /^The nodes were started, but Kubernetes does not answer: /);
            assert.deepEqual(error.message.split("\n").slice(-2), [
                "  docker rm --force --volumes lb-s07-worker lb-s07-worker2",
                "  npm run up -- --stack s07",
            ]);
            return true;
        });
    });

    it("startNodes: a cluster whose nodes all run is left as it is", async () =>
        assert.equal(await startNodes([node("lb-s07-worker", true)], "s07"), false));

    it("removeNodes: names every node of the cluster", () =>
        assert.equal(removeNodes([node("a", true), node("b", false)]), "docker rm --force --volumes a b"));
});
