/** The whole campaign of faults: longer than a developer waits for `npm test`, which runs a short form of each. */
process.env.UNDERSTUDY_CAMPAIGN = "long";
process.env.UNDERSTUDY_KILL_AT ??= "all";

/** @type {import('jest').Config} */
module.exports = { ...require("./jest.config.js"), roots: ["<rootDir>/test/faults"] };
