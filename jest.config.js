/** Packages that are modules of the newer kind only: Node takes them from CommonJS, jest does not until it runs on Node 24. */
const MODULES = ["jose", "oauth4webapi"];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: "<rootDir>/test/support/test-environment.cjs",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: { parser: { syntax: "typescript" }, target: "es2022" },
        module: { type: "commonjs", ignoreDynamic: true },
      },
    ],
    [`/node_modules/(${MODULES.join("|")})/.+\\.js$`]: [
      "@swc/jest",
      { jsc: { target: "es2022" }, module: { type: "commonjs", ignoreDynamic: true } },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${MODULES.join("|")})/)`],
  globalSetup: "<rootDir>/test/support/global-setup.ts",
  globalTeardown: "<rootDir>/test/support/global-teardown.ts",
  testSequencer: "<rootDir>/test/support/long-first.cjs",
  testTimeout: 60_000,
  // One more than the cores of a small machine: tests wait for Postgres and for processes.
  maxWorkers: 3,
};
