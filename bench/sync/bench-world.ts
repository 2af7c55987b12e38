import { join } from "node:path";
import { makeTemporaryHome } from "../../demo/temporary-home";
import { silentLog } from "../../src/domain/log";
import { type Database, openDatabase } from "../../src/mirror/database";
import { migrate } from "../../src/mirror/migrate";
import { withSession } from "./rows";
import { type BenchUpstream, startUpstream } from "./start-upstream";

/** What every measurement needs: a home with the bench's job, a database server of its own, and the upstream. */
export interface BenchWorld {
  readonly users: number;
  /** Holds the jobs and mappings; also for scratch files. */
  readonly home: string;
  readonly upstream: BenchUpstream;
  /** As PostgreSQL says it. */
  readonly serverVersion: string;
  /** A fresh database, migrated; answers with its URL. */
  createDatabase(name: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  close(): Promise<void>;
}

/** @param checkout the project's folder */
export async function openWorld(checkout: string, users: number): Promise<BenchWorld> {
  const home = await makeTemporaryHome("understudy-bench-", [{ from: join(checkout, "bench/home"), to: "." }]);
  const upstream = await startUpstream(users);
  const database = await openDatabase({ url: null, home: home.folder, log: silentLog });
  return {
    users,
    upstream,
    home: home.folder,
    serverVersion: database.serverVersion,
    async createDatabase(name) {
      await database.knex.raw("create database ??", [name]);
      const url = urlOf(database, name);
      const opened = await openDatabase({ url, home: home.folder, log: silentLog });
      await migrate(opened, { directory: join(checkout, "migrations") });
      await opened.close();
      return url;
    },
    async dropDatabase(name) {
      await database.knex.raw("drop database ?? with (force)", [name]);
    },
    async close() {
      await database.close();
      await upstream.stop();
      await home.remove();
    },
  };
}

function urlOf({ poolConfig }: Database, name: string): string {
  const { host = "", port = "", user = "", password } = poolConfig;
  const place = new URLSearchParams({ host, port: String(port) });
  return `postgresql://${user}:${encodeURIComponent(String(password))}@localhost/${name}?${place}`;
}

/** What one contender left to be written is not to be another's burden. */
export const writeOutstandingPages = (databaseUrl: string): Promise<void> =>
  withSession(databaseUrl, async (client) => void (await client.query("checkpoint")));

/** A day lies between a run and the next, in which the server would have done this by itself. */
export const letADayPass = (databaseUrl: string): Promise<void> =>
  withSession(databaseUrl, async (client) => void (await client.query("vacuum (analyze)")));
