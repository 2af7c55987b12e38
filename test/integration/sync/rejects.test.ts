import { rm } from "node:fs/promises";
import { join } from "node:path";
import { RejectStore } from "../../../src/mirror/reject-store";
import { realCommand } from "../../support/real-command";
import { crowd, JOB, recordsOf, startSyncedWorld, USERS, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());

const rejects = async (asked: { all?: boolean; entity?: string; key?: string; limit?: number } = {}) => {
  const { all = false, entity = null, key = null, limit = 100 } = asked;
  return (await new RejectStore(world.database.knex).list({ source: "acme", entity, key, all, limit })).rejects;
};
const [ann, bob] = [0, 1].map((index) => () => world.users[index]!) as [
  () => (typeof world.users)[0],
  () => (typeof world.users)[0],
];

test("a name that is no entity is refused as `sync --only` refuses it", async () => {
  const env = { DATABASE_URL: world.databaseUrl, UPSTREAM_URL: world.upstream.url };
  for (const argv of [
    ["rejects", "acme", "--entity", "user"],
    ["sync", "acme", "--only", "user"],
  ])
    expect(await realCommand(world.home, argv, { env })).toMatchObject({
      exitCode: 2,
      out: "",
      err: "error[USE003]: `acme` has no entity `user`\n  did you mean `users`?\n",
    });
  const known = await realCommand(world.home, ["rejects", "acme", "--entity", "users"], { env });
  expect(known).toMatchObject({ exitCode: 0, out: "every record of acme/users can be mapped\n" });
});

test("of a source whose job file is gone the mirror still says what it rejects, and a name that nobody knows is refused", async () => {
  ann().login = null;
  await world.sync();
  await rm(join(world.home, "jobs/acme.yaml"));
  const env = { DATABASE_URL: world.databaseUrl };
  const kept = await realCommand(world.home, ["rejects", "acme"], { env });
  expect(kept).toMatchObject({ exitCode: 0, err: "" });
  expect(kept.out).toContain("users u1  MAP020");
  const unknown = await realCommand(world.home, ["rejects", "acne"], { env });
  expect(unknown).toMatchObject({ exitCode: 2, out: "" });
  expect(unknown.err).toMatch(
    /^error\[USE002\]: there is no source `acne`: .*the mirror holds nothing of it\n.*`acme`/,
  );
});

test("a reject is tried in every run, remembered with its record masked, and says when it has healed", async () => {
  Object.assign(ann(), {
    login: null,
    email: "ann@example.com",
    shoe: "thirty nine",
    password: "hunter2",
    roles: ["r1"],
  });
  const first = await world.sync();
  expect(first).toMatchObject({ outcome: "rejects", exitCode: 5 });
  const second = await world.sync();
  expect(await rejects()).toEqual([
    {
      stream: "users",
      entity: "users",
      key: "u1",
      field: "username",
      code: "MAP020",
      reason: "`username` is missing",
      runs: 2,
      healed: null,
      firstRun: first.run,
      firstAt: expect.any(String),
      lastRun: second.run,
      lastAt: expect.any(String),
      record: {
        // What a field reads that is not personal is shown, and nothing else.
        id: "u1",
        state: "on",
        name: "Ann",
        orgs: ["o2"],
        roles: ["r1"],
        login: null,
        email: "a…@e….c…",
        shoe: "t… n…",
      },
    },
  ]);
  // In its old state.
  expect(await world.sql("select username, email from mirror.users where key = 'u1'")).toEqual([
    { username: "ann", email: null },
  ]);
  ann().login = "ann";
  const healed = await world.sync();
  expect(healed.outcome).toBe("ok");
  expect(recordsOf(healed, "users")).toMatchObject({ rejected: 0, healed: 1, changed: 1 });
  expect(await rejects()).toEqual([]);
  expect(await rejects({ all: true })).toMatchObject([
    { key: "u1", runs: 2, healed: { run: healed.run, as: "mapped" }, record: { id: "u1" } },
  ]);
  expect(recordsOf(await world.sync(), "users").healed).toBe(0);

  // Rejected again, it begins anew.
  ann().login = "";
  const again = await world.sync();
  expect(await rejects()).toMatchObject([{ key: "u1", runs: 1, firstRun: again.run, healed: null }]);
});

