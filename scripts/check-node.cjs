// Runs before anything is installed, on whatever Node.js there is, so it is plain old JavaScript without dependencies.
"use strict";

var fs = require("fs");
var oldest = /[\d.]+/.exec(require("../package.json").engines.node)[0];

/** Whether one version is lower than another. */
function isOlder(version, than) {
    var a = version.split(".").map(Number);
    var b = than.split(".").map(Number);
    for (var i = 0; i < b.length; i++) {
        if ((a[i] || 0) !== b[i]) return (a[i] || 0) < b[i];
    }
    return false;
}

/** Whether a folder is another user's, who lets nobody else write to it. npm would fail in it without a remedy. */
function isOthers(folder) {
    if (!fs.existsSync(folder)) return false;
    var found = fs.statSync(folder);
    return found.uid !== process.getuid() && (found.mode & 18) === 0;
}

/** Why the lab can't be run; nothing where it can. */
function findFault() {
    if (process.platform === "win32") {
        return "On Windows the lab runs inside WSL 2: https://learn.microsoft.com/windows/wsl/install";
    }
    if (isOlder(process.versions.node, oldest)) {
        return (
            "Node.js " +
            process.versions.node +
            " is too old, the lab needs " +
            oldest +
            " or later: https://nodejs.org/en/download"
        );
    }
    if (process.getuid() !== 0 && ["node_modules", "node_modules/.bin"].some(isOthers)) {
        return (
            "The packages in node_modules belong to another user, as after `sudo npm run up`. To make them yours:\n" +
            '  sudo chown -R "$(id -u):$(id -g)" node_modules'
        );
    }
    return undefined;
}

var fault = findFault();
if (fault !== undefined) {
    console.error(fault);
    process.exitCode = 1;
}
