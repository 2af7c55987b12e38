"use strict";
/**
 * Node as the environment of a test file, where a module that another file of the same worker has loaded is not compiled again:
 * V8 keeps what it compiled of whole scripts, but not of functions, and jest compiles every module as a function.
 */
const vm = require("node:vm");
const { TestEnvironment } = require("jest-environment-node");

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

module.exports = TestEnvironment;
