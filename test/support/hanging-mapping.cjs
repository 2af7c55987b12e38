"use strict";
/** Asks the sandbox for something that hangs, and tells which process does. */
require("./typescript-hook.cjs");
const children = require("node:child_process");

let pid = 0;
const { fork } = children;
children.fork = (...order) => {
  const child = fork(...order);
  pid = child.pid;
  return child;
};
const { Sandbox } = require("../../src/mapping/sandbox/sandbox.ts");

const sandbox = new Sandbox({ lets: {}, expressions: [{ text: "$contains(x, /^(?:(?=a)a+)+$/)", uses: [] }] }, 60_000);
const ask = (x) => sandbox.evaluate({ which: [0], records: [{ x }], parent: undefined });
ask("b").then(() => {
  void ask(`${"a".repeat(60)}!`);
  process.send({ pid });
});
