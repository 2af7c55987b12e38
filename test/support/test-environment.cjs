"use strict";
/** Node as the environment of a test file, where less is done twice. */
const vm = require("node:vm");
const { TestEnvironment } = require("jest-environment-node");

/**
 * What every module is handed, for a context looks its globals up in C++ whenever one is named. None that a test may replace: no
 * clock, timer, process or console.
 */
const HANDED = [
  ...["Object", "Function", "Array", "String", "Number", "Boolean", "Symbol", "BigInt", "RegExp", "JSON", "Math"],
  ...["Map", "Set", "WeakMap", "WeakSet", "WeakRef", "Promise", "Proxy", "Reflect", "NaN", "Infinity"],
  ...["Error", "TypeError", "RangeError", "SyntaxError", "AbortController", "AbortSignal", "URL", "URLSearchParams"],
  ...["ArrayBuffer", "Uint8Array", "DataView", "Buffer", "encodeURIComponent", "decodeURIComponent"],
  ...["parseInt", "parseFloat", "isNaN", "isFinite"],
];
const handedIn = new WeakMap();

function handed(context) {
  const found = handedIn.get(context) ?? HANDED.map((name) => vm.runInContext(name, context));
  handedIn.set(context, found);
  return found;
}

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
  const head = `(function (${HANDED.join(", ")}) { return function (${parameters.join(", ")}) {`;
  // Lines and columns are told as they stand in the file.
  const script = new vm.Script(`${head}${code}\n}})`, { filename, columnOffset: -head.length });
  return script.runInContext(parsingContext)(...handed(parsingContext));
};

const CLOSERS = Symbol.for("understudy.at-end-of-file");

module.exports = class extends TestEnvironment {
  /** Closes what the tests of the file shared (`at-end-of-file.ts`), after the last of their own hooks. */
  async handleTestEvent({ name }) {
    if (name === "run_finish") for (const close of this.global[CLOSERS] ?? []) await close();
  }
};
