// Runs before anything is installed, on whatever Node.js there is, so it is plain old JavaScript without dependencies.
"use strict";

var oldest = Number(/\d+/.exec(require("../package.json").engines.node)[0]);
var major = Number(process.versions.node.split(".")[0]);

if (process.platform === "win32") {
    console.error("On Windows the lab runs inside WSL 2: https://learn.microsoft.com/windows/wsl/install");
    process.exitCode = 1;
} else if (major < oldest) {
    console.error(
        "Node.js " +
            process.versions.node +
            " is too old, the lab needs " +
            oldest +
            " or later: https://nodejs.org/en/download",
    );
    process.exitCode = 1;
}
