"use strict";
/** Node as the environment of a test file, where less is done twice. */
const vm = require("node:vm");
const { TestEnvironment } = require("jest-environment-node");

/**
 * A module that another file of the same worker has loaded is not compiled again: V8 keeps what it compiled of whole scripts, but
 * not of functions, and jest compiles every module as a function.
 */
const { compileFunction } = vm;

vm.compileFunction = (code, parameters, options) => {
  // Scripts that may `import()` are kept for nobody else.
  if (options?.parsingContext === undefined || code.includes("import("))
    return compileFunction(code, parameters, options);
  const { filename, parsingContext } = options;
  const head = `(function (${parameters.join(", ")}) {`;
  // Lines and columns are told as they stand in the file.
  const script = new vm.Script(`${head}${code}\n})`, { filename, columnOffset: -head.length });
  return script.runInContext(parsingContext);
};

const CLOSERS = Symbol.for("understudy.at-end-of-file");

module.exports = class extends TestEnvironment {
  /** Closes what the tests of the file shared (`at-end-of-file.ts`), after the last of their own hooks. */
  async handleTestEvent({ name }) {
    if (name === "run_finish") for (const close of this.global[CLOSERS] ?? []) await close();
  }
};
