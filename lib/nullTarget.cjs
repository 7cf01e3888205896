"use strict";

// Runs in a thread of its own. Answers every request at once, and tells its port. What comes of sending to it is the sender's own
// limit on this machine.

const http = require("node:http");
const { parentPort } = require("node:worker_threads");

const server = http.createServer((request, response) => response.writeHead(200, { "x-pod": "none" }).end("ok\n"));
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
