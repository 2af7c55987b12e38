import { silentLog } from "../../src/domain/log";
import { type Database, openDatabase } from "../../src/mirror/database";
import { createTestDatabase, MIGRATED, type Template, type TestDatabase } from "./test-database";
import { runFolder } from "./test-run";

export interface MovedClock {
  readonly made: TestDatabase;
  /** By which the audit, tombstones, runs and seals are told; leases, and what holds them, live by the real one. */
  set(moment: string): Promise<void>;
}

/**
 * A database whose clock says what a test wants. Its functions stand before Postgres's own on the search path, which those that were
 * bound when they were made do not see: they are made anew.
 */
export async function startMovedClock(moment: string): Promise<MovedClock> {
  const made = await createTestDatabase(MIGRATED);
  await moveClock(made.database, moment);
  return openMovedClock(made);
}

/** A template whose copies are opened by `openMovedClock`. @param live is lived in the template, by its clock */
export const withMovedClock = (name: string, moment: string, live: (clock: MovedClock) => Promise<void>): Template => ({
  name,
  base: MIGRATED,
  async fill(database, url) {
    await moveClock(database, moment);
    const clock = await openMovedClock({ database, url, drop: async () => undefined });
    await live(clock);
    await clock.made.database.close();
  },
});

const moveClock = (database: Database, moment: string): Promise<unknown> =>
  database.withClient((client) =>
    client.query(`
      create schema moved;
      create table moved.clock (now timestamptz not null);
      insert into moved.clock values ('${moment}');
      create function moved.now() returns timestamptz language sql stable as $$ select now from moved.clock $$;
      create function moved.statement_timestamp() returns timestamptz language sql stable as $$ select now from moved.clock $$;
      create or replace function sync.moment() returns timestamptz language sql stable as $$ select now from moved.clock $$;
      alter table sync.runs alter column queued_at set default sync.moment();
      update sync.retention set seen_at = sync.moment(), steady_since = sync.moment()`),
  );

export async function openMovedClock(made: TestDatabase): Promise<MovedClock> {
  const url = `${made.url}${made.url.includes("?") ? "&" : "?"}options=${encodeURIComponent("-c search_path=moved,pg_catalog,public")}`;
  const database: Database = await openDatabase({ url, home: runFolder(), log: silentLog });
  return {
    made: {
      url,
      database,
      async drop() {
        await database.close();
        await made.drop();
      },
    },
    set: (to) => database.knex.raw("update moved.clock set now = ?::timestamptz", [to]),
  };
}
