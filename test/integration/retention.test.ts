/**
 * G27: what was kept long enough goes, and nothing younger; by a clock that can be believed, by one process, and so that the audit
 * tells of it. The life of 30 months is in `retention-life.test.ts`.
 */
import { openApp } from "../../src/app";
import { openAdapters } from "../../src/app/open/adapters";
import { pruneDaily } from "../../src/app/service/prune";
import type { PruneAnswer } from "../../src/domain/retention";
import { EraseStore } from "../../src/mirror/erase/erase-store";
import { RetentionStore } from "../../src/mirror/retention/retention-store";
import { SealStore } from "../../src/mirror/seal-store";
import { eventually } from "../support/eventually";
import { type MovedClock, startMovedClock } from "../support/moved-clock";
import { rewriteAudit } from "../support/rewrite-audit";
import { openWorld, type World } from "../support/world";

const KEPT = { auditMonths: 24, tombstoneDays: 30, rejectDays: 28 };
const BEGIN = "2024-01-15T03:00:00.000Z";

let clock: MovedClock;
let world: World;
let now: string;
beforeEach(async () => {
  clock = await startMovedClock(BEGIN);
  world = await openWorld(clock.made);
  now = BEGIN;
});
afterEach(() => world.close());

const turnTo = async (moment: string): Promise<void> => {
  now = new Date(moment).toISOString();
  await clock.set(now);
};
const later = (days: number, milliseconds = 0): string =>
  new Date(Date.parse(now) + days * 86_400_000 + milliseconds).toISOString();
const retention = (apart = 0) => new RetentionStore(world.database, KEPT, () => Date.parse(now) + apart);
const prune = (dryRun = false, today: string | null = now.slice(0, 10)): Promise<PruneAnswer> =>
  retention().prune({ dryRun, today, by: "ops@desk" });
const pruneOnce = () => retention().pruneDaily("understudy", new AbortController().signal);
const told = ({ pruned }: PruneAnswer) =>
  pruned.map(({ what, source, entity, count }) => [what, ...(source === null ? [] : [`${source}/${entity}`]), count]);
const seals = () => new SealStore(world.database);
const count = async (from: string): Promise<number> =>
  (await world.sql<{ count: number }>(`select count(*) from ${from}`))[0]?.count ?? 0;

/** Of each month one entry that stays in force, and nine of a title of which the last does, all sealed on that day. */
async function tellMonths(months: number): Promise<void> {
  for (let month = 0; month < months; month += 1) {
    await turnTo(new Date(Date.UTC(2024, month, 15, 3)).toISOString());
    await world.sql("select audit.ensure_month(sync.moment())");
    await world.sql(
      `insert into audit.entries (at, run, source, entity, key, kind, new, cause, actor)
       select sync.moment(), $1::int, 'acme', 'users', case when n = 1 then 'p' || $1 else 'boss' end,
              case when n = 1 then 'create' else 'update' end, jsonb_build_object('title', n), 'upstream', 'ops@desk'
       from generate_series(1, 10) n`,
      [month],
    );
    await seals().seal(0);
  }
}

