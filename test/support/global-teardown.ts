import { rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { databasePrefix, embeddedServerPid, runFolder, SERVER_URL } from "./test-run";

export default async function globalTeardown(): Promise<void> {
  const folder = runFolder();
  const pid = await embeddedServerPid(folder);
  if (pid !== null) {
    process.kill(pid, "SIGINT");
    while ((await embeddedServerPid(folder)) !== null) await delay(10);
  }
  const url = process.env[SERVER_URL];
  if (url !== undefined) await dropDatabases(url, databasePrefix(folder));
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Those of this run that tests left behind, and its template. */
async function dropDatabases(url: string, prefix: string): Promise<void> {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  const { rows } = await admin.query("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", [prefix]);
  for (const { datname } of rows) {
    await admin.query(`ALTER DATABASE "${datname}" IS_TEMPLATE false`);
    await admin.query(`DROP DATABASE "${datname}" WITH (FORCE)`);
  }
  await admin.end();
}
