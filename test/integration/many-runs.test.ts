/** What is asked of a source's runs looks at few of them, however many there were of this source or of another. */
import type { Knex } from "knex";
import { RunStore } from "../../src/mirror/run-store";
import { SourceStore } from "../../src/mirror/source-store";
import { WAS_CUT_OFF } from "../../src/mirror/stage/land/landed";
import { createTestDatabase, type TestDatabase } from "../support/test-database";

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await db.database.knex.raw(
    "insert into sync.sources (source) values ('quiet'), ('busy0'), ('busy1'), ('busy2'), ('busy3')",
  );
  await db.database.knex.raw(`insert into sync.runs (source, mode, options, trigger, state, outcome, report)
    select case when n = 1 then 'quiet' else 'busy' || n % 4 end, 'sync', '{}', '{}', 'finished', 'ok', '{}'
    from generate_series(1, 20000) as n`);
  await db.database.knex.raw("analyze sync.runs");
});
afterAll(() => db.drop());

test.each<[string, (knex: Knex) => Promise<unknown>]>([
  ["the facts about sources", (knex) => new SourceStore(knex).facts()],
  ["what their latest runs held back", (knex) => new RunStore(knex).heldBack(null)],
  [
    "those that were cut off and that nobody has told of",
    (knex) =>
      knex.raw(`update sync.runs r set told_by = 1 where r.source = 'busy1' and r.told_by is null and ${WAS_CUT_OFF}`),
  ],
])("%s", async (_what, ask) => {
  const looked = await db.database.knex.transaction(async (knex) => {
    const before = await lookedAt(knex);
    await ask(knex);
    return (await lookedAt(knex)) - before;
  });
  expect(looked).toBeLessThan(200);
});

/** How many runs this session has looked at that the server has not counted yet. */
async function lookedAt(knex: Knex): Promise<number> {
  const { rows } = await knex.raw<{ rows: { looked: number }[] }>(
    `select coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::integer as looked from pg_stat_xact_user_tables
     where schemaname = 'sync' and relname = 'runs'`,
  );
  return rows[0]?.looked ?? 0;
}
