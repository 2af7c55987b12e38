/** Whoever can sign in before a run and not after it counts as removed, whether by a status or by a time. */
import type { Account } from "../../../src/domain/login";
import { isActive } from "../../../src/login/is-active";
import { canSignInBy } from "../../../src/mirror/can-sign-in";
import { HoldStore } from "../../../src/mirror/hold-store";
import { PlanStore } from "../../../src/mirror/plan-store";
import { crowd, JOB, type Person, recordsOf, startSyncedWorld, USERS, type World } from "../../support/world";

const FILES = {
  "mappings/acme/users.yaml": USERS.replace(
    "  display_name: name\n",
    "  display_name: name\n  valid_from: from\n  valid_until: until\n",
  ),
  "jobs/acme.yaml": JOB.replace("entities:", "safeguard: { changes: 100% }\nentities:"),
};

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld(FILES, (one) => {
    one.users = crowd(100);
  });
});
afterEach(() => world.close());

const MINUTE = 60_000;
/** A moment of their own for each, so that no field takes one value for many. */
const fromNow = (minutes: number) => (_: Person, at: number) =>
  new Date(Date.now() + minutes * MINUTE - at * 1_000).toISOString();
const change = (from: number, count: number, field: string, value: (user: Person, at: number) => unknown) =>
  world.users.slice(from, from + count).forEach((user, at) => {
    user[field] = value(user, at);
  });
const shutOut = async () =>
  (
    await world.sql(
      `select key from mirror.users
       where tombstoned_at is null and not (status = 'active' and coalesce(valid_from <= now(), true) and coalesce(valid_until > now(), true))`,
    )
  ).length;
const evidenceOf = ({ hold }: Awaited<ReturnType<World["sync"]>>) => hold?.evidence.map(({ message }) => message);
const accessOf = async ({ plan }: { readonly plan: string | null }) =>
  (await new PlanStore(world.database.knex).access("acme", plan ?? "", 1_000)).listed.map(
    ({ user, effect, what, held }) => [user, effect, what, held],
  );

test.each([
  ["valid_until", "until", fromNow(-10)],
  ["valid_from", "from", fromNow(24 * 60)],
])(
  "a %s that shuts many out is held like a status, and everything else of them lands",
  async (column, field, value) => {
    change(0, 39, field, value);
    change(0, 39, "name", (user) => `New ${user.id}`);
    const planned = await world.plan();
    const access = await accessOf(planned);
    expect(access).toHaveLength(39);
    expect(new Set(access.map(([, ...told]) => told.join(" ")))).toEqual(new Set(["loses sign-in true"]));

    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", exitCode: 6, plan: planned.plan, hold: { count: 39 } });
    expect(evidenceOf(report)).toEqual(["39 of 100 users would be removed (limit 5 %)"]);
    expect(await shutOut()).toBe(0);
    expect(await world.sql("select display_name from mirror.users where key = 'u7'")).toEqual([
      { display_name: "New u7" },
    ]);
    const holds = new HoldStore(world.database.knex);
    expect((await holds.access(await holds.one(report.run), 1_000)).total).toBe(39);

    await holds.release(report.run, 39, "ops@desk", "they left");
    expect(await world.sync({ release: report.run })).toMatchObject({ outcome: "ok", hold: null });
    expect(await shutOut()).toBe(39);
    expect(await world.sql(`select count(*)::integer from mirror.users where ${column} is not null`)).toEqual([
      { count: 39 },
    ]);
  },
);

test("what the customer takes back was never written", async () => {
  change(0, 39, "until", fromNow(-10));
  await world.sync();
  for (const user of world.users) delete user.until;
  expect(await world.sync()).toMatchObject({ outcome: "ok", hold: null });
});

test("status and times that shut somebody out together wait together", async () => {
  change(0, 30, "state", () => "off");
  change(0, 30, "until", fromNow(60));
  change(0, 30, "from", fromNow(-60));
  change(50, 20, "until", fromNow(60));
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "held", hold: { count: 30 } });
  const [held] = await world.sql<{ new: object }>("select new from sync.held_changes where key = 'u7'");
  expect(Object.keys(held?.new ?? {}).sort()).toEqual(["status", "valid_from", "valid_until"]);
  // Whom a time does not shut out has it.
  expect(await world.sql("select count(*)::integer from mirror.users where valid_until is not null")).toEqual([
    { count: 20 },
  ]);
});

test("a few are shut out at once, and count over the week; let in again they do not", async () => {
  const nights = [];
  for (const from of [0, 4]) {
    change(from, 4, "until", fromNow(-10));
    const night = await world.sync();
    expect(night).toMatchObject({ outcome: "ok" });
    nights.push(night.run);
  }
  expect(await world.sql("select entity, count from sync.removals order by run")).toEqual([
    { entity: "users", count: 4 },
    { entity: "users", count: 4 },
  ]);
  change(8, 4, "until", fromNow(-10));
  const third = await world.sync();
  expect(evidenceOf(third)).toEqual(["4 of 100 users would be removed, after 8 in the last 7 days (limit 5 %)"]);
  const undo = { run: nights[1]!, user: null, field: null, keepNewer: false, expect: 4 };
  expect(await world.sync({ mode: "revert", revert: undo })).toMatchObject({ outcome: "ok" });
  expect(await world.sql("select count from sync.removals where run = $1", [nights[1]])).toEqual([{ count: 0 }]);
  change(0, 4, "until", () => undefined);
  const planned = await world.plan({ user: "u1" });
  expect(await accessOf(planned)).toEqual([["u1", "gains", "sign-in", false]]);
});

test("a time that passes takes nothing from anybody: neither alone nor where something else changes", async () => {
  change(0, 60, "until", fromNow(60));
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
  // As if an hour had passed, for the customer and for the mirror.
  change(0, 60, "until", (user) => new Date(Date.parse(String(user.until)) - 120 * MINUTE).toISOString());
  await world.sql("update mirror.users set valid_until = valid_until - interval '120 minutes'");
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ changed: 0, held: 0 });
  change(0, 60, "name", (user) => `New ${user.id}`);
  change(0, 60, "state", () => "off");
  const planned = await world.plan();
  expect((await accessOf(planned)).filter(([, , what]) => what === "sign-in")).toEqual([]);
  expect((await world.sync()).hold?.evidence.map(({ rule }) => rule)).toEqual(["flips"]);
  expect(await world.sql("select * from sync.removals")).toEqual([]);
});

test("the mirror says of everybody what a login says", async () => {
  const at = "2026-11-22T02:15:00Z";
  const moments = [null, "2026-11-22T02:14:59Z", at, "2026-11-22T02:15:01Z"];
  for (const status of ["active", "locked", "disabled"] as const)
    for (const validFrom of moments)
      for (const validUntil of moments) {
        const told = { status, valid_from: validFrom, valid_until: validUntil };
        const sql = canSignInBy("told.said", "nobody", "$2::timestamptz");
        const [said] = await world.sql(
          `select coalesce(${sql}, false) as "canSignIn" from (select $1::jsonb as said) told left join mirror.users nobody on false`,
          [JSON.stringify(told), at],
        );
        const time = (moment: string | null) => (moment === null ? null : Date.parse(moment));
        const account = { status, validFrom: time(validFrom), validUntil: time(validUntil) } as Account;
        expect({ ...told, ...said }).toEqual({ ...told, canSignIn: isActive(account, Date.parse(at)) });
      }
});
