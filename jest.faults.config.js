const { existsSync } = require("node:fs");

/** The whole campaign of faults: longer than a developer waits for `npm test`, which runs a short form of each. */
process.env.UNDERSTUDY_CAMPAIGN = "long";
process.env.UNDERSTUDY_KILL_AT ??= "all";

/** Besides the faults: what is random, or long, in its short form. */
const OTHERS = [
  "integration/sync/random-increments",
  "integration/sync/random-worlds",
  "integration/audit-diff-model",
  "integration/audit-who",
  "integration/bench",
  "integration/how-to",
  "integration/retention-life",
  "unit/mapping/walk-is-sound",
  "unit/schedule/decide-slots",
  "unit/schedule/slot-times-model",
  "unit/config/yaml/scalar-places",
  "unit/upstream/pages/open-page",
];

const absent = OTHERS.filter((name) => !existsSync(`${__dirname}/test/${name}.test.ts`));
if (absent.length > 0) throw new Error(`jest.faults.config.js names tests that are not there: ${absent.join(", ")}`);

/** @type {import('jest').Config} */
module.exports = {
  ...require("./jest.config.js"),
  testMatch: ["**/test/faults/**/*.test.ts", ...OTHERS.map((name) => `**/test/${name}.test.ts`)],
};
