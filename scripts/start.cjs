// Runs a command of the project: `node scripts/start.cjs down …`. Without a name, it only checks whether commands can run. Like
// check-node.cjs it is plain old JavaScript: nothing may be installed yet.
"use strict";

var fs = require("fs");
var path = require("path");
var scripts = path.dirname(module.filename);

/** The stack that this command line names, for the one that is advised. lib/commandLines.ts can't be loaded yet. */
function stackOption() {
    var given = /(?:^| )--stack[ =]([\w.-]+)/.exec(process.argv.slice(2).join(" "));
    return given ? " -- --stack " + given[1] : "";
}

function tellWhatIsMissing() {
    console.error(
        "The npm packages are not installed, or not all of them.\n" +
            "To install them and bring the stack up:\n  npm run up" +
            stackOption() +
            "\n" +
            "To install them alone:\n  npm run setup",
    );
    process.exitCode = 1;
}

/** Whether Node.js did not find a package, as opposed to a fault of the command itself. */
function isMissingPackage(error) {
    return error.code === "MODULE_NOT_FOUND" && !/Cannot find module '[./]/.test(error.message);
}

function start(command) {
    try {
        // By it Node.js reads TypeScript.
        require("tsx/cjs");
        // The command sees itself as the program, and then its own arguments.
        process.argv.splice(1, 2, path.join(scripts, command + ".ts"));
        require(process.argv[1]);
    } catch (error) {
        if (!isMissingPackage(error)) throw error;
        tellWhatIsMissing();
    }
}

require(path.join(scripts, "check-node.cjs"));
if (!process.exitCode) {
    if (!fs.existsSync(path.join(scripts, "..", "node_modules", "tsx"))) tellWhatIsMissing();
    else if (process.argv.length > 2) start(process.argv[2]);
}
