/*
 * Which folder may import which: `npm run lint` holds the project's files to this table. Imports only go down, so that a
 * folder can be read, tested and used without what stands on it.
 *
 * A floor's name is how the paths of its files start, as a regular expression. What `mayImport` doesn't list is forbidden,
 * the floor's own files and test/ included. The linter says `instead` to whoever goes up.
 */
const stack = ["lib/", "settings/", "components/"];
const programs = ["experiments/", "classroom/", "map/"];
const handIn = "Add an argument and hand it in from index.ts, or move what both need down to lib/.";
const moveDown = "Move what both need down to lib/, settings/ or components/.";
const share = "Move what two commands need to scripts/lib/.";

const floors = [
    // Knows nothing of the rest, so that everything can use it.
    { floor: "lib/", mayImport: ["lib/"], instead: "Add an argument, or move this file up to those that need it." },
    // What a stack's file can say. What is made of it is not its business.
    { floor: "settings/", mayImport: ["settings/", "lib/"], instead: "Move what both need down to lib/." },

    // Components know no setting and no command, so that another project can import them. An app is reached through an
    // ingress, and both are in a cluster.
    { floor: "components/cluster/", mayImport: ["components/cluster/", "lib/"], instead: handIn },
    {
        floor: "components/ingress/",
        mayImport: ["components/ingress/", "components/cluster/", "lib/"],
        instead: handIn,
    },
    {
        floor: "components/app/",
        mayImport: ["components/app/", "components/ingress/", "components/cluster/", "lib/"],
        instead: handIn,
    },
    // The list of what another project can import.
    { floor: "components/[^/]+$", mayImport: ["components/", "lib/"], instead: handIn },

    // The stack. To import it is to make it, so nothing may.
    { floor: "index.ts$", mayImport: stack, instead: moveDown },
    // Programs beside the stack. Each can be taken away without the others.
    ...programs.map((floor) => ({ floor, mayImport: [floor, ...stack], instead: moveDown })),

    // One thin file a command, and what they share. To import a command is to run it, so nothing may. check-node.cjs reads
    // in package.json which Node it asks for.
    { floor: "scripts/lib/", mayImport: ["scripts/lib/", ...programs, ...stack], instead: share },
    { floor: "scripts/[^/]+$", mayImport: ["scripts/lib/", ...programs, ...stack, "package.json$"], instead: share },
];

const startsWithOneOf = (starts) => `^(${starts.join("|")})`;
const nameOf = (floor) => floor.replace("[^/]+$", "*.ts").replace("$", "");

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
    forbidden: [
        ...floors.map(({ floor, mayImport, instead }) => ({
            name: `floor ${nameOf(floor)}`,
            comment: `Of the project's files, those in ${nameOf(floor)} may import only ${mayImport.map(nameOf).join(", ")}. ${instead}`,
            severity: "error",
            from: { path: `^${floor}` },
            to: { dependencyTypes: ["local"], pathNot: startsWithOneOf(mayImport) },
        })),
        {
            name: "no floor",
            comment:
                "This file is on no floor. Move it to one, or add its folder to the table in .dependency-cruiser.cjs.",
            severity: "error",
            from: { pathNot: startsWithOneOf(floors.map(({ floor }) => floor)) },
            to: {},
        },
        {
            name: "cycle",
            comment:
                "These files import each other, be it for types only. Move what both need to a third file, or make them one.",
            severity: "error",
            from: {},
            to: { circular: true },
        },
        {
            name: "undeclared package",
            comment:
                'What runs outside tests has only the packages under "dependencies" in package.json. List the package there.',
            severity: "error",
            from: {},
            to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
        },
        {
            name: "unresolvable",
            comment: "There is no such file or package. Correct the path, or list the package in package.json.",
            severity: "error",
            from: {},
            to: { couldNotResolve: true },
        },
    ],
    options: {
        // Tests may import everything. The tools' settings, app-*/ and hidden folders are no part of the program.
        doNotFollow: { path: "node_modules/|^(test|app-[^/]+)/|^[.]|^[^/]+[.]mjs$" },
        // An import of a type counts, though it is gone when the program runs.
        tsPreCompilationDeps: true,
        // A package says in "exports" which of its files can be imported, tsx/cjs for example.
        enhancedResolveOptions: {
            exportsFields: ["exports"],
            conditionNames: ["require", "import", "node", "default"],
        },
    },
};
