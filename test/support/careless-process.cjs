"use strict";
/**
 * Tells whom the job of the folder in its first argument names for its notices, and asks its system, with whatever the environment of
 * this process says of certificates: Node looks at that by itself, where no test can change it.
 */
require("./typescript-hook.cjs");
const { checkCredentials } = require("../../src/app/answers/check-credentials.ts");
const { createJobs } = require("../../src/app/jobs.ts");
const { createNotices } = require("../../src/app/notices/notices.ts");
const { openAdapters } = require("../../src/app/open/adapters.ts");

async function main() {
  const adapters = openAdapters({ home: process.argv[2], env: {}, logLevel: "silent" });
  const notices = createNotices(adapters, { showSource: async () => ({}) });
  const checks = await checkCredentials(adapters, createJobs(adapters));
  const told = await notices.test("acme", new AbortController().signal);
  await notices.close();
  process.stdout.write(JSON.stringify({ checks, told }));
}

main();
