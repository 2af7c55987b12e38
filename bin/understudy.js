#!/usr/bin/env node
const { setFlagsFromString } = require("node:v8");
const { buildWhenNeeded } = require("./build-when-needed.js");

// Pages pass through quickly; with room to spare V8 lets them pile up: Node 22 took 60 MB more for the same work.
setFlagsFromString("--max-semi-space-size=2");
setFlagsFromString("--semi-space-growth-factor=1");

try {
  buildWhenNeeded();
} catch (error) {
  process.stderr.write(`understudy: ${error.message}\n`);
  process.exit(1);
}
require("../dist/src/cli.js").main();
