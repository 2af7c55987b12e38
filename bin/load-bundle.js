// Loads the command, and what V8 once made of it: half of the time that a command took was for finding and compiling modules.
const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const { Script } = require("node:vm");

/** @returns the script, which V8 can be asked about, and the command that it exports */
function loadBundle(file) {
  // ASCII alone: read as such at once.
  const text = fs.readFileSync(file, "latin1");
  const script = new Script(text, { filename: file, cachedData: codeOf(file, text) });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, path.dirname(file));
  return { script, command: module.exports };
}

const codeFile = (file) => `${file}.code`;
const idOf = (text) => text.slice(0, text.indexOf("\n") + 1);

/** None where it is of another bundle; V8 itself looks whether it is of another version or of other flags. */
function codeOf(file, text) {
  const id = idOf(text);
  try {
    const kept = fs.readFileSync(codeFile(file));
    return kept.latin1Slice(0, id.length) === id ? kept.subarray(id.length) : undefined;
  } catch {
    return undefined;
  }
}

function keepCode(file, script) {
  const id = Buffer.from(idOf(fs.readFileSync(file, "latin1")));
  fs.writeFileSync(codeFile(file), Buffer.concat([id, script.createCachedData()]));
}

module.exports = { loadBundle, keepCode };
