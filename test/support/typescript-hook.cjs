"use strict";
/** `node -r` this to run the project's TypeScript as it stands in a process of its own. What was compiled is kept for the run of the tests. */
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

const folder = join(process.env.UNDERSTUDY_TEST_RUN ?? tmpdir(), "compiled");

require.extensions[".ts"] = (module, filename) => {
  const source = readFileSync(filename, "utf8");
  const place = join(folder, createHash("sha256").update(filename).update(source).digest("hex"));
  module._compile(compiledAt(place) ?? compile(filename, source, place), filename);
};

function compiledAt(place) {
  try {
    return readFileSync(place, "utf8");
  } catch {
    return null;
  }
}

function compile(filename, source, place) {
  const { transformSync } = require("@swc/core");
  const { code } = transformSync(source, {
    filename,
    swcrc: false,
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs" },
  });
  mkdirSync(folder, { recursive: true });
  // Others may compile it at the same moment.
  writeFileSync(`${place}.${process.pid}`, code);
  renameSync(`${place}.${process.pid}`, place);
  return code;
}
