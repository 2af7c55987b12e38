/** What is asked about sources takes no longer for one of them than if it were alone, and for all of them no statement for each. */
import fs from "node:fs";
import { Client } from "pg";
import { openApp } from "../../src/app";
import type { App } from "../../src/domain/app";
import { createTestDatabase, type TestDatabase } from "../support/test-database";
import { withFolder } from "../unit/config/project-folder";

const MANY = 250;
const nameOf = (index: number): string => `s${String(index).padStart(3, "0")}`;
const NAMES = Array.from({ length: MANY }, (_, index) => nameOf(index));
const FILES = Object.fromEntries(
  NAMES.flatMap((source) => [
    [
      `jobs/${source}.yaml`,
      `source: ${source}\nbaseUrl: https://${source}.example\nauth: { kind: none }
schedule: { cron: "15 2 * * *", timezone: Europe/Berlin }
entities:\n  roles: { get: /roles, page: none, deletes: never }\n`,
    ],
    [`mappings/${source}/roles.yaml`, "into: roles\nkey: id\nfields: { name: name }\n"],
  ]),
);

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

async function withApp<T>(use: (app: App, home: string) => Promise<T>): Promise<T> {
  return withFolder(FILES, async (home) => {
    const app = await openApp({ home, env: { DATABASE_URL: db.url }, logLevel: "silent" });
    return use(app, home).finally(() => app.close());
  });
}

test("status asks for all of them at once, and finds what waits at each", async () => {
  await db.database.knex.raw(
    `insert into sync.sources (source, first_complete_at, last_complete_at) select unnest(?::text[]), now(), now()`,
    [[...NAMES]],
  );
  await db.database.knex.raw(`
    with runs as (
      insert into sync.runs (source, mode, options, trigger, state, outcome, report)
      select source, 'sync', '{}', '{}', 'finished', 'held', '{}' from sync.sources where source <> 'local' returning id, source)
    insert into sync.holds (run, source, state, hash, count, evidence, held_at) select id, source, 'open', 'h', 3, '[]', now() from runs`);
  await db.database.knex.raw(`
    insert into sync.slots (source, slot, state, due_at) select source, at, 'missed', at
    from sync.sources, unnest(array['2026-01-01T02:15Z', '2026-01-02T02:15Z']::timestamptz[]) as at where source <> 'local'`);
  await withApp(async (app) => {
    await app.status();
    const asked = jest.spyOn(Client.prototype, "query");
    const all = await app.status();
    expect(asked.mock.calls.length).toBeLessThan(20);
    asked.mockRestore();
    const facts = all.map(({ source, state, lastRun, holds, schedule }) => [
      source,
      state,
      lastRun?.source,
      holds.map((hold) => hold.source),
      schedule?.last?.slot,
    ]);
    expect(facts).toEqual(NAMES.map((name) => [name, "held", name, [name], "2026-01-02T02:15:00.000Z"]));
  });
});

test("one of them is shown without looking at the files of the others", async () => {
  await withApp(async (app, home) => {
    const spies = [jest.spyOn(fs, "openSync"), jest.spyOn(fs.promises, "readdir")];
    const { source } = await app.showSource(nameOf(7));
    const looked = spies.flatMap((spy) => spy.mock.calls.map(([path]) => String(path)));
    for (const spy of spies) spy.mockRestore();
    expect(source).toBe(nameOf(7));
    const own = looked.filter((path) => path.startsWith(home)).map((path) => path.slice(home.length + 1));
    expect([...new Set(own)].sort()).toEqual([
      "jobs",
      `jobs/${nameOf(7)}.yaml`,
      "mappings",
      `mappings/${nameOf(7)}`,
      `mappings/${nameOf(7)}/roles.yaml`,
    ]);
  });
});

test("while all files are read, others get their turn", async () => {
  await withApp(async (app) => {
    await app.status();
    const begun = performance.now();
    let [last, longest, isOver] = [begun, 0, false];
    const watching = (async () => {
      while (!isOver) {
        await new Promise((resolve) => setImmediate(resolve));
        const now = performance.now();
        [longest, last] = [Math.max(longest, now - last), now];
      }
    })();
    await app.status();
    isOver = true;
    await watching;
    expect(longest).toBeLessThan((performance.now() - begun) / 3);
  });
});
