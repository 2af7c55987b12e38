#!/usr/bin/env node
require("./bound-heap.js");
const { buildWhenNeeded } = require("./build-when-needed.js");

try {
  buildWhenNeeded();
} catch (error) {
  process.stderr.write(`understudy: ${error.message}\n`);
  process.exit(1);
}
require("../dist/src/cli.js").main();
