import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const stack = ["lib", "settings", "components/cluster", "components/ingress", "components/app", "components/index.ts"];
const programs = ["experiments", "classroom", "map"];
/** What may be imported from where. */
const allowed: Record<string, string[]> = {
    lib: ["lib"],
    settings: ["lib", "settings"],
    "components/cluster": ["lib", "components/cluster"],
    "components/ingress": ["lib", "components/cluster", "components/ingress"],
    "components/app": ["lib", "components/cluster", "components/ingress", "components/app"],
    "components/index.ts": ["lib", "components/cluster", "components/ingress", "components/app"],
    "index.ts": stack,
    experiments: [...stack, "experiments"],
    classroom: [...stack, "classroom"],
    map: [...stack, "map"],
    "scripts/lib": [...stack, ...programs, "scripts/lib"],
    scripts: [...stack, ...programs, "scripts/lib"],
    // Tests may import everything.
    test: [...stack, ...programs, "index.ts", "scripts/lib", "scripts", "test"],
};
const floors = Object.keys(allowed);

/** The linter with the project's settings, on a small project of its own. */
describe("floors", () => {
    let root: string;
    const write = (file: string, text: string) => {
        fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
        fs.writeFileSync(path.join(root, file), text);
    };
    /** What the linter reports, each as: rule: from → to. */
    const lint = () => {
        const config = path.resolve(".dependency-cruiser.cjs");
        const args = ["--config", config, "--output-type", "json", "."];
        const { stdout, stderr } = spawnSync(path.resolve("node_modules/.bin/depcruise"), args, {
            cwd: root,
            encoding: "utf8",
        });
        assert.equal(stderr, "");
        const { violations } = JSON.parse(stdout).summary as {
            violations: { rule: { name: string }; from: string; to: string }[];
        };
        return violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).sort();
    };

    beforeEach(() => {
        root = fs.mkdtempSync(path.join(os.tmpdir(), "floors-"));
        write("package.json", '{"dependencies": {"used": "1"}, "devDependencies": {"tested": "1"}}');
        for (const name of ["used", "tested", "unlisted"]) {
            write(`node_modules/${name}/package.json`, `{"name": "${name}", "main": "index.js"}`);
            write(`node_modules/${name}/index.js`, "");
        }
    });
    afterEach(() => fs.rmSync(root, { recursive: true }));

    it("an import that goes up to another floor is reported, and any other is not", () => {
        // On each floor one file imports another one on every floor. Where a floor is one file, that file is both.
        const fileOn = (floor: string, name: string) => (floor.endsWith(".ts") ? floor : `${floor}/${name}`);
        const forbidden: string[] = [];
        for (const floor of floors) write(fileOn(floor, "imported.ts"), "");
        for (const floor of floors) {
            const from = fileOn(floor, "importing.ts");
            let imports = "";
            for (const other of floors) {
                const to = fileOn(other, "imported.ts");
                if (from === to) continue;
                imports += `import "./${path.relative(path.dirname(from), to)}";\n`;
                if (!allowed[floor]?.includes(other)) forbidden.push(`${from} → ${to}`);
            }
            write(from, imports);
        }

        const reported = lint().filter((line) => line.startsWith("floor "));
        assert.deepEqual(reported.map((line) => line.split(": ")[1]).sort(), forbidden.sort());
    });

    it("every form of import is checked, and so are cycles, packages, missing files and folders on no floor", () => {
        write("settings/a.ts", "export type A = string; export const a = 1;");
        write("lib/dynamic.ts", 'export const dynamic = () => import("../settings/a");');
        write("lib/export.ts", 'export * from "../settings/a";');
        write("lib/inline.ts", 'export const inline: import("../settings/a").A = "";');
        write("lib/require.ts", 'export const { a } = require("../settings/a");');
        write("lib/type.ts", 'import type { A } from "../settings/a"; export const type: A = "";');

        write("lib/circle.ts", 'import type { B } from "./round"; export type A = B;');
        write("lib/round.ts", 'import type { A } from "./circle"; export type B = A;');
        write("lib/packages.ts", 'import "used"; import "tested"; import "unlisted"; import "node:fs";');
        write("lib/typo.ts", 'import "./nowhere";');
        write("cellar/lamp.ts", 'import "../lib/dynamic";');
        assert.deepEqual(lint(), [
            "cycle: lib/circle.ts → lib/round.ts",
            "floor lib/: lib/dynamic.ts → settings/a.ts",
            "floor lib/: lib/export.ts → settings/a.ts",
            "floor lib/: lib/inline.ts → settings/a.ts",
            "floor lib/: lib/require.ts → settings/a.ts",
            "floor lib/: lib/type.ts → settings/a.ts",
            "no floor: cellar/lamp.ts → lib/dynamic.ts",
            "undeclared package: lib/packages.ts → node_modules/tested/index.js",
            "undeclared package: lib/packages.ts → node_modules/unlisted/index.js",
            "unresolvable: lib/typo.ts → ./nowhere",
        ]);
    });
});
