import { join } from "node:path";
import { makeTemporaryHome } from "../../demo/temporary-home";
import { silentLog } from "../../src/domain/log";
import { type Database, openDatabase } from "../../src/mirror/database";
import { migrate } from "../../src/mirror/migrate";
import { withSession } from "./rows";
import { type BenchUpstream, startUpstream } from "./start-upstream";

/** What every measurement needs: a home with the bench's job, a database server of its own, and the upstream. */
export interface BenchWorld {
  /** Holds the jobs and mappings; also for scratch files. */
  readonly home: string;
  readonly upstream: BenchUpstream;
  /** As PostgreSQL says it. */
  readonly serverVersion: string;
  /** How often a contender works elsewhere before it is measured. */
  readonly warmUps: number;
  /** Aborted when a person stops the bench. */
  readonly signal: AbortSignal;
  /** A fresh database, migrated; answers with its URL. */
  createDatabase(name: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
}

/** A person stopped the bench. */
export class Interrupted extends Error {}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Opens a world, and closes it whatever becomes of `use`: its database may be gigabytes. An interruption ends the measurement at
 * hand.
 *
 * @param checkout the project's folder
 * @param warmUps how often a contender works elsewhere before it is measured
 * @throws Interrupted when a person stopped it
 */
export async function withWorld<T>(
  checkout: string,
  warmUps: number,
  use: (world: BenchWorld) => Promise<T>,
): Promise<T> {
  const interruption = new AbortController();
  const { signal } = interruption;
  const interrupt = () => interruption.abort(new Interrupted());
  for (const name of SIGNALS) process.on(name, interrupt);
  const opened: { close(): Promise<void> }[] = [];
  try {
    const home = await makeTemporaryHome("understudy-bench-", [{ from: join(checkout, "bench/home"), to: "." }]);
    opened.unshift({ close: home.remove });
    const upstream = await startUpstream();
    opened.unshift({ close: upstream.stop });
    const database = await openDatabase({ url: null, home: home.folder, log: silentLog });
    opened.unshift(database);
    const { serverVersion } = database;
    const databases = databasesOf(database, { home: home.folder, migrations: join(checkout, "migrations") });
    return await use({ home: home.folder, upstream, serverVersion, warmUps, signal, ...databases });
  } catch (error) {
    // Whatever breaks off with it, that is why.
    throw signal.aborted ? signal.reason : error;
  } finally {
    for (const one of opened) await one.close();
    for (const name of SIGNALS) process.off(name, interrupt);
  }
}

const databasesOf = (
  server: Database,
  { home, migrations }: { readonly home: string; readonly migrations: string },
): Pick<BenchWorld, "createDatabase" | "dropDatabase"> => ({
  async createDatabase(name) {
    await server.knex.raw("create database ??", [name]);
    const url = urlOf(server, name);
    const database = await openDatabase({ url, home, log: silentLog });
    await migrate(database, { directory: migrations });
    await database.close();
    return url;
  },
  async dropDatabase(name) {
    await server.knex.raw("drop database ?? with (force)", [name]);
  },
});

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
