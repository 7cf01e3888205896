import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { type Block, findMismatch, readBlocks, readPages, translationOf } from "../support/docs";
import { request, type Asked } from "../../lib/request";
import { isInstalled, runBlocks, type Shell, shells } from "../support/shells";
import { assertNoFilesLeft, dockerHoldings, leftFiles, project, run, stackSettings } from "../support/stacks";

/*
 * README's two commands, as a new user runs them: in a fresh clone, with the shipped stack "dev", no address pool set, and a
 * Docker network that is not the usual one. In between, all that the documentation has its readers paste.
 */

/** For each block of the documentation, s. */
const blockLimit = 180;

describe("a fresh clone", () => {
    let clone: string;
    const subnet = "172.29.0.0/16";
    const npm = (...args: string[]) => run("npm", args, { cwd: clone });
    const settings = () => fs.readFileSync(path.join(clone, "Pulumi.dev.yaml"), "utf8");
    let held: Awaited<ReturnType<typeof dockerHoldings>>;
    let files: ReturnType<typeof leftFiles>;
    let shipped: string;
    let networkMade = false;

    before(async () => {
        held = await dockerHoldings();
        files = leftFiles();
        clone = fs.mkdtempSync(path.join(os.tmpdir(), "clone-"));
        if (held.networks.includes("kind")) {
            throw new Error('the Docker network "kind" is in use: remove its clusters first');
        }
        await run("docker", ["network", "create", "--subnet", subnet, "kind"]);
        networkMade = true;
        // As Git for Windows does it, for a checkout that is used in WSL.
        await run("git", ["-c", "core.autocrlf=true", "clone", "--quiet", project, clone]);
        fs.writeFileSync(path.join(clone, "Pulumi.dev.yaml"), stackSettings({ addressPool: undefined }));
        shipped = settings();
    });
    after(async () => {
        if (clone && fs.existsSync(path.join(clone, ".state"))) await npm("run", "down");
        if (clone) fs.rmSync(clone, { recursive: true, force: true });
        if (networkMade) await run("docker", ["network", "rm", "kind"]);
        const all = pages.flatMap(({ blocks }) => blocks);
        const list = (what: string, why: (block: Block) => string | undefined) => {
            const those = all.filter((block) => why(block) !== undefined);
            console.log(`      Of the documentation's blocks, ${those.length} are ${what}:`);
            for (const block of those) console.log(`        ${at(block)}: ${why(block)}`);
        };
        list("not run here", ({ notRun }) => notRun);
        list(`run in ${shells[0]?.name} alone`, ({ once }) => once);
    });

    // The documentation. A translation has the same blocks, which a unit test holds.
    const pages = readPages()
        .filter(({ name }) => translationOf(name) === undefined)
        .map((page) => ({ name: page.name, blocks: readBlocks(page).filter(({ language }) => language === "sh") }));
    const at = ({ page, line }: Block) => `${page}:${line}`;
    /** Runs a page's blocks in one shell, as its reader does. @returns what is not as the page says. */
    const findFaults = async (shell: Shell, blocks: Block[]): Promise<string[]> => {
        const ran = await runBlocks(
            shell,
            blocks.map(({ text }) => text),
            { limit: blockLimit, cwd: clone },
        );
        return ran.flatMap(({ code, printed }, index) => {
            const block = blocks[index];
            if (block === undefined) return [];
            const mismatch = block.sees === undefined ? undefined : findMismatch(printed, block.sees);
            const fault = code !== 0 ? (typeof code === "number" ? `exit code ${code}` : code) : mismatch;
            const output = printed.length > 4000 ? `${printed.slice(0, 2000)}\n[…]\n${printed.slice(-2000)}` : printed;
            return fault === undefined ? [] : [`${at(block)}: ${fault}\n${block.text}\n--- it printed:\n${output}`];
        });
    };

    /** Runs each line that `npm run up` printed to try. */
    const tryAll = async (printed: string) => {
        const lines = printed.split("\n").flatMap((line) => /^\s+(curl .*)$/.exec(line)?.[1] ?? []);
        assert.ok(lines.length >= 5, printed);
        for (const line of lines) {
            assert.notEqual(await run("sh", ["-c", `${line} --fail --silent --show-error`]), "", line);
        }
    };

    it("`npm run up` in a fresh clone brings the stack up, and each line that it prints to try works", async () => {
        const printed = await npm("run", "up");
        assert.match(printed, /Stack dev is up/);
        assert.match(printed, /172\.29\.255\.200-172\.29\.255\.219/);
        await tryAll(printed);
    });

    it("the state folder and its passphrase can be read by this user alone", () => {
        const mode = (file: string) => (fs.statSync(path.join(clone, file)).mode & 0o777).toString(8);
        assert.equal(mode(".state"), "700");
        assert.equal(mode(".state/passphrase"), "600");
    });

    it("after `npm run -s env` pulumi, kubectl and the hosts line are those of the stack", async () => {
        const byHand = (command: string) => run("sh", ["-c", `eval "$(npm run -s env)" && ${command}`], { cwd: clone });
        assert.match(await byHand("pulumi preview --expect-no-changes"), /unchanged/);
        assert.match(await npm("run", "-s", "kubectl", "--", "get", "nodes", "--output", "name"), /lb-dev-worker2/);
        assert.match(await npm("run", "-s", "hosts"), /172\.29\.255\.201 dev\.local web\.dev\.local/);
    });

    it("`npm run backup` saves the guestbook to a file and restores it from there", async () => {
        const { ingressAddress, caCertificate } = JSON.parse(
            await run("sh", ["-c", 'eval "$(npm run -s env)" && pulumi stack output --json'], { cwd: clone }),
        ) as Record<string, string>;
        const entries = (more: Partial<Asked> = {}, id = "") =>
            request(`https://dev.local/backend/api/entries${id}`, {
                address: ingressAddress ?? "",
                ca: caCertificate,
                ...more,
            });
        const backup = (...args: string[]) => npm("run", "-s", "backup", "--", ...args);
        const { json: written } = await entries({ method: "POST", body: { name: "Minji", message: "to be kept" } });
        const name = /\S+-manual\.sql\.gz/.exec(await backup("now"))?.[0] ?? "";
        assert.match(await backup("list"), new RegExp(`^${name} `, "m"));
        await backup("get", name, "mine.sql.gz");
        assert.equal(fs.statSync(path.join(clone, "mine.sql.gz")).mode & 0o777, 0o600);
        await backup("delete", name);
        assert.equal((await entries({ method: "DELETE" }, `/${written.id}`)).status, 204);

        await backup("put", "mine.sql.gz");
        assert.match(await backup("restore", "mine.sql.gz"), /The guestbook now shows what mine\.sql\.gz holds/);
        assert.deepEqual((await entries()).json.entries, [written]);
    });

    for (const [index, shell] of shells.entries()) {
        for (const { name, blocks } of pages) {
            const own = blocks.filter(
                ({ notRun, once }) => notRun === undefined && (once === undefined || index === 0),
            );
            if (own.length === 0) continue;
            it(`${name}: each of ${own.length} blocks does in ${shell.name} what the page says`, async function () {
                if (!isInstalled(shell)) {
                    console.log(`SKIPPED: there is no ${shell.name} on this machine, so ${name} is not tried in it.`);
                    this.skip();
                }
                this.timeout((own.length * blockLimit + 60) * 1000);
                const faults = await findFaults(shell, own);
                if (faults.length > 0) assert.fail(`${faults.length} in ${shell.name}:\n\n${faults.join("\n\n")}`);
            });
        }
    }

    it("`npm run down` removes everything but the last backup that it was asked for", async () => {
        const printed = await npm("run", "down", "--", "--backup", "last.sql.gz");
        assert.match(
            printed,
            /This deletes the cluster lb-dev with all that is in it: the guestbook's entries and every/,
        );
        const last = gunzipSync(fs.readFileSync(path.join(clone, "last.sql.gz"))).toString();
        assert.match(last, /to be kept/);
        assert.deepEqual(await dockerHoldings(), { ...held, networks: [...held.networks, "kind"].sort() });
        assertNoFilesLeft(files);
        assert.equal(fs.existsSync(path.join(clone, ".state")), false);
        assert.equal(settings(), shipped);
        assert.match(await npm("run", "down"), /nothing to take away/);
    });
});
