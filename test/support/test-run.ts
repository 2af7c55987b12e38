import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";

/** What all workers of one jest run share: set by the global setup, inherited by workers and their children. */
export const RUN_FOLDER = "UNDERSTUDY_TEST_RUN";
/** A server to use instead of an embedded one; its user must be allowed to create databases. */
export const SERVER_URL = "UNDERSTUDY_TEST_DATABASE_URL";

export function runFolder(): string {
  const folder = process.env[RUN_FOLDER];
  if (folder === undefined) throw new Error("this test needs the global setup of jest.config.js");
  return folder;
}

/** The names of a run's databases begin with this. */
export const databasePrefix = (folder: string): string => basename(folder).toLowerCase().replace(/\W+/g, "_");

/** The process number of the embedded server of `home`, or null when none runs. */
export async function embeddedServerPid(home: string): Promise<number | null> {
  const file = join(home, ".understudy", "postgres", "cluster", "data", "postmaster.pid");
  const text = await readFile(file, "utf8").catch(() => "");
  return Number.parseInt(text, 10) || null;
}
