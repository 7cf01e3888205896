import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { AddressRange, defaultPool } from "../../lib/addressRange";
import { charts, images, oldestTools } from "../../lib/versions";
import { tiers } from "../../scripts/lib/forward";
import { fitToMachine } from "../../settings/machine";
import { exampleOf, isObject, readSettings, settingNames } from "../../settings/schema";
import { SettingsError } from "../../settings/settingsError";
import {
    anchorsOf,
    type Block,
    proseOf,
    readBlocks,
    readLinks,
    readPages,
    tableRows,
    translationOf,
} from "../support/docs";
import { runProgram } from "../support/program";
import { isInstalled, shells } from "../support/shells";
import { host } from "./settings/host";

const project = path.resolve(__dirname, "../..");
const read = (name: string) => fs.readFileSync(path.join(project, name), "utf8");
const packageJson = JSON.parse(read("package.json")) as { scripts: Record<string, string>; engines: { node: string } };
const pages = readPages();
const english = pages.filter(({ name }) => translationOf(name) === undefined);
const pageNamed = (name: string) => pages.find((page) => page.name === name) ?? assert.fail(`there is no page ${name}`);

/** Each match of an expression on any page, with where it is. */
const mentions = (expression: RegExp, among = pages) =>
    among.flatMap(({ name, text }) =>
        text
            .split("\n")
            .flatMap((line, index) =>
                [...line.matchAll(expression)].map(([, ...found]) => ({ at: `${name}:${index + 1}`, found })),
            ),
    );