describe("who may not sign in any more by a record that is rejected", () => {
  const statuses = () => world.sql("select key, username, status from mirror.users order by key");
  const told = (run: number) =>
    world.sql("select key, kind, old, new, cause from audit.entries where run = $1 order by id", [run]);
  const isBarred = { kind: "update", old: { status: "active" }, new: { status: "disabled" }, cause: "rejected" };

  // One of three is more than one in a hundred.
  beforeEach(() => world.write("jobs/acme.yaml", `${JOB}safeguard: { rejects: 100% }\n`));

  test("is disabled, and nothing else of them changes; a plan says so", async () => {
    Object.assign(ann(), { state: "off", login: null, name: "Gone", roles: [] });
    const planned = await world.plan();
    const report = await world.sync();
    expect(report.plan).toBe(planned.plan);
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 3, rejected: 1, deactivated: 1, changed: 0, same: 2 });
    expect(await told(report.run)).toEqual([{ key: "u1", ...isBarred }]);
    expect(await statuses()).toMatchObject([
      { key: "u1", username: "ann", status: "disabled" },
      { key: "u2", status: "active" },
      {},
    ]);
    // Only a record that can be mapped lets them in again.
    ann().state = "on";
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ rejected: 1, changed: 0, same: 2 });
    ann().login = "ann";
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ rejected: 0, changed: 1, same: 2 });
    expect(await statuses()).toMatchObject([{ key: "u1", status: "active" }, {}, {}]);
  });

  test("leavers who are all renamed alike are disabled, each of them", async () => {
    for (const one of [ann(), bob()]) Object.assign(one, { state: "off", login: "deleted-user" });
    const report = await world.sync();
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 3, rejected: 2, deactivated: 2, changed: 0, same: 1 });
    expect(await told(report.run)).toEqual(["u1", "u2"].map((key) => ({ key, ...isBarred })));
    expect(await statuses()).toMatchObject([
      { key: "u1", username: "ann", status: "disabled" },
      { key: "u2", username: "bob", status: "disabled" },
      {},
    ]);
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ rejected: 2, changed: 0, same: 1 });
  });

  test("of two records on one page, or a status that cannot be mapped, nothing is believed", async () => {
    world.users.push({ ...ann(), login: null, state: "off" });
    Object.assign(bob(), { state: { off: true } });
    await world.sync();
    expect((await rejects()).map(({ key }) => key)).toEqual(["u1", "u2"]);
    expect(await statuses()).toMatchObject([{ status: "active" }, { status: "active" }, {}]);
  });

  test("with too many at once they are held, as others are", async () => {
    world.users = crowd(40);
    await world.sync();
    for (const one of world.users.slice(0, 12)) Object.assign(one, { state: "off", login: "deleted-user" });
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", hold: { count: 12 } });
    expect(recordsOf(report, "users")).toMatchObject({ held: 12, rejected: 12, changed: 0, same: 28 });
  });
});

test("one that is left out on purpose or gone upstream is rejected no more", async () => {
  world.users.push({ id: "u4", state: "on" }, { id: "u5", state: "on" });
  await world.sync();
  expect((await rejects()).map(({ key }) => key)).toEqual(["u4", "u5"]);
  world.users[3]!.state = "staged";
  world.users.splice(4, 1);
  const { run } = await world.sync();
  expect(await rejects({ all: true })).toMatchObject([
    { key: "u4", healed: { run, as: "skipped" } },
    { key: "u5", healed: { run, as: "gone" } },
  ]);
  expect(await rejects({ all: true, key: "u4" })).toHaveLength(1);
  expect(await rejects({ all: true, entity: "roles" })).toEqual([]);
  expect(await rejects({ all: true, limit: 1 })).toHaveLength(1);
});

test("an incomplete read heals whom it met, and nobody else", async () => {
  world.users = Array.from({ length: 12 }, (_, index) => ({ id: `u${index}`, login: `n${index}`, state: "on" }));
  for (const index of [1, 11]) world.users[index]!.login = undefined;
  await world.sync();
  for (const index of [1, 11]) world.users[index]!.login = `n${index}`;
  world.usersList.fault(2, "truncated");
  const half = await world.sync();
  expect(half.outcome).toBe("incomplete");
  expect((await rejects()).map(({ key }) => key)).toEqual(["u11"]);
});

test("a record that is no object, odd or too large is rejected with what can be kept of it", async () => {
  const deep = JSON.parse(`${'{"a":'.repeat(40)}1${"}".repeat(40)}`) as unknown;
  (world.users as unknown[]).push("not a person", { id: "u5", text: "x ".repeat(40_000) }, { id: "u6", deep });
  (world.users as unknown[]).push({ id: "u7", note: "nul \u0000 and \ud800", __proto__: null });
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "incomplete", error: { code: "RUN005" } });
  const kept = await rejects();
  expect(kept.find(({ key }) => key === null)?.record).toBe("n… a… p…");
  expect(kept.find(({ key }) => key === "u5")?.record).toBeNull();
  expect(kept.find(({ key }) => key === "u7")?.record).toMatchObject({ id: "u7", note: "n… \u0000 a… \ud800" });
  expect(kept.find(({ key }) => key === "u6")).toBeDefined();
});

