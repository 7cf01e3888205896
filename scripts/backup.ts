import { closeSync, openSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import { attendBackup, findFlaw, isBackupName, saveBackup } from "./lib/backups";
import { run, stackName, stackOption } from "./lib/command";
import { attendKubectl } from "./lib/kubeconfig";
import { openWorkspace, startDirectory, type Workspace } from "./lib/workspace";

const example = "20261125T010000Z-manual.sql.gz";

const usage =
    "Usage: npm run backup -- now | list | restore NAME | get NAME [FILE] | put FILE [NAME] | delete NAME  [--stack STACK]\n" +
    `For example: npm run backup -- restore ${example}`;

interface Subcommand {
    /** How many arguments it takes, at least and at most. */
    takes: [number, number];
    /** @returns the exit code. */
    run: (workspace: Workspace, first: string, second?: string) => Promise<number>;
}

const subcommands = new Map<string, Subcommand>([
    ["now", { takes: [0, 0], run: async (workspace) => (await attendBackup(workspace, ["now"])).code }],
    ["list", { takes: [0, 0], run: async (workspace) => (await attendBackup(workspace, ["list"])).code }],
    ["restore", { takes: [1, 1], run: (workspace, name) => restore(workspace, checked(name)) }],
    ["get", { takes: [1, 2], run: (workspace, name, file) => get(workspace, checked(name), file) }],
    ["put", { takes: [1, 2], run: (workspace, file, name) => put(workspace, file, checked(name ?? basename(file))) }],
    [
        "delete",
        {
            takes: [1, 1],
            run: async (workspace, name) => (await attendBackup(workspace, ["delete", checked(name)])).code,
        },
    ],
]);

run(() => {
    const { values, positionals } = parseArgs({ options: stackOption, allowPositionals: true });
    const [name = "", first = "", second] = positionals;
    const subcommand = subcommands.get(name);
    const count = positionals.length - 1;
    if (subcommand === undefined || count < subcommand.takes[0] || count > subcommand.takes[1]) throw new Error(usage);
    return subcommand.run(openWorkspace(stackName(values.stack)), first, second);
});

function checked(name: string): string {
    if (isBackupName(name)) return name;
    throw new Error(
        `"${name}" is no name of a backup. One is like ${example}: letters, digits, periods, hyphens and underscores, ` +
            "then .sql.gz.",
    );
}

async function restore(workspace: Workspace, name: string): Promise<number> {
    const restored = await attendBackup(workspace, ["restore", name]);
    if (restored.code !== 0) {
        if (restored.interrupted) {
            console.error(
                "Interrupted here, which may not have stopped it in the cluster: there it is done as a whole or not at " +
                    "all. Restore once more to be sure.",
            );
        }
        return restored.code;
    }

    // An older backup has the tables of the app of its time.
    const migrate = ["--", "python", "manage.py", "migrate_when_ready"];
    const backend = ["exec", "--namespace", "app", "deployment/backend", "--container", "backend", ...migrate];
    const { code } = await attendKubectl(workspace, backend);
    if (code !== 0) {
        console.error(
            `${name} is restored, but its tables could not be brought to what the running app expects, for the reason ` +
                "above: until they are, the app may answer with errors. Once the backend runs, do it by\n" +
                `  npm run kubectl -- --stack ${workspace.stack} ${backend.join(" ")}\n` +
                "or go back: restore the backup, named above, of what was there before.",
        );
        return code;
    }
    console.log(`The guestbook now shows what ${name} holds. What was there before is in the backup named above.`);
    return 0;
}

async function get(workspace: Workspace, name: string, file = name): Promise<number> {
    await saveBackup(workspace, resolve(startDirectory(), file), name);
    return 0;
}

async function put(workspace: Workspace, argument: string, name: string): Promise<number> {
    const file = resolve(startDirectory(), argument);
    if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) throw new Error(`There is no file ${file}.`);
    const flaw = await findFlaw(file);
    if (flaw !== undefined) throw new Error(`${file} is no whole backup: ${flaw}. Nothing was sent to the cluster.`);
    const descriptor = openSync(file, "r");
    try {
        const { code } = await attendBackup(workspace, ["import", name], { stdin: descriptor });
        if (code === 0) console.log(`Show what it holds: npm run backup -- --stack ${workspace.stack} restore ${name}`);
        return code;
    } finally {
        closeSync(descriptor);
    }
}
