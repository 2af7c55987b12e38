// Loads the command, and what V8 once made of it: half of the time that a command took was for finding and compiling modules.
const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const { Script } = require("node:vm");

/** @returns its text, the script, which V8 can be asked about, and the command that it exports */
function loadBundle(file) {
  // ASCII alone: read as such at once.
  const text = fs.readFileSync(file, "latin1");
  const script = new Script(text, { filename: file, cachedData: readCode(`${file}.code`, text) });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, path.dirname(file));
  return { text, script, command: module.exports };
}

/** A bundle begins with a digest of itself. */
const idOf = (text) => text.slice(0, text.indexOf("\n") + 1);

/** None where it is of another bundle; V8 itself looks whether it is of another version or of other flags. */
function readCode(file, text) {
  const id = idOf(text);
  try {
    const kept = fs.readFileSync(file);
    return kept.latin1Slice(0, id.length) === id ? kept.subarray(id.length) : undefined;
  } catch {
    return undefined;
  }
}

/** What is to be written beside the bundle for `loadBundle`, of a script that has done what it mostly does. */
const codeKept = (text, script) => Buffer.concat([Buffer.from(idOf(text)), script.createCachedData()]);

module.exports = { loadBundle, codeKept };
