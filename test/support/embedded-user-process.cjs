"use strict";
/** A process that uses the embedded server of the folder in its first argument until its standard input ends. */
require("./typescript-hook.cjs");
const { ensureEmbeddedServer } = require("../../src/mirror/embedded/ensure-embedded-server.ts");
const { silentLog } = require("../../src/domain/log.ts");

async function main() {
  const server = await ensureEmbeddedServer({ home: process.argv[2], fsync: false, lingerMs: 300, log: silentLog });
  process.stdout.write(`${JSON.stringify({ host: server.host, dataDir: server.dataDir, reused: server.reused })}\n`);
  process.stdin.resume();
  process.stdin.once("end", () => void server.release());
}

main().catch((error) => {
  process.stdout.write(`${JSON.stringify({ code: error.code, message: error.message, fix: error.fix })}\n`);
  process.exit(1);
});
