"use strict";
/** `node -r` this to run the project's TypeScript as it stands in a process of its own. What was compiled is kept for the run of the tests. */
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");

const run = process.env.UNDERSTUDY_TEST_RUN;
/** Null keeps nothing: a folder that others share may be theirs, and what lies in it too. */
const folder = run === undefined ? null : join(run, "compiled");

require.extensions[".ts"] = (module, filename) => {
  const source = readFileSync(filename, "utf8");
  module._compile(folder === null ? compile(filename, source) : compileOnce(filename, source), filename);
};

function compileOnce(filename, source) {
  const place = join(folder, createHash("sha256").update(filename).update(source).digest("hex"));
  try {
    return readFileSync(place, "utf8");
  } catch {
    const code = compile(filename, source);
    mkdirSync(folder, { recursive: true });
    // Others may compile it at the same moment.
    writeFileSync(`${place}.${process.pid}`, code);
    renameSync(`${place}.${process.pid}`, place);
    return code;
  }
}

function compile(filename, source) {
  const { transformSync } = require("@swc/core");
  return transformSync(source, {
    filename,
    swcrc: false,
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs" },
  }).code;
}
