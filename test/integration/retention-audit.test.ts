/** G27 of the audit: whole months go, and nothing that a later question needs; what is left proves that nothing else went. */
import { openApp } from "../../src/app";
import { EraseStore } from "../../src/mirror/erase/erase-store";
import { SealStore } from "../../src/mirror/seal-store";
import { AgingWorld, BEGIN, told } from "../support/aging-world";
import { eventually } from "../support/eventually";
import { rewriteAudit } from "../support/rewrite-audit";
import type { World } from "../support/world";

let world: World;
let aging: AgingWorld;
beforeEach(async () => {
  aging = await AgingWorld.start();
  world = aging.world;
});
afterEach(() => world.close());

const seals = () => new SealStore(world.database);
/** Of each month one entry that stays in force, and nine of a title of which the last does, all sealed on that day. */
async function tellMonths(months: number): Promise<void> {
  for (let month = 0; month < months; month += 1) {
    await aging.turnTo(new Date(Date.UTC(2024, month, 15, 3)).toISOString());
    await tell(month);
  }
}

async function tell(run: number): Promise<void> {
  await world.sql("select audit.ensure_month(sync.moment())");
  await world.sql(
    `insert into audit.entries (at, run, source, entity, key, kind, new, cause, actor)
     select sync.moment(), $1::int, 'acme', 'users', case when n = 1 then 'p' || $1 else 'boss' end,
            case when n = 1 then 'create' else 'update' end, jsonb_build_object('title', n), 'upstream', 'ops@desk'
     from generate_series(1, 10) n`,
    [run],
  );
  await seals().seal(0);
}

/** A drop that is told by somebody who may do everything in the database. */
const forge = (before: string, ids: string, at = "sync.moment()") => `
  insert into audit.entries (at, run, source, entity, key, kind, new, cause, actor)
  select ${at}, 0, '', 'retention', 'x', 'tombstone', jsonb_build_object('before', '${before}',
    'ids', encode(sha256(multirange_send('${ids}'::int8multirange)), 'hex')), 'retention', 'ops@desk';
  insert into audit.drops select max(id), '${before}', '${ids}' from audit.entries`;

