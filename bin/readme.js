#!/usr/bin/env node
const path = require("node:path");
const { buildWhenNeeded } = require("./build-when-needed.js");

try {
  buildWhenNeeded();
} catch (error) {
  process.stderr.write(`readme: ${error.message}\n`);
  process.exit(1);
}
require("../dist/demo/write-readme.js")
  .writeReadme(path.join(__dirname, ".."))
  .then((exitCode) => {
    process.exitCode = exitCode;
  });
