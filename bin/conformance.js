#!/usr/bin/env node
const { buildWhenNeeded } = require("./build-when-needed.js");

try {
  buildWhenNeeded();
} catch (error) {
  process.stderr.write(`conformance: ${error.message}\n`);
  process.exit(1);
}
require("../dist/conformance/run-conformance.js")
  .runConformance(process.argv.slice(2))
  .then((exitCode) => {
    process.exitCode = exitCode;
  });