describe("the audit", () => {
  const found = async () =>
    (await seals().verify(null, 100)).findings.map(({ kind, seal, entry }) => [kind, seal, entry]);

  test("drops a month as soon as all of it was kept long enough, and no sooner", async () => {
    await tellMonths(2);
    await turnTo("2026-01-31T23:59:59.999Z");
    expect(told(await prune())).toEqual([]);
    expect(await count("audit.entries")).toBe(20);
    await turnTo("2026-02-01T00:00:00Z");
    expect(await prune(true)).toMatchObject({
      auditSince: null,
      pruned: [{ before: "2024-02-01T00:00:00.000Z", count: 8 }],
    });
    expect(await count("audit.entries")).toBe(20);
    expect(told(await prune())).toEqual([["audit", 8]]);
    expect(told(await prune())).toEqual([]);
    // What is left of the month, all of the next, and what says so.
    expect(await world.sql("select entity, count(*) from audit.entries group by 1 order by 1")).toEqual([
      { entity: "retention", count: 1 },
      { entity: "users", count: 12 },
    ]);
    await turnTo("2026-03-01T00:00:00Z");
    // Of the title there is a later word now.
    expect(told(await prune())).toEqual([["audit", 9]]);
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
    await turnTo("2024-02-02T00:00:01Z");
    await seals().seal(0);
    await turnTo("2026-02-01T00:00:00Z");
    expect(told(await prune())).toEqual([["audit", 9]]);
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
    await turnTo("2024-02-16Z");
    await seals().seal(0);
    await turnTo("2026-03-01Z");
    expect(told(await prune())).toEqual([["audit", 4]]);
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
    await turnTo("2026-05-01T00:00:00Z");
    expect(told(await prune())).toMatchObject([["audit", expect.any(Number)]]);
    await seals().seal(0);
    expect(await seals().verify(null, 10)).toMatchObject({
      holds: true,
      erased: 1,
      auditSince: "2024-05-01T00:00:00.000Z",
    });
    expect(await erase("p2", 1)).toMatchObject({ entries: 1 });
    await seals().seal(0);
    expect(await seals().verify(null, 10)).toMatchObject({ holds: true, erased: 2 });
    expect(await count("audit.entries where key in ('p1', 'p2')")).toBe(0);
    expect(await count("audit.entries where entity = 'erasures'")).toBe(2);
  });

  test("waits while somebody reads what is to go", async () => {
    await tellMonths(1);
    await turnTo("2026-02-01T00:00:00Z");
    const reader = await world.database.knex.transaction();
    await reader.raw("select from audit.entries_2024_01 limit 1");
    expect(await prune()).toMatchObject({
      auditSince: null,
      pruned: [{ what: "audit", waits: expect.stringContaining("being read") }],
    });
    await reader.commit();
    expect(told(await prune())).toEqual([["audit", 8]]);
  });

  test("is written and sealed while it looks for what is to go, however long that takes", async () => {
    await tellMonths(1);
    await turnTo("2026-02-01T00:00:00Z");
    const writer = await world.database.knex.transaction();
    await writer.raw("lock table audit.entries_2024_01 in row exclusive mode");
    const pruned = prune();
    await eventually(
      () => count("pg_locks where not granted and relation = 'audit.entries_2024_01'::regclass"),
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
    await turnTo("2025-06-01T00:00:00Z");
    await world.sync();
    await turnTo("2026-02-02T00:00:00Z");
    await prune();
    const app = await openApp({ home: world.home, env: { DATABASE_URL: clock.made.url }, logLevel: null });
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

  test("what was made to look as if it had been dropped is found out", async () => {
    await tellMonths(30);
    const kept = (await seals().verify(null, 1)).head;
    await prune();
    await seals().seal(0);
    const untouched = await seals().verify(kept, 10);
    expect(untouched).toMatchObject({ holds: true, auditSince: "2024-06-01T00:00:00.000Z", dropped: 44, entries: 257 });
    const [{ entry } = { entry: 0 }] = await world.sql<{ entry: number }>("select entry from audit.drops");
    const forge = (before: string, ids: string) => `
      insert into audit.entries (at, run, source, entity, key, kind, new, cause, actor)
      select sync.moment(), 0, '', 'retention', 'x', 'tombstone', jsonb_build_object('before', '${before}',
        'ids', encode(sha256(multirange_send('${ids}'::int8multirange)), 'hex')), 'retention', 'ops@desk';
      insert into audit.drops select max(id), '${before}', '${ids}' from audit.entries`;
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

test("of each table goes what was kept long enough, and nothing that something else still needs", async () => {
  await world.sync();
  await world.sql(`
    insert into sync.rejects (source, stream, record, entity, code, reason, first_run, first_at, last_run, last_at, healed_at)
    select 'acme', 'users', n::text, 'users', 'MAP001', '', 1, sync.moment(), 1, sync.moment(), case n when 1 then sync.moment() end
    from generate_series(1, 2) n;
    insert into sync.notices (id, source, target, message, state, ended_at)
    values (gen_random_uuid(), 'acme', 't', '{}', 'delivered', sync.moment()), (gen_random_uuid(), 'acme', 't', '{}', 'waiting', null);
    insert into sync.plans select 'acme', 'x', 'h', 1, '{}', sync.moment(), sync.moment();
    insert into sync.removals values ('acme', 'users', 1, sync.moment(), 1);
    insert into sync.new_holders values ('acme', 'r1', 1, sync.moment(), 1);
    insert into sync.runs (source, mode, state, options, trigger, finished_at, outcome)
    select 'acme', 'plan', 'finished', '{}', '{}', sync.moment(), 'ok' from generate_series(2, 6);
    insert into sync.slots (source, slot, state, run, decided_at) values
      ('acme', sync.moment(), 'done', 2, sync.moment()), ('acme', sync.moment() + interval '1 year', 'done', 3, sync.moment() + interval '1 year');
    insert into sync.holds (run, source, hash, count, state, evidence, held_at, decided_at) values
      (4, 'acme', 'h', 1, 'applied', '[]', sync.moment(), sync.moment()), (5, 'acme', 'h', 1, 'rejected', '[]', sync.moment(), sync.moment());
    insert into mirror.local_grants (source, user_key, role_key, granted_at, granted_by, reason, ended_at) values
      ('acme', 'u1', 'r2', sync.moment(), 'x', 'x', sync.moment()), ('acme', 'u1', 'r2', sync.moment(), 'x', 'x', null);
    insert into login.api_keys (name, hash, sources, scopes, created_by, valid_until, revoked_at)
    select n, n::bytea, '{}', '{}', 'x', case n when 'expired' then sync.moment() when 'used' then 'infinity' end,
      case when n in ('over', 'held') then sync.moment() end from unnest(array['over', 'held', 'expired', 'used', 'lasting']) n;
    insert into login.sessions (id, family, handle, source, key, api_key, basis, as_of, expires_at)
    select gen_random_uuid(), '', '', 'acme', 'u1', id, 'live', sync.moment(), sync.moment() from login.api_keys where name = 'held';
    -- Two edits of the mapping of users, which meanwhile was of roles.
    insert into sync.mappings (source, stream, entity, run, at, actor, fingerprint, key, last_run)
    select 'acme', 'users', entity, run, sync.moment(), 'x', '', '{}', run
    from (values ('roles', 100), ('users', 101), ('users', 102)) edits (entity, run)`);
  const limits: readonly (readonly [string, unknown[]])[] = [
    [
      later(7),
      [
        ["plans", 1],
        ["removals", 1],
        ["new-holders", 1],
      ],
    ],
    [later(28), [["rejects", 1]]],
    [later(30), [["notices", 1]]],
    [
      "2026-01-15T03:00:00.000Z",
      [
        ["grants", 1],
        ["slots", 1],
        ["holds", 1],
        ["mappings", 2],
        ["api-keys", 2],
        ["runs", 2],
      ],
    ],
  ];
  for (const [at, due] of limits) {
    await turnTo(at);
    expect(told(await prune())).toEqual([]);
    await turnTo(later(0, 1));
    // A run that is named by what goes itself is not counted beforehand.
    expect(told(await prune(true))[0]).toEqual(due[0]);
    expect(told(await prune())).toEqual(due);
  }
  // Of the runs: the first wrote what is still so, the third has a slot, the fifth a rejected hold, and the last is the latest of its kind.
  expect((await world.sql<{ id: number }>("select id from sync.runs order by id")).map(({ id }) => id)).toEqual([
    1, 3, 5, 6,
  ]);
  const kept = "select run::int from sync.mappings where stream = 'users' order by run";
  expect((await world.sql<{ run: number }>(kept)).map(({ run }) => run)).toEqual([100, 102]);
  const keys = await world.sql<{ name: string }>("select name from login.api_keys order by name");
  expect(keys.map(({ name }) => name)).toEqual(["held", "lasting", "used"]);
  expect([await count("sync.rejects"), await count("sync.notices"), await count("mirror.local_grants")]).toEqual([
    1, 1, 1,
  ]);
});

describe("a record that is gone", () => {
  beforeEach(async () => {
    await world.sync();
    await world.sql(
      `insert into mirror.local_grants (source, user_key, role_key, granted_at, granted_by, reason)
       values ('acme', 'u3', 'r1', sync.moment(), 'x', 'x')`,
    );
    world.users.splice(2, 1);
    await turnTo(later(1));
    await world.sync();
    await turnTo(later(1));
    expect((await world.sync()).outcome).toBe("ok");
    expect(await count("mirror.users where tombstoned_at is not null")).toBe(1);
    await world.sql("delete from sync.removals");
  });

  const back = { id: "u3", login: "cem", state: "on", name: "Cem", orgs: ["o1"], roles: [] };

  test("is kept for its time, and is new when it comes back later; what it stated and was given here is not", async () => {
    const [gone] = await world.sql<{ id: number; at: string; run: number }>(
      "select id, tombstoned_at as at, last_run as run from mirror.users where key = 'u3'",
    );
    await turnTo(gone?.at ?? "");
    await turnTo(later(30));
    expect(told(await prune())).toEqual([]);
    await turnTo(later(0, 1));
    expect(told(await prune(true))).toEqual([["tombstones", "acme/users", 1]]);
    expect(told(await prune())).toEqual([["tombstones", "acme/users", 1]]);
    expect(await count("mirror.users where key = 'u3'")).toBe(0);
    expect(await count("mirror.user_orgs where user_key = 'u3'")).toBe(0);
    expect(await world.sql("select ended_by, ended_at is not null as ended from mirror.local_grants")).toEqual([
      { ended_by: "ops@desk", ended: true },
    ]);
    expect(
      await world.sql(
        "select source, key, kind, actor, new ->> 'records' as records from audit.entries where entity = 'tombstones'",
      ),
    ).toEqual([{ source: "acme", key: "users", kind: "tombstone", actor: "ops@desk", records: "1" }]);
    const undo = { run: gone?.run ?? 0, user: null, field: null, keepNewer: false, expect: 0 };
    const report = await world.sync({ mode: "revert", revert: undo });
    expect(JSON.stringify(report)).toContain("was gone for longer than it is kept; if it comes back, it is new");

    world.users.push(back);
    await world.sync();
    const [anew] = await world.sql<{ id: number }>(
      "select id from mirror.users where key = 'u3' and tombstoned_at is null",
    );
    expect(anew?.id).toBeGreaterThan(gone?.id ?? 0);
    expect(await count("mirror.held_roles('acme', 'u3')")).toBe(0);
  });

  test.each([
    [
      "held",
      `insert into sync.holds (run, source, hash, count, state, evidence, held_at) values (1, 'acme', 'h', 1, 'open', '[]', now());
       insert into sync.held_changes (run, entity, key, related, scope, kind, cause) values (1, 'users', 'u3', '', '', 'restore', 'upstream')`,
      "delete from sync.holds",
    ],
    [
      "pinned",
      `insert into sync.pins (source, entity, key, related, kind, reverted, run, at) values ('acme', 'user_roles', 'u3', 'r1', 'grant', 1, 1, now())`,
      "delete from sync.pins",
    ],
    // A run of an earlier number was queued after it: the clock had been set back.
    [
      "not as old as it says",
      "update sync.runs set queued_at = sync.moment() + interval '80 days' where id = 1",
      "update sync.runs set queued_at = now() - interval '80 days'",
    ],
  ])("stays while it is %s", async (_, because, until) => {
    await turnTo(later(40));
    await world.sql(because);
    expect(told(await prune())).toEqual([]);
    await world.sql(until);
    expect(told(await prune())).toEqual([["tombstones", "acme/users", 1]]);
  });

  test("waits while a run works at its source", async () => {
    await turnTo(later(40));
    const run = await world.database.knex.transaction();
    await run.raw("select from sync.sources where source = 'acme' for update");
    expect(await prune()).toMatchObject({ pruned: [{ count: 1, waits: expect.stringContaining("a run works") }] });
    await run.commit();
    expect(told(await prune())).toEqual([["tombstones", "acme/users", 1]]);
  });
});

describe("a clock", () => {
  beforeEach(() =>
    world.sql("insert into sync.removals values ('acme', 'users', 1, sync.moment() - interval '8 days', 1)"),
  );

  test("that was watched without a jump for a day is believed, or one whose day a person names", async () => {
    await expect(prune(false, null)).rejects.toMatchObject({ code: "RET001" });
    await turnTo(later(1));
    expect(told(await prune(false, null))).toEqual([["removals", 1]]);
  });

  test("that jumps takes nothing with it until it is believed again", async () => {
    await turnTo(later(1));
    await pruneOnce();
    await turnTo(later(700));
    await world.sql("insert into sync.removals values ('acme', 'users', 2, '2024-01-16Z', 1)");
    await expect(prune(false, null)).rejects.toThrow("was watched without a jump only since 2025-12-");
    await expect(prune(false, "2024-01-17")).rejects.toThrow("`--today` says 2024-01-17");
    expect(await prune(true, null)).toMatchObject({
      dryRun: true,
      pruned: [{ what: "removals", count: 1 }],
      refused: expect.stringContaining("jump"),
    });
    // Set back, it makes nothing old.
    await turnTo(later(-700));
    expect(told(await prune(false, null))).toEqual([]);
    expect(await count("sync.removals")).toBe(1);
  });

  test("that is not this machine's is not believed, whatever day is named", async () => {
    const asked = retention(3_600_001).prune({ dryRun: false, today: now.slice(0, 10), by: "ops@desk" });
    await expect(asked).rejects.toMatchObject({ fix: "set both clocks, then run it again" });
  });
});

test("of several processes that stay one takes away what is due, once a day", async () => {
  await turnTo(later(1));
  await world.sql(
    "insert into sync.removals select 'acme', 'users', n, sync.moment() - interval '8 days', 1 from generate_series(1, 3) n",
  );
  const all = await Promise.all([1, 2, 3].map(() => pruneOnce()));
  expect(all.flatMap((answer) => (answer === null ? [] : told(answer)))).toEqual([["removals", 3]]);
  await world.sql("insert into sync.removals values ('acme', 'users', 4, sync.moment() - interval '8 days', 1)");
  await turnTo(later(0, 22 * 3_600_000));
  expect(await pruneOnce()).toBeNull();
  await turnTo(later(0, 3_600_000));
  expect(await pruneOnce()).toMatchObject({ pruned: [{ what: "removals", count: 1 }] });

  // As each of them does it, by the clock of its machine.
  await turnTo(new Date().toISOString());
  await world.sql(
    "update sync.retention set seen_at = sync.moment(), steady_since = sync.moment() - interval '2 days'",
  );
  await world.sql("insert into sync.removals values ('acme', 'users', 5, sync.moment() - interval '8 days', 1)");
  const adapters = openAdapters({ home: world.home, env: { DATABASE_URL: clock.made.url }, logLevel: null });
  try {
    await pruneDaily(adapters).work(new AbortController().signal);
    expect(await count("sync.removals")).toBe(0);
  } finally {
    await adapters.close();
  }

  const other = await world.database.knex.transaction();
  await other.raw("select pg_advisory_lock(hashtext('sync.retention'))");
  await expect(prune()).rejects.toMatchObject({ code: "RET002" });
  await other.raw("select pg_advisory_unlock(hashtext('sync.retention'))");
  await other.rollback();
});
