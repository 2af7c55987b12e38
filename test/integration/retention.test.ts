/**
 * G27: what was kept long enough goes, and nothing younger; by a clock that can be believed, by one process, and so that the audit
 * tells of it. The life of 30 months is in `retention-life.test.ts`.
 */
import { openAdapters } from "../../src/app/open/adapters";
import { pruneDaily } from "../../src/app/service/prune";
import { AgingWorld, told } from "../support/aging-world";
import type { World } from "../support/world";

let world: World;
let aging: AgingWorld;
beforeEach(async () => {
  aging = await AgingWorld.start();
  world = aging.world;
});
afterEach(() => world.close());

const pruneOnce = () => aging.retention().pruneDaily("understudy", new AbortController().signal);
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
      aging.later(7),
      [
        ["plans", 1],
        ["removals", 1],
        ["new-holders", 1],
      ],
    ],
    [aging.later(28), [["rejects", 1]]],
    [aging.later(30), [["notices", 1]]],
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
    await aging.turnTo(at);
    expect(told(await aging.prune())).toEqual([]);
    await aging.turnTo(aging.later(0, 1));
    // A run that is named by what goes itself is not counted beforehand.
    expect(told(await aging.prune(true))[0]).toEqual(due[0]);
    expect(told(await aging.prune())).toEqual(due);
  }
  // Of the runs: the first wrote what is still so, the third has a slot, the fifth a rejected hold, and the last is the latest of its kind.
  expect((await world.sql<{ id: number }>("select id from sync.runs order by id")).map(({ id }) => id)).toEqual([
    1, 3, 5, 6,
  ]);
  const kept = "select run::int from sync.mappings where stream = 'users' order by run";
  expect((await world.sql<{ run: number }>(kept)).map(({ run }) => run)).toEqual([100, 102]);
  const keys = await world.sql<{ name: string }>("select name from login.api_keys order by name");
  expect(keys.map(({ name }) => name)).toEqual(["held", "lasting", "used"]);
  expect([
    await aging.count("sync.rejects"),
    await aging.count("sync.notices"),
    await aging.count("mirror.local_grants"),
  ]).toEqual([1, 1, 1]);
});

describe("a record that is gone", () => {
  beforeEach(async () => {
    await world.sync();
    await world.sql(
      `insert into mirror.local_grants (source, user_key, role_key, granted_at, granted_by, reason)
       values ('acme', 'u3', 'r1', sync.moment(), 'x', 'x')`,
    );
    world.users.splice(2, 1);
    await aging.turnTo(aging.later(1));
    await world.sync();
    await aging.turnTo(aging.later(1));
    expect((await world.sync()).outcome).toBe("ok");
    expect(await aging.count("mirror.users where tombstoned_at is not null")).toBe(1);
    await world.sql("delete from sync.removals");
  });

  const back = { id: "u3", login: "cem", state: "on", name: "Cem", orgs: ["o1"], roles: [] };

  test("is kept for its time, and is new when it comes back later; what it stated and was given here is not", async () => {
    const [gone] = await world.sql<{ id: number; at: string; run: number }>(
      "select id, tombstoned_at as at, last_run as run from mirror.users where key = 'u3'",
    );
    await aging.turnTo(gone?.at ?? "");
    await aging.turnTo(aging.later(30));
    expect(told(await aging.prune())).toEqual([]);
    await aging.turnTo(aging.later(0, 1));
    expect(told(await aging.prune(true))).toEqual([["tombstones", "acme/users", 1]]);
    expect(told(await aging.prune())).toEqual([["tombstones", "acme/users", 1]]);
    expect(await aging.count("mirror.users where key = 'u3'")).toBe(0);
    expect(await aging.count("mirror.user_orgs where user_key = 'u3'")).toBe(0);
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
    expect(await aging.count("mirror.held_roles('acme', 'u3')")).toBe(0);
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
    await aging.turnTo(aging.later(40));
    await world.sql(because);
    expect(told(await aging.prune())).toEqual([]);
    await world.sql(until);
    expect(told(await aging.prune())).toEqual([["tombstones", "acme/users", 1]]);
  });

  test("waits while a run works at its source", async () => {
    await aging.turnTo(aging.later(40));
    const run = await world.database.knex.transaction();
    await run.raw("select from sync.sources where source = 'acme' for update");
    expect(await aging.prune()).toMatchObject({
      pruned: [{ count: 1, waits: expect.stringContaining("a run works") }],
    });
    await run.commit();
    expect(told(await aging.prune())).toEqual([["tombstones", "acme/users", 1]]);
  });
});