describe("the documentation", () => {
    it("README fits on three screens, in both languages", () => {
        for (const name of ["README.md", "README.ko.md"]) {
            assert.ok(read(name).trimEnd().split("\n").length <= 150, name);
        }
    });
    it("every page but the glossary leads to its translation, in the third line", () => {
        for (const { name, text } of pages) {
            if (["CHANGELOG.md", "docs/glossary.md"].includes(name)) continue;
            const file = path.basename(name).replace(/(\.ko)?\.md$/, "");
            const expected =
                translationOf(name) === undefined
                    ? `English · [한국어](${file}.ko.md)`
                    : `[English](${file}.md) · 한국어`;
            assert.equal(text.split("\n")[2], expected, name);
        }
    });
    it("every link leads to a file, and to a heading of it", () => {
        const broken = pages.flatMap((page) =>
            readLinks(page).flatMap(({ line, target, file, anchor }) => {
                if (!fs.existsSync(path.join(project, file))) return [`${page.name}:${line}: ${target}: no such file`];
                const to = pages.find(({ name }) => name === file);
                return anchor === undefined || (to && anchorsOf(to).includes(anchor))
                    ? []
                    : [`${page.name}:${line}: ${target}: no such heading`];
            }),
        );
        assert.deepEqual(broken, []);
    });
    it("no line of prose is longer than 160 characters", () => {
        const long = pages
            .filter(({ name }) => name !== "CHANGELOG.md")
            .flatMap((page) =>
                proseOf(page)
                    .split("\n")
                    .flatMap((line, index) =>
                        line.length > 160 && !line.startsWith("|") ? [`${page.name}:${index + 1}`] : [],
                    ),
            );
        assert.deepEqual(long, []);
    });

    describe("its blocks", () => {
        const blocks = pages.flatMap(readBlocks);
        const sh = blocks.filter(({ language }) => language === "sh");
        const at = ({ page, line }: Block) => `${page}:${line}`;
        /** A block without what is in quotes. */
        const bare = (text: string) => text.replace(/'[^']*'/g, "''").replace(/"(?:[^"\\]|\\.)*"/g, '""');

        it("there are many, and each one that is a shell's is called sh", () => {
            assert.ok(sh.length > 50);
            assert.deepEqual(blocks.filter(({ language }) => /^(bash|zsh|shell|console)$/.test(language)).map(at), []);
        });
        it("what one sees stands right after its block", () => {
            const seen = sh.filter(({ sees }) => sees !== undefined).length;
            assert.equal(seen, blocks.filter(({ language }) => language === "text").length);
        });
        it("no block has a comment, which zsh does not take for one", () => {
            assert.deepEqual(sh.filter(({ text }) => bare(text).includes("#")).map(at), []);
        });
        it("no block has what a shell would expand in another way than it is meant", () => {
            // Patterns for file names, history, and words that begin with "=". Exit codes and arguments are no patterns.
            const risky = (text: string) =>
                /[*[\]!^]|(?<![$])\?|(^|\s)=/m.test(bare(text).replace(/\$[?*@#]/g, "")) || /"[^"]*![^"]*"/.test(text);
            assert.deepEqual(sh.filter(({ text }) => risky(text)).map(at), []);
        });
        it("what begins something and what ends it are never in one block", () => {
            const pairs: [RegExp, RegExp][] = [
                [/npm run (-s )?up\b/, /npm run (-s )?down\b/],
                [/docker start/, /docker stop/],
                [/--replicas=0/, /--replicas=[1-9]/],
            ];
            const both = sh.filter(({ text }) => pairs.some((pair) => pair.every((part) => part.test(text))));
            assert.deepEqual(both.map(at), []);
        });
        for (const shell of shells) {
            it(`${shell.name} can read each block`, function () {
                if (!isInstalled(shell)) {
                    console.log(`SKIPPED: there is no ${shell.name} on this machine to read the pages' blocks.`);
                    this.skip();
                }
                const [program = "", ...args] = shell.command;
                const faults = sh.flatMap((block) => {
                    const { status, stderr } = spawnSync(program, [...args, "-n"], {
                        input: `${block.text}\n`,
                        encoding: "utf8",
                    });
                    return status === 0 ? [] : [`${at(block)}: ${stderr}`];
                });
                assert.deepEqual(faults, []);
            });
        }
        const isShared = ({ language }: Block) => ["sh", "text"].includes(language);
        for (const { name } of pages.filter((page) => translationOf(page.name) !== undefined)) {
            it(`${name} has the blocks of the English page`, () => {
                const own = readBlocks(pageNamed(name)).filter(isShared);
                const others = readBlocks(pageNamed(translationOf(name) ?? "")).filter(isShared);
                const differs = others.findIndex(
                    ({ language, text }, index) => own[index]?.language !== language || own[index]?.text !== text,
                );
                if (differs >= 0) {
                    assert.equal(
                        own[differs]?.text,
                        others[differs]?.text,
                        others.slice(differs, differs + 1).map(at)[0],
                    );
                }
                assert.equal(own.length, others.length);
            });
        }
    });

    it("every npm command that is named exists, and so do the words after it", () => {
        const subcommands = [...read("scripts/backup.ts").matchAll(/\.command\("(\w+)"\)/g)].map(([, name]) => name);
        const words: Record<string, unknown[]> = { backup: subcommands, forward: Object.keys(tiers) };
        for (const { at, found } of mentions(/npm run (?:-s )?([a-z][\w:]*)(?: -- (?!-)([\w.]+))?/g)) {
            const [script = "", word] = found;
            assert.ok(script in packageJson.scripts, `${at}: npm run ${script}`);
            const known = words[script];
            if (word !== undefined && known) assert.ok(known.includes(word), `${at}: npm run ${script} -- ${word}`);
        }
        for (const { at, found } of mentions(/npm run (?:-s )?set -- (\S+) ([^\s`|]+)/g, english)) {
            const [key = "", value = ""] = found;
            if (value !== "VALUE") assert.equal(exampleOf(key, value), value, `${at}: ${key} ${value}`);
        }
    });
    it("every file of the project that is named exists", () => {
        const folders = "lib|settings|components|scripts|test|docs|app-[a-z]+";
        const files = mentions(new RegExp("`((?:" + folders + ")/[\\w./-]*)`", "g"), english);
        assert.ok(files.length > 20);
        for (const { at, found } of files) {
            const [file = ""] = found;
            // The picture is made by `npm run screenshot`.
            assert.ok(fs.existsSync(path.join(project, file)) || file === "docs/page.png", `${at}: ${file}`);
        }
    });
    it("every component that is named exists", () => {
        const exported = read("components/index.ts");
        for (const { at, found } of mentions(
            /`(KindCluster|Calico|MetalLb|[A-Z]\w*(?:Web|Nginx|Ingress|Certificate|Image|App))`/g,
            english,
        )) {
            assert.match(exported, new RegExp(`\\b${found[0]}\\b`), at);
        }
    });

    describe("the settings", () => {
        const rows = tableRows(pageNamed("docs/settings.md")).flatMap(
            ([key = "", meaning, byDefault = "", example = ""]) => {
                const [, name] = /^`([a-zA-Z.]+)`( ²)?$/.exec(key) ?? [];
                return name === undefined || example === ""
                    ? []
                    : [{ name, meaning, byDefault, example: bared(example) }];
            },
        );

        it("the table has each, and no other", () => {
            assert.deepEqual(
                rows.map(({ name }) => name).sort(),
                settingNames.flatMap((name) => keysBelow([name])).sort(),
            );
        });
        it("each example is valid", () => {
            for (const { name, example } of rows) assert.equal(exampleOf(name, example), example, name);
        });
        it("each default is the schema's", () => {
            for (const { name, byDefault } of rows) {
                const value = name
                    .split(".")
                    .reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), readSettings({}, "dev"));
                if (!(typeof value === "string" || typeof value === "number" || typeof value === "boolean")) continue;
                // The repositories are upstream's. Names follow from the stack's, and a digest is too long for a table.
                const expected = name.endsWith(".repository")
                    ? "own"
                    : `\`${String(value)
                          .replace(/@sha256:.*/, "")
                          .replace(/\bdev\b/, "<stack>")}\``;
                assert.ok(byDefault.includes(expected), `${name}: ${byDefault}, not ${expected}`);
            }
        });
        it("each default that depends on the machine is what it is there", () => {
            const defaultOf = (name: string) => rows.find((row) => row.name === name)?.byDefault ?? "";
            const pool = defaultPool(AddressRange.parse("172.18.0.0/16")).toString();
            assert.ok(defaultOf("addressPool").includes(`\`${pool}\``));
            const fit = (addressesReachable: boolean) =>
                fitToMachine(readSettings({}, "dev"), { ...host, addressesReachable }, []);
            const [here, elsewhere] = [fit(true), fit(false)];
            assert.match(
                defaultOf("httpsRedirect"),
                new RegExp(`^\`${here.httpsRedirect}\`; \`${elsewhere.httpsRedirect}\``),
            );
            assert.equal(here.cluster.hostPorts, undefined);
            for (const name of ["http", "https"] as const) {
                const port = elsewhere.cluster.hostPorts?.[name];
                assert.match(defaultOf(`cluster.hostPorts.${name}`), new RegExp(`^none on Linux; \`${port}\``));
            }
        });
        it("² marks those that make a new cluster", () => {
            // What kind's configuration is made of, and what the nodes get when they are made.
            const remaking = /^(cluster\.|sources\.(registryMirror|caCertificates|images\.node)$)/;
            const marked = tableRows(pageNamed("docs/settings.md")).flatMap(
                ([key = ""]) => /^`(.*)` ²$/.exec(key)?.[1] ?? [],
            );
            assert.deepEqual(
                marked,
                rows.map(({ name }) => name).filter((name) => remaking.test(name)),
            );
        });
        it("every setting that a page names exists", () => {
            const keys = new Set(settingNames.flatMap((name) => [name, ...keysBelow([name])]));
            for (const { at, found } of mentions(/`((?:cluster|backups|sources)\.[\w.]+)`/g, english)) {
                const [key = ""] = found;
                const isGroup = [...keys].some((known) => known.startsWith(`${key}.`));
                assert.ok(keys.has(key) || isGroup, `${at}: ${key}`);
            }
        });
    });

    it("the versions that are named are those of lib/versions.ts", () => {
        const minor = (version: string) => /\d+\.\d+/.exec(version.replace(/@.*/, ""))?.[0];
        const tag = (image: string) => /:v?([\d.]+)/.exec(image)?.[1] ?? "";
        // A chart of ingress-nginx 4.x is of the controller 1.x.
        const controller = charts.ingressNginx.version.replace(/^4\./, "1.");
        const current: [string, string | undefined][] = [
            ["Kubernetes", minor(images.node)],
            ["Calico", minor(charts.calico.version)],
            ["MetalLB", minor(charts.metallb.version)],
            ["ingress-nginx", minor(controller)],
            ["PostgreSQL", tag(images.postgres)],
            ["Python", undefined],
            ["Docker ≥", oldestTools.docker.replace(/\.0\.0$/, "")],
            ["Node\\.js ≥", packageJson.engines.node.replace(">=", "")],
        ];
        // These two tell what was.
        const now = pages.filter(({ name }) => !/CHANGELOG|fault-drills/.test(name));
        for (const [name, version] of current) {
            if (version === undefined) continue;
            const named = mentions(new RegExp(`${name} v?(\\d[\\d.]*\\d|\\d+)`, "g"), now);
            assert.ok(named.length > 0, name);
            for (const { at, found } of named) assert.equal(found[0], version, `${at}: ${name}`);
        }
    });

    it("the outputs that are named are those of the stack", async () => {
        const { outputs } = await runProgram({ addressPool: "172.18.200.0-172.18.200.31" }, { mirror: true });
        const listed = tableRows(pageNamed("docs/pulumi.md")).flatMap(
            ([name = ""]) => /^`([a-z]+[A-Za-z]*)`$/.exec(name)?.[1] ?? [],
        );
        assert.deepEqual(listed.sort(), Object.keys(outputs).sort());
        for (const { at, found } of mentions(/pulumi stack output ([a-zA-Z]+)/g)) {
            assert.ok((found[0] ?? "") in outputs, `${at}: ${found[0]}`);
        }
    });
});

/** A cell that is one code span. */
function bared(cell: string): string {
    return cell.replace(/^`(.*)`$/, "$1");
}

/** The settings below a group, or the setting itself. The schema names the settings of a group to whoever asks for one that it does not have. */
function keysBelow(at: string[]): string[] {
    const [first = "", ...rest] = at;
    const asked = [...rest, "unknown"].reduceRight<unknown>((value, key) => ({ [key]: value }), 1);
    try {
        readSettings({ [first]: JSON.stringify(asked) }, "dev");
    } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        const told = error.findings.find(({ subject }) => subject === [...at, "unknown"].join("."));
        const [, names] = /no such setting\. Those of \S+ are: (.*)/.exec(told?.detail ?? "") ?? [];
        if (names !== undefined) return names.split(", ").flatMap((name) => keysBelow([...at, name]));
    }
    return [at.join(".")];
}
