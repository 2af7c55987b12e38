#!/usr/bin/env node
// From Node 22 on a command starts in two thirds of the time: what was compiled once is kept among the temporary files.
require("node:module").enableCompileCache?.();
// A time without a zone means the same on every machine.
process.env.TZ = "UTC";
require("./bound-heap.js");
const { buildWhenNeeded } = require("./build-when-needed.js");

try {
  buildWhenNeeded();
} catch (error) {
  process.stderr.write(`understudy: ${error.message}\n`);
  process.exit(1);
}
require("../dist/src/cli.js").main();