describe("the audit", () => {
  const found = async () =>
    (await seals().verify(null, 100)).findings.map(({ kind, seal, entry }) => [kind, seal, entry]);

  test("drops a month as soon as all of it was kept long enough, and no sooner", async () => {
    await tellMonths(2);
    await aging.turnTo("2026-01-31T23:59:59.999Z");
    expect(told(await aging.prune())).toEqual([]);
    expect(await aging.count("audit.entries")).toBe(20);
    await aging.turnTo("2026-02-01T00:00:00Z");
    expect(await aging.prune(true)).toMatchObject({
      auditSince: null,
      pruned: [{ before: "2024-02-01T00:00:00.000Z", count: 8 }],
    });
    expect(await aging.count("audit.entries")).toBe(20);
    expect(told(await aging.prune())).toEqual([["audit", 8]]);
    expect(told(await aging.prune())).toEqual([]);
    // What is left of the month, all of the next, and what says so.
    expect(await world.sql("select entity, count(*) from audit.entries group by 1 order by 1")).toEqual([
      { entity: "retention", count: 1 },
      { entity: "users", count: 12 },
    ]);
    await aging.turnTo("2026-03-01T00:00:00Z");
    // Of the title there is a later word now.
    expect(told(await aging.prune())).toEqual([["audit", 9]]);
    await seals().seal(0);
    expect(await seals().verify(null, 10)).toMatchObject({
      holds: true,
      dropped: 17,
      auditSince: "2024-03-01T00:00:00.000Z",
    });
    expect(
      await world.sql(
        "select source, key, kind, cause, actor, new - 'ids' as says from audit.entries where entity = 'retention' order by id",
      ),
    ).toMatchObject([
      { key: "2024-02-01", actor: "ops@desk", says: { before: "2024-02-01T00:00:00.000Z", entries: 8, left: 2 } },
      { key: "2024-03-01", actor: "ops@desk", says: { before: "2024-03-01T00:00:00.000Z", entries: 9, left: 3 } },
    ]);
  });

  test("drops nothing of the last twelve months, whoever asks the database to", async () => {
    await tellMonths(14);
    const drop = (cut: string) => world.sql("select * from audit.drop_before($1, 'nobody')", [cut]);
    await expect(drop("2024-03-01Z")).rejects.toThrow("none of the last twelve");
    await expect(drop("2024-01-20Z")).rejects.toThrow("whole months");
    await drop("2024-02-01Z");
    expect((await seals().verify(null, 10)).holds).toBe(true);
  });

  test("drops nothing of which no seal proves how old it is", async () => {
    await tellMonths(1);
    await world.sql(
      `insert into audit.entries (at, run, source, entity, key, kind, new, cause, actor)
       select at, run, source, entity, key, kind, new, cause, actor from audit.entries where key = 'boss'`,
    );
    await aging.turnTo("2024-02-02T00:00:01Z");
    await seals().seal(0);
    await aging.turnTo("2026-02-01T00:00:00Z");
    expect(told(await aging.prune())).toEqual([["audit", 9]]);
    await seals().seal(0);
    expect(await seals().verify(null, 10)).toMatchObject({ holds: true, dropped: 9 });
  });

  test("knows people across a rekey", async () => {
    const entry = (key: string, entity: string, kind: string, at: string) => `
      insert into audit.entries (at, run, source, entity, key, related, kind, cause, actor)
      values ('${at}', 1, 'acme', '${entity}', '${key}', '${entity === "users" ? "" : "r1"}', '${kind}', 'upstream', 'x')`;
    const moved = (from: string, to: string) =>
      `insert into sync.rekeys (source, entity, at, old_key, new_key, run) values ('acme', 'users', '2024-02-01Z', '${from}', '${to}', 1)`;
    await world.sql(
      ["2024-01-15Z", "2024-02-15Z"].map((at) => `select audit.ensure_month('${at}'::timestamptz)`).join(";"),
    );
    for (const statement of [
      entry("a", "users", "create", "2024-01-15Z"),
      entry("a", "user_roles", "grant", "2024-01-15Z"),
      entry("c", "users", "create", "2024-01-15Z"),
      entry("c", "user_roles", "grant", "2024-01-15Z"),
      moved("a", "b"),
      moved("c", "d"),
      entry("b", "user_roles", "revoke", "2024-02-15Z"),
      // Somebody else has the key by now, and is gone.
      entry("c", "users", "create", "2024-02-15Z"),
      entry("c", "users", "tombstone", "2024-02-16Z"),
    ])
      await world.sql(statement);
    await aging.turnTo("2024-02-16Z");
    await seals().seal(0);
    await aging.turnTo("2026-03-01Z");
    expect(told(await aging.prune())).toEqual([["audit", 4]]);
    expect(await world.sql("select key, kind from audit.entries where source = 'acme' order by id")).toEqual([
      { key: "a", kind: "create" },
      { key: "c", kind: "create" },
      { key: "c", kind: "grant" },
    ]);
  });

  test("keeps what names the entries of who was erased, and erases also what has outlived its month", async () => {
    await tellMonths(3);
    await world.sql("insert into sync.sources (source) values ('acme') on conflict do nothing");
    const erase = async (key: string, expect: number | null) =>
      new EraseStore(world.database).erase({
        source: "acme",
        key,
        expect,
        trigger: { kind: "cli", by: "ops@desk", reason: "815" },
      });
    expect(await erase("p1", 1)).toMatchObject({ entries: 1 });
    await seals().seal(0);
    await aging.turnTo("2026-05-01T00:00:00Z");
    expect(told(await aging.prune())).toMatchObject([["audit", expect.any(Number)]]);
    await seals().seal(0);
    expect(await seals().verify(null, 10)).toMatchObject({
      holds: true,
      erased: 1,
      auditSince: "2024-05-01T00:00:00.000Z",
    });
    expect(await erase("p2", 1)).toMatchObject({ entries: 1 });
    await seals().seal(0);
    expect(await seals().verify(null, 10)).toMatchObject({ holds: true, erased: 2 });
    expect(await aging.count("audit.entries where key in ('p1', 'p2')")).toBe(0);
    expect(await aging.count("audit.entries where entity = 'erasures'")).toBe(2);
  });

  test("waits while somebody reads what is to go", async () => {
    await tellMonths(1);
    await aging.turnTo("2026-02-01T00:00:00Z");
    const reader = await world.database.knex.transaction();
    await reader.raw("select from audit.entries_2024_01 limit 1");
    expect(await aging.prune()).toMatchObject({
      auditSince: null,
      pruned: [{ what: "audit", waits: expect.stringContaining("being read") }],
    });
    await reader.commit();
    expect(told(await aging.prune())).toEqual([["audit", 8]]);
  });

  test("is written and sealed while it looks for what is to go, however long that takes", async () => {
    await tellMonths(1);
    await aging.turnTo("2026-02-01T00:00:00Z");
    const writer = await world.database.knex.transaction();
    await writer.raw("lock table audit.entries_2024_01 in row exclusive mode");
    const pruned = aging.prune();
    await eventually(
      () => aging.count("pg_locks where not granted and relation = 'audit.entries_2024_01'::regclass"),
      (waiting) => waiting === 1,
    );
    const others = await world.database.knex.transaction();
    await others.raw("select audit.ensure_month(sync.moment())");
    await others.raw(
      "insert into audit.entries (at, run, source, entity, key, kind, cause, actor) values (sync.moment(), 0, 'acme', 'sources', 'acme', 'update', 'x', 'x')",
    );
    await others.commit();
    const sealed = await seals().seal(0);
    await writer.commit();
    expect([sealed, told(await pruned)]).toEqual([true, [["audit", 8]]]);
    expect(await found()).toEqual([]);
  });

  test("says of a time of which it is not whole that it is not", async () => {
    await world.sync();
    await seals().seal(0);
    world.users.push({ id: "u4", login: "dora", state: "on", roles: ["r1"] });
    await aging.turnTo("2025-06-01T00:00:00Z");
    await world.sync();
    await aging.turnTo("2026-02-02T00:00:00Z");
    await aging.prune();
    const app = await openApp({ home: world.home, env: { DATABASE_URL: aging.clock.made.url }, logLevel: null });
    try {
      const [since, before] = ["2024-02-01T00:00:00.000Z", "2024-01-31T00:00:00.000Z"];
      const who = (at: string) => app.auditWho({ source: "acme", role: "r1", at });
      expect((await who(since)).holders).toMatchObject([{ key: "u1", since: BEGIN, run: 1 }]);
      await expect(who(before)).rejects.toThrow(`the audit goes back to ${since}`);
      const diff = (from: string) => app.auditDiff({ source: "acme", from, to: null, full: true });
      expect((await diff(since)).recordsTotal).toBe(1);
      await expect(diff(before)).rejects.toThrow(`the audit goes back to ${since}`);
      expect((await app.auditUser("acme", "u1", null)).note).toContain(`the audit goes back to ${since}`);
      expect((await app.auditUser("acme", "u1", since)).note).toBeNull();
      const { signal } = new AbortController();
      const exported = { source: null, since: null, until: null, take: async () => true, signal };
      expect(await app.auditExport(exported)).toMatchObject({ auditSince: since, first: BEGIN });
      const undo = { run: 1, user: null, field: null, keepNewer: false, expect: 0 };
      expect(JSON.stringify(await world.sync({ mode: "revert", revert: undo }))).toContain("RUN021");
      expect((await world.sync({ mode: "revert", revert: { ...undo, run: 2, expect: 2 } })).error).toBeNull();
    } finally {
      await app.close();
    }
  });

  test("a clock that is behind a drop proves nothing of it, and is said to be behind", async () => {
    const real = Date.now();
    const turnTo = (days: number) => aging.turnTo(new Date(real + days * 86_400_000).toISOString());
    const entryOf = async () =>
      (await world.sql<{ entry: number }>("select max(entry) as entry from audit.drops"))[0]?.entry;
    await turnTo(-1_000);
    await tell(1);
    await turnTo(40);
    await aging.prune();
    await tell(2);
    // The drop is told of a time to come, but what it dropped is old enough all the same.
    expect(await seals().verify(null, 10)).toMatchObject({ holds: true, dropped: 8 });
    await turnTo(1_100);
    expect(told(await aging.prune())).toContainEqual(["audit", 9]);
    await seals().seal(0);
    const answer = await seals().verify(null, 10);
    expect(answer).toMatchObject({ holds: false, findingsTotal: 1, dropped: 17, auditSince: expect.any(String) });
    expect(answer.findings).toEqual([{ kind: "clock-behind", seal: 3, entry: await entryOf(), says: null }]);
    // A list that does not fit fits at no time.
    await rewriteAudit(
      world.database,
      "update audit.drops set ids = ids + '{[100,101)}' where entry = (select max(entry) from audit.drops)",
    );
    expect((await found())[0]).toEqual(["drop-edited", 3, await entryOf()]);
  });

  test("a drop of a time to come that was sealed before that time hides nothing", async () => {
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    await aging.turnTo(day(0));
    await tell(1);
    const [at, before] = [day(730), day(300)];
    await world.sql("select audit.ensure_month($1)", [at]);
    await rewriteAudit(
      world.database,
      `${forge(before, "{[1,11)}", `'${at}'`)}; delete from audit.entries where id <= 10`,
    );
    const named = [["drop-edited", 2, 11], ...Array.from({ length: 10 }, (_, id) => ["gone", 1, id + 1])];
    // Neither while no seal says when it was told, nor by one that says it was told before.
    expect(await found()).toEqual(named);
    await seals().seal(0);
    expect(await found()).toEqual(named);
    expect(await seals().verify(null, 1)).toMatchObject({ dropped: 0, auditSince: null, findingsTotal: 11 });
  });

  test("what was made to look as if it had been dropped is found out", async () => {
    await tellMonths(30);
    const kept = (await seals().verify(null, 1)).head;
    await aging.prune();
    await seals().seal(0);
    const untouched = await seals().verify(kept, 10);
    expect(untouched).toMatchObject({ holds: true, auditSince: "2024-06-01T00:00:00.000Z", dropped: 44, entries: 257 });
    const [{ entry } = { entry: 0 }] = await world.sql<{ entry: number }>("select entry from audit.drops");
    const cases: readonly (readonly [string, unknown[]])[] = [
      // What was still so then, though it is older.
      ["delete from audit.entries where id = 1", [["gone", 1, 1]]],
      ["delete from audit.entries where id = 205", [["gone", 21, 205]]],
      // The list of what was dropped is made longer.
      [
        "delete from audit.entries where id = 205; update audit.drops set ids = ids + '{[205,206)}'",
        [["drop-edited", 31, entry], ...Array.from({ length: 44 }), ["gone", 21, 205]],
      ],
      // A drop of the year before is told of, and one that is old enough of what is not.
      [
        `${forge("2025-09-01Z", "{[205,206)}")}; delete from audit.entries where id = 205`,
        [
          ["drop-edited", 32, entry + 1],
          ["gone", 21, 205],
        ],
      ],
      [`${forge("2024-09-01Z", "{[205,206)}")}; delete from audit.entries where id = 205`, [["gone", 21, 205]]],
      [
        `delete from audit.entries where id = ${entry}`,
        [["drop-edited", 31, entry], ...Array.from({ length: 44 }), ["gone", 31, entry]],
      ],
      [
        `insert into audit.entries overriding system value select (jsonb_populate_record(e, '{"id": 2}')).* from audit.entries e where id = 1`,
        [["edited", 1, 2]],
      ],
    ];
    for (const [query, findings] of cases) {
      await world.sql(
        "create table audit.as_it_was as select * from audit.entries; create table audit.drops_as_they_were as select * from audit.drops",
      );
      await rewriteAudit(world.database, query);
      const is = await found();
      expect(is).toEqual(findings.map((finding) => finding ?? ["gone", expect.any(Number), expect.any(Number)]));
      await rewriteAudit(
        world.database,
        `truncate audit.entries, audit.drops; insert into audit.entries overriding system value select * from audit.as_it_was;
         insert into audit.drops select * from audit.drops_as_they_were; drop table audit.as_it_was, audit.drops_as_they_were;
         select setval('audit.entries_id_seq', max(id)) from audit.entries`,
      );
    }
    expect((await seals().verify(kept, 10)).holds).toBe(true);
  });
});
