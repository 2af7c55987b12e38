"use strict";
/**
 * The order of test files: first those that start our commands as processes, which take longest however short they are. Without
 * times of an earlier run jest goes by size, and one of these would be left to the end, with nothing to do beside it.
 */
const { readFileSync } = require("node:fs");
const { default: Sequencer } = require("@jest/test-sequencer");

const STARTS_COMMANDS = /support\/(service|command-stage|real-command)"/;

module.exports = class LongFirst extends Sequencer {
  sort(tests) {
    const isLong = new Map(tests.map((test) => [test, STARTS_COMMANDS.test(readFileSync(test.path, "utf8"))]));
    return super.sort(tests).sort((one, other) => isLong.get(other) - isLong.get(one));
  }
};
