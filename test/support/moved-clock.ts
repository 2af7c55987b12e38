import { silentLog } from "../../src/domain/log";
import { type Database, openDatabase } from "../../src/mirror/database";
import { createTestDatabase, MIGRATED, type TestDatabase } from "./test-database";
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
  await made.database.withClient((client) =>
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