describe("a clock", () => {
  beforeEach(() =>
    world.sql("insert into sync.removals values ('acme', 'users', 1, sync.moment() - interval '8 days', 1)"),
  );

  test("that was watched without a jump for a day is believed, or one whose day a person names", async () => {
    await expect(aging.prune(false, null)).rejects.toMatchObject({ code: "RET001" });
    await aging.turnTo(aging.later(1));
    expect(told(await aging.prune(false, null))).toEqual([["removals", 1]]);
  });

  test("that jumps takes nothing with it until it is believed again", async () => {
    await aging.turnTo(aging.later(1));
    await pruneOnce();
    await aging.turnTo(aging.later(700));
    await world.sql("insert into sync.removals values ('acme', 'users', 2, '2024-01-16Z', 1)");
    await expect(aging.prune(false, null)).rejects.toThrow("was watched without a jump only since 2025-12-");
    await expect(aging.prune(false, "2024-01-17")).rejects.toThrow("`--today` says 2024-01-17");
    expect(await aging.prune(true, null)).toMatchObject({
      dryRun: true,
      pruned: [{ what: "removals", count: 1 }],
      refused: expect.stringContaining("jump"),
    });
    // Set back, it makes nothing old.
    await aging.turnTo(aging.later(-700));
    expect(told(await aging.prune(false, null))).toEqual([]);
    expect(await aging.count("sync.removals")).toBe(1);
  });

  test("that is not this machine's is not believed, whatever day is named", async () => {
    const asked = aging.retention(3_600_001).prune({ dryRun: false, today: aging.now.slice(0, 10), by: "ops@desk" });
    await expect(asked).rejects.toMatchObject({ fix: "set both clocks, then run it again" });
  });
});

test("of several processes that stay one takes away what is due, once a day", async () => {
  await aging.turnTo(aging.later(1));
  await world.sql(
    "insert into sync.removals select 'acme', 'users', n, sync.moment() - interval '8 days', 1 from generate_series(1, 3) n",
  );
  const all = await Promise.all([1, 2, 3].map(() => pruneOnce()));
  expect(all.flatMap((answer) => (answer === null ? [] : told(answer)))).toEqual([["removals", 3]]);
  await world.sql("insert into sync.removals values ('acme', 'users', 4, sync.moment() - interval '8 days', 1)");
  await aging.turnTo(aging.later(0, 22 * 3_600_000));
  expect(await pruneOnce()).toBeNull();
  await aging.turnTo(aging.later(0, 3_600_000));
  expect(await pruneOnce()).toMatchObject({ pruned: [{ what: "removals", count: 1 }] });

  // As each of them does it, by the clock of its machine.
  await aging.turnTo(new Date().toISOString());
  await world.sql(
    "update sync.retention set seen_at = sync.moment(), steady_since = sync.moment() - interval '2 days'",
  );
  await world.sql("insert into sync.removals values ('acme', 'users', 5, sync.moment() - interval '8 days', 1)");
  const adapters = openAdapters({ home: world.home, env: { DATABASE_URL: aging.clock.made.url }, logLevel: null });
  try {
    await pruneDaily(adapters).work(new AbortController().signal);
    expect(await aging.count("sync.removals")).toBe(0);
  } finally {
    await adapters.close();
  }

  const other = await world.database.knex.transaction();
  await other.raw("select pg_advisory_lock(hashtext('sync.retention'))");
  await expect(aging.prune()).rejects.toMatchObject({ code: "RET002" });
  await other.raw("select pg_advisory_unlock(hashtext('sync.retention'))");
  await other.rollback();
});