describe("two people with one login", () => {
  const reasons = async () => Object.fromEntries((await rejects()).map(({ key, reason }) => [key, reason]));
  const names = async () =>
    Object.fromEntries(
      (
        await world.sql<{ key: string; username: string }>(
          "select key, username from mirror.users where tombstoned_at is null",
        )
      ).map(({ key, username }) => [key, username]),
    );

  test("who is there stays, whoever comes is rejected, and both are named", async () => {
    world.users.push({ id: "u4", login: "ANN", state: "on" });
    expect((await world.sync()).outcome).toBe("rejects");
    expect(await reasons()).toEqual({ u4: "its `username` is held by users/u1" });
    // It heals when the other one gives the name up.
    ann().login = "anna";
    const report = await world.sync();
    expect(recordsOf(report, "users")).toMatchObject({ new: 1, changed: 1, healed: 1, rejected: 0 });
    expect(await names()).toMatchObject({ u1: "anna", u4: "ANN" });
  });

  test("three newcomers are rejected, each naming the others", async () => {
    for (const id of ["u4", "u5", "u6"]) world.users.push({ id, login: id === "u5" ? "Dora" : "dora", state: "on" });
    await world.sync();
    expect(await reasons()).toEqual({
      u4: "its `username` is also that of users/u5, users/u6",
      u5: "its `username` is also that of users/u4, users/u6",
      u6: "its `username` is also that of users/u4, users/u5",
    });
    // No personal data.
    expect(JSON.stringify(await reasons())).not.toContain("dora");
    world.users.splice(4, 2);
    await world.sync();
    expect(await names()).toMatchObject({ u4: "dora" });
  });

  test("of many newcomers some are named and the rest is counted", async () => {
    for (let n = 10; n < 20; n += 1) world.users.push({ id: `u${n}`, login: "dora", state: "on" });
    await world.sync();
    expect((await reasons()).u10).toBe(
      "its `username` is also that of users/u11, users/u12, users/u13, users/u14, users/u15 and 4 more",
    );
    expect((await reasons()).u19).toContain("users/u14 and 4 more");
  });

  test("two who swap, and one who takes a leaver's name over, are no conflict", async () => {
    [ann().login, bob().login] = [bob().login, ann().login];
    world.users[2]!.state = "purged";
    world.users.push({ id: "u4", login: "cem", state: "on" });
    const report = await world.sync();
    expect(report.outcome).toBe("ok");
    expect(await names()).toEqual({ u1: "bob", u2: "ann", u4: "cem" });
  });

  test("a ring of three, one of whom cannot be mapped, moves nobody onto a name that is not free", async () => {
    const [one, two, three] = world.users;
    [one!.login, two!.login, three!.login] = ["bob", "cem", "ann"];
    three!.email = "no address";
    await world.sync();
    expect(await names()).toEqual({ u1: "ann", u2: "bob", u3: "cem" });
    expect(await reasons()).toMatchObject({
      u1: "its `username` is held by users/u2",
      u2: "its `username` is held by users/u3",
    });
    three!.email = undefined;
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ changed: 3, healed: 3 });
    expect(await names()).toEqual({ u1: "bob", u2: "cem", u3: "ann" });
  });
});

test("a rekey takes rejects along, and a source that is retired leaves none", async () => {
  world.users.push({ id: "u4", login: null, state: "on" });
  for (const person of world.users) person.uuid = `x-${person.id}`;
  await world.sync();
  await world.write("mappings/acme/users.yaml", USERS.replace("key: id", "key: uuid"));
  await world.sync({ mode: "rekey", rekey: { stream: "users", expect: 3 } });
  expect((await rejects()).map(({ key }) => key)).toEqual(["x-u4"]);
});

test("records without a key are listed in the order in which they came", async () => {
  const places = [
    ...["page 2, record 2", "page 2, record 10", "page 10, record 1"],
    ...["team-2, page 1, record 1", "team-10, page 1, record 1"],
  ];
  const run = (await world.sync()).run;
  await world.sql(
    `insert into sync.rejects (source, stream, record, entity, code, reason, first_run, first_at, last_run, last_at)
     select 'acme', 'users', place, 'users', 'MAP022', 'no key', $2, now(), $2, now() from unnest($1::text[]) as place
     order by place`,
    [places, run],
  );
  expect((await rejects()).map(({ place }) => place)).toEqual(places);
});
