/** A list of nothing but links, such as all assignments of a customer, which belong to no parent. */
import { crowd, JOB, linksOf, startSyncedWorld, USERS, type World } from "../../support/world";

const LIST = `  assignments:
    get: /assignments
    records: items
    page: { offset: offset, size: limit=50, total: total }
    deletes: sweep
`;

interface Assignment {
  readonly user?: string;
  readonly role?: string;
  readonly team?: string;
  readonly via?: string;
}

let world: World;
let assignments: Assignment[];
/** In the place of what is true. */
let total: number | null;
const prepare = (one: World): void => {
  one.users = crowd(100);
  assignments = [
    ...one.users.map(({ id }) => ({ user: String(id), role: "r2" })),
    { user: "u1", role: "r1" },
    { user: "u2", role: "r1" },
  ];
  total = null;
  one.upstream.on("/assignments", ({ query }) => {
    const offset = Number(query.get("offset"));
    return { body: { total: total ?? assignments.length, items: assignments.slice(offset, offset + 50) } };
  });
};
beforeEach(async () => {
  world = await startSyncedWorld(
    {
      "jobs/acme.yaml": JOB + LIST,
      "mappings/acme/users.yaml": USERS.replace("  roles: { from: roles, type: list }\n", ""),
      "mappings/acme/assignments.yaml": "into: user_roles\nfields:\n  user: user\n  role: role\n  org: team\n",
    },
    prepare,
  );
});
afterEach(() => world.close());

const admins = async () =>
  (
    await world.sql("select distinct user_key from mirror.user_roles where role_key = 'r1' and effective order by 1")
  ).map(({ user_key }) => user_key);

test("what a whole list states no more is revoked, told once, and comes again when it is stated again", async () => {
  const [all] = [assignments];
  assignments = all.slice(0, -1);
  const planned = await world.plan();
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok", plan: planned.plan });
  expect(linksOf(report, "user_roles")).toMatchObject({ before: 102, revoked: 1, after: 101 });
  expect(await admins()).toEqual(["u1"]);
  expect(await world.sql("select kind, key, origin, owner from audit.entries where run = $1", [report.run])).toEqual([
    { kind: "revoke", key: "u2", origin: "assignments", owner: "" },
  ]);
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ granted: 0, revoked: 0 });

  const undone = await world.sync({
    mode: "revert",
    revert: { run: report.run, user: null, field: null, keepNewer: false, expect: 1 },
  });
  expect(undone).toMatchObject({ outcome: "ok" });
  expect(await world.sync()).toMatchObject({ outcome: "held", hold: { evidence: [{ rule: "reverted", count: 1 }] } });
  expect(await admins()).toEqual(["u1", "u2"]);
  assignments = all;
  expect(await world.sync()).toMatchObject({ outcome: "ok", hold: null });
  expect(await world.sql("select * from sync.pins")).toEqual([]);
});

test("a list that came empty, and one that lacks many, take nothing from anybody", async () => {
  const [all] = [assignments];
  assignments = [];
  expect(await world.sync()).toMatchObject({ outcome: "held", hold: { evidence: [{ rule: "empty", count: 102 }] } });
  assignments = all.slice(20);
  expect(await world.sync()).toMatchObject({ outcome: "held", hold: { evidence: [{ rule: "removals", count: 20 }] } });
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ after: 102 });
});

test.each([
  ["declares more than it lists", () => (total = 102), "102 were declared and 101 listed"],
  [
    "has a link on two pages",
    () => assignments.splice(50, 0, { user: "u1", role: "r2" }),
    "`u1 -> r2` came on page 1 and again on page 2",
  ],
])("a list that %s is not whole: nothing goes, and it says so", async (_, spoil, because) => {
  assignments = assignments.slice(0, -1);
  spoil();
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "incomplete", error: { code: "RUN005" } });
  expect(report.error?.message).toContain(because);
  expect(await admins()).toEqual(["u1", "u2"]);
});

test("a link that several records state, by themselves and by a group, is one that stands until the last of them is gone", async () => {
  assignments.splice(3, 0, { user: "u100", role: "r2", via: "group 1" }, { user: "u100", role: "r2", via: "group 2" });
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
  assignments = assignments.filter(({ user, via }) => user !== "u100" || via === "group 2");
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ revoked: 0, after: 102 });
  assignments = assignments.filter(({ user }) => user !== "u100");
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ revoked: 1, after: 101 });
});

test("where a link cannot be mapped, it may be any of those that the mirror holds", async () => {
  assignments[101] = { user: "u2" };
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ revoked: 0 });
  assignments.pop();
  expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ revoked: 1 });
});

test("what was stated below parents until the `each` was taken out goes once the list is whole", async () => {
  await world.write(
    "jobs/acme.yaml",
    JOB +
      LIST.replace("/assignments", "/orgs/{parent.id}/assignments").replace(
        "sweep",
        "sweep-within-parent\n    each: orgs",
      ),
  );
  world.upstream.on("/orgs/{id}/assignments", ({ params }) => {
    const items = params.id === "o1" ? [{ user: "u3", role: "r1", team: "o1" }] : [];
    return { body: { total: items.length, items } };
  });
  // Nobody below any org is who the list told of, and these are most.
  expect(await world.sync()).toMatchObject({ outcome: "held", hold: { count: 102 } });
  expect(await admins()).toEqual(["u1", "u2", "u3"]);
  await world.write("jobs/acme.yaml", JOB + LIST);
  total = 200;
  expect(await world.sync()).toMatchObject({ outcome: "incomplete" });
  expect(await admins()).toEqual(["u1", "u2", "u3"]);
  total = null;
  expect(await world.sync()).toMatchObject({ outcome: "ok", hold: null });
  expect(await admins()).toEqual(["u1", "u2"]);
});

describe("a list that is paged by a value that several links share", () => {
  const byUser = (size: number) =>
    JOB + LIST.replace(/page: .*/, `page: { keyset: user, as: after, size: limit=${size} }`);
  const numbered = (user = "") => user.slice(1).padStart(3, "0");
  beforeEach(() =>
    world.upstream.on("/assignments", ({ query }) => {
      const after = numbered(query.get("after") ?? "");
      const all = assignments.toSorted((a, b) => (numbered(a.user) + a.role < numbered(b.user) + b.role ? -1 : 1));
      const items = all.filter(({ user }) => numbered(user) > after).slice(0, Number(query.get("limit")));
      return { body: { items } };
    }),
  );

  test("is not whole if it has several pages: a link beside the edge of one is on none", async () => {
    assignments.push({ user: "u48", role: "r1" });
    await world.write("jobs/acme.yaml", byUser(50));
    const report = await world.sync();
    expect(linksOf(report, "user_roles")).toMatchObject({ granted: 1, revoked: 0 });
    expect(report).toMatchObject({ outcome: "incomplete", error: { code: "RUN005" } });
    expect(report.error?.message).toContain(
      "it has several pages by `user`, which links may share: one beside the edge of a page is on none",
    );
  });

  test("is held to nothing where nothing is revoked", async () => {
    await world.write("jobs/acme.yaml", byUser(60).replace("deletes: sweep\n", "deletes: never\n"));
    assignments.pop();
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "ok" });
    expect(linksOf(report, "user_roles")).toMatchObject({ revoked: 0 });
  });

  test("is whole on a single page", async () => {
    await world.write("jobs/acme.yaml", byUser(500));
    assignments.pop();
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "ok" });
    expect(linksOf(report, "user_roles")).toMatchObject({ revoked: 1 });
  });
});
