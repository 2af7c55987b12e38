#!/usr/bin/env node
const path = require("node:path");
const { buildWhenNeeded } = require("./build-when-needed.js");

try {
  buildWhenNeeded();
} catch (error) {
  process.stderr.write(`demo: ${error.message}\n`);
  process.exit(1);
}
require("../dist/demo/run-demo.js")
  .runDemo(path.join(__dirname, ".."), process.argv.slice(2))
  .then((exitCode) => {
    process.exitCode = exitCode;
  });
