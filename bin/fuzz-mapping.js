#!/usr/bin/env node
const { buildWhenNeeded } = require("./build-when-needed.js");

try {
  buildWhenNeeded();
} catch (error) {
  process.stderr.write(`fuzz:mapping: ${error.message}\n`);
  process.exit(1);
}
require("../dist/conformance/fuzz-mapping.js")
  .fuzzMapping(process.argv.slice(2))
  .then((exitCode) => {
    process.exitCode = exitCode;
  });
