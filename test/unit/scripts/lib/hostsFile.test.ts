import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { planHosts } from "../../../../scripts/lib/hostsFile";

const address = "172.18.255.201";
const entry = `${address} dev.local web.dev.local`;

describe("hosts file", () => {
    let folder: string;
    before(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "hosts-"));
    });
    after(() => fs.rmSync(folder, { recursive: true }));

    /** The file after the command, which a user runs on the one of the system. */
    const apply = (file: string, command: string | undefined): string => {
        const copy = path.join(folder, "hosts");
        fs.writeFileSync(copy, file);
        const here = (command ?? "true").replaceAll("sudo ", "").replaceAll("/etc/hosts", copy);
        execFileSync("/bin/sh", ["-c", here], { stdio: "pipe" });
        return fs.readFileSync(copy, "utf8");
    };

    for (const [what, file, stale, after] of [
        ["an entry on one line", `127.0.0.1 localhost\n${entry}\n`, [], `127.0.0.1 localhost\n${entry}\n`],
        [
            "an entry on several lines, with a comment, a tab and capitals",
            `${address}\tWeb.Dev.Local  # lab\n${address} dev.local\n`,
            [],
            `${address}\tWeb.Dev.Local  # lab\n${address} dev.local\n`,
        ],
        ["no entry", "127.0.0.1 localhost\n", [], `127.0.0.1 localhost\n${entry}\n`],
        ["no line break at its end", "127.0.0.1 localhost", [], `127.0.0.1 localhost\n${entry}\n`],
        ["nothing", "", [], `${entry}\n`],
        ["one of the names", `${address} dev.local\n`, [], `${address} dev.local\n${entry}\n`],
        ["a comment", `# ${entry}\n`, [], `# ${entry}\n${entry}\n`],
        [
            "another domain",
            "10.0.0.1 dev.localhost my.dev.local\n",
            [],
            `10.0.0.1 dev.localhost my.dev.local\n${entry}\n`,
        ],
        [
            "an old address",
            "172.18.255.7 dev.local web.dev.local\n",
            ["172.18.255.7 dev.local web.dev.local"],
            `${entry}\n`,
        ],
        ["an old address before the entry", `10.0.0.7 dev.local\n${entry}\n`, ["10.0.0.7 dev.local"], `${entry}\n`],
        ["an old address after the entry", `${entry}\n10.0.0.7 dev.local\n`, ["10.0.0.7 dev.local"], `${entry}\n`],
        ["an old address in other case", "10.0.0.7\tDEV.local \n", ["10.0.0.7\tDEV.local"], `${entry}\n`],
        ["an IPv6 address", `::1 dev.local\n${entry}\n`, ["::1 dev.local"], `${entry}\n`],
        [
            "an old address with other names and a comment",
            "10.0.0.7 a.test dev.local b.test # mine & /yours\n127.0.0.1 localhost",
            ["10.0.0.7 a.test dev.local b.test # mine & /yours"],
            `10.0.0.7 a.test b.test # mine & /yours\n127.0.0.1 localhost\n${entry}\n`,
        ],
        [
            "several old addresses",
            "10.0.0.7 dev.local\n10.0.0.8 web.dev.local # it's [old]*\n",
            ["10.0.0.7 dev.local", "10.0.0.8 web.dev.local # it's [old]*"],
            `${entry}\n`,
        ],
        [
            "line ends of Windows",
            "10.0.0.7 dev.local\r\n127.0.0.1 localhost\r\n",
            ["10.0.0.7 dev.local"],
            `127.0.0.1 localhost\r\n${entry}\n`,
        ],
    ] as const) {
        it(`planHosts: a file with ${what} ends with the entry and nothing against it`, () => {
            const plan = planHosts(file, entry);
            assert.deepEqual(plan.stale, stale);
            assert.equal(apply(file, plan.command), after);
            assert.deepEqual(planHosts(after, entry), { stale: [], command: undefined });
        });
    }

    it("planHosts: where there is only something to add, the command appends it", () => {
        assert.equal(planHosts("", entry).command, `echo '${entry}' | sudo tee -a /etc/hosts`);
    });
});
