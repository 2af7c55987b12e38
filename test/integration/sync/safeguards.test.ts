/** What is held of a run, over a customer of a hundred people; the rest lands, and a release lets through what was seen. */
import { HoldStore } from "../../../src/mirror/hold-store";
import { crowd, JOB, linksOf, recordsOf, startSyncedWorld, USERS, type World } from "../../support/world";

let world: World;
let holds: HoldStore;
const prepare = (one: World): void => {
  one.users = crowd(100).map((user) => ({ ...user, department: "Sales", email: `${user.login}@example.com` }));
  one.users[0]!.roles = ["r1", "r2"];
  one.roles.push({ id: "r3", name: "Project", permissions: [] });
  one.users[1]!.roles = ["r2", "r3"];
};
beforeEach(async () => {
  world = await startSyncedWorld({}, prepare);
  holds = new HoldStore(world.database.knex);
});
afterEach(() => world.close());

const release = async ({ run }: { run: number }, choices = {}) => {
  const { count } = await holds.one(run);
  await holds.release(run, count, "ops@desk", "looked at it");
  return world.sync({ release: run, ...choices });
};
const valuesOf = async (column: string) =>
  (
    await world.sql<{ value: string | null }>(
      `select distinct ${column} as value from mirror.users where tombstoned_at is null order by 1`,
    )
  ).map(({ value }) => value);
const holdersOf = async (role: string) =>
  (await world.sql("select distinct user_key from mirror.user_roles where role_key = $1 and effective", [role])).length;
const evidenceOf = ({ hold }: Awaited<ReturnType<World["sync"]>>) =>
  hold?.evidence.map(({ rule, field, role, count }) => [rule, field ?? role ?? null, count]);

test("organizations that everybody got by accident land, and their repair is held until a person releases it", async () => {
  const before = world.users;
  world.users = before.map((user) => ({ ...user, orgs: [...(user.orgs ?? []), "o1"] }));
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
  world.users = before;
  const repaired = await world.sync();
  expect(repaired).toMatchObject({ outcome: "held", exitCode: 6 });
  expect(evidenceOf(repaired)?.map(([rule]) => rule)).toEqual(["removals"]);
  expect(await release(repaired)).toMatchObject({ outcome: "ok", hold: null });
  expect(await world.sync()).toMatchObject({ outcome: "ok" });
});

describe("privileges", () => {
  const promote = (count: number, role: string, from = 10) => {
    for (const user of world.users.slice(from, from + count)) user.roles = [...(user.roles ?? []), role];
  };

  test("many new holders of a privileged role: their grants wait, and everything else lands", async () => {
    promote(4, "r1");
    world.users[10]!.name = "Renamed";
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", exitCode: 6 });
    expect(evidenceOf(report)).toEqual([["privileged", "r1", 4]]);
    expect(report.hold?.evidence[0]?.message).toBe(
      "4 would newly hold the privileged role `Admin` (r1), which 1 hold (limit 25 %)",
    );
    expect(linksOf(report, "user_roles")).toMatchObject({ granted: 0, held: 4 });
    expect(await holdersOf("r1")).toBe(1);
    expect(await valuesOf("display_name")).toContain("Renamed");
    expect(await world.sync()).toMatchObject({ outcome: "held", hold: { run: report.run } });
    const released = await release(report);
    expect(released).toMatchObject({ outcome: "ok", hold: null });
    expect(await holdersOf("r1")).toBe(5);
    expect(await world.sync()).toMatchObject({ outcome: "ok", plan: (await world.plan()).plan });
  });

  test("three new ones a night are three too many in a week, and who was let through does not count", async () => {
    promote(3, "r1");
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    promote(1, "r1", 20);
    const second = await world.sync();
    expect(second.hold?.evidence[0]?.message).toMatch(/1 would newly hold .*, 3 of them gained in the last 7 days/);
    expect(await release(second)).toMatchObject({ outcome: "ok" });
    expect(await world.sql("select role, count from sync.new_holders")).toEqual([{ role: "r1", count: 3 }]);
    await world.sql("update sync.new_holders set at = at - interval '8 days'");
    promote(1, "r1", 30);
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    expect(await world.sql("select count from sync.new_holders where at > now() - interval '7 days'")).toEqual([
      { count: 1 },
    ]);
  });

  test("a role that a fifth of all people come to hold waits; a new one that is not privileged does not", async () => {
    promote(21, "r3");
    const report = await world.sync();
    expect(evidenceOf(report)).toEqual([["holders", "r3", 21]]);
    for (const user of world.users) user.roles = (user.roles ?? []).filter((role) => role !== "r3" || user.id === "u2");
    world.roles.push({ id: "r4", name: "All staff" });
    promote(60, "r4");
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    expect(await holdersOf("r4")).toBe(60);
  });

  test("a privileged role that arrives where many hold it already: the role lands, and gives nobody anything yet", async () => {
    promote(6, "r9");
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    world.roles.push({ id: "r9", name: "Root", privileged: true });
    const report = await world.sync();
    expect(evidenceOf(report)).toEqual([["privileged", "r9", 6]]);
    expect(recordsOf(report, "roles")).toMatchObject({ new: 1 });
    expect(await holdersOf("r9")).toBe(0);
    expect(linksOf(report, "user_roles")).toMatchObject({ dangling: 6 });
    // It is found again although nothing comes or goes any more.
    expect(await world.sync()).toMatchObject({ outcome: "held", hold: { run: report.run } });
    expect(await release(report)).toMatchObject({ outcome: "ok" });
    expect(await holdersOf("r9")).toBe(6);
  });

  test("who returns has what they had", async () => {
    promote(6, "r1");
    const { run } = await world.sync();
    await release({ run });
    const gone = world.users.splice(10, 6);
    await world.sync();
    world.users.push(...gone);
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    expect(await holdersOf("r1")).toBe(7);
  });

  test("a role that returns is that of those who had it, and of nobody who was given it while it was away", async () => {
    promote(1, "r1");
    await world.sync();
    const all = world.roles;
    world.roles = all.filter(({ id }) => id !== "r1");
    expect(recordsOf(await world.sync(), "roles")).toMatchObject({ gone: 1 });
    promote(6, "r1");
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    world.roles = all;
    const report = await world.sync();
    const before = await holdersOf("r1");
    expect(evidenceOf(report)).toEqual([["privileged", "r1", 5]]);
    expect(before).toBe(2);
    expect(await release(report)).toMatchObject({ outcome: "ok" });
    expect(await holdersOf("r1")).toBe(7);
  });

  test("a job has limits of its own, also of one kind of link", async () => {
    await world.write(
      "jobs/acme.yaml",
      JOB.replace("entities:", "safeguard: { most: 30, user_roles: { privileged: 100%, removals: 50% } }\nentities:"),
    );
    promote(4, "r1");
    for (const user of world.users.slice(50, 70)) user.roles = [];
    world.users[0]!.roles = ["r1", "r2"];
    const report = await world.sync();
    expect(evidenceOf(report)).toEqual([["privileged", "r1", 4]]);
    expect(linksOf(report, "user_roles")).toMatchObject({ revoked: 20, held: 4 });
  });
});

describe("drift of a field", () => {
  test("a mapping that makes everybody disabled: nobody is, and all else of them lands", async () => {
    await world.write("mappings/acme/users.yaml", USERS.replace("on: active, off: disabled", "active: active"));
    for (const user of world.users) user.name = `New ${String(user.id)}`;
    await world.write("jobs/acme.yaml", JOB.replace("entities:", "safeguard: { changes: 100% }\nentities:"));
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", hold: { count: 100 } });
    expect(evidenceOf(report)).toEqual([["removals", null, 100]]);
    expect(await valuesOf("status")).toEqual(["active"]);
    expect(await valuesOf("display_name")).toHaveLength(100);
    await release(report);
    expect(await valuesOf("status")).toEqual(["disabled"]);
    expect(
      await world.sql("select kind, new from audit.entries where key = 'u7' and entity = 'users' order by id"),
    ).toEqual([
      { kind: "create", new: expect.anything() },
      { kind: "update", new: { display_name: "New u7" } },
      { kind: "update", new: { status: "disabled" } },
    ]);
  });

  test("everybody enabled at once is held as much as everybody disabled", async () => {
    for (const user of world.users.slice(0, 30)) user.state = "off";
    await release(await world.sync());
    for (const user of world.users) user.state = "on";
    const report = await world.sync();
    expect(evidenceOf(report)).toEqual([["flips", "status", 30]]);
    expect(report.hold?.evidence[0]?.message).toBe(
      "`status` of 30 of 100 users would become `active`; until now `disabled` 30 (limit 20 %)",
    );
  });

  test("a field that empties, and one that takes a word nobody had, each waits for itself", async () => {
    world.users.forEach((user, index) => {
      if (index < 50) delete user.email;
      if (index < 15) user.department = "Retired";
      if (index < 5) user.name = `Renamed ${index}`;
    });
    await world.write("jobs/acme.yaml", JOB.replace("entities:", "safeguard: { changes: 100% }\nentities:"));
    const report = await world.sync();
    expect(evidenceOf(report)).toEqual([
      ["emptied", "email", 50],
      ["unseen", "attributes.department", 15],
    ]);
    // The address is personal, the word of a department is not.
    expect(JSON.stringify(report.hold)).not.toContain("@");
    expect(report.hold?.evidence[1]?.message).toContain("would become `Retired`, which nobody had before");
    expect(await valuesOf("attributes ->> 'department'")).toEqual(["Sales"]);
    expect(await valuesOf("email")).not.toContain(null);
    expect((await valuesOf("display_name")).filter((name) => name?.startsWith("Renamed"))).toHaveLength(5);
    // The same again, though what landed is no change any more.
    expect(await world.sync()).toMatchObject({ outcome: "held", hold: { run: report.run, count: 65 } });

    const released = await release(report);
    expect(released).toMatchObject({ outcome: "ok" });
    expect(recordsOf(released, "users")).toMatchObject({ changed: 50, held: 0 });
    expect(await world.sql("select attributes, email from mirror.users where key = 'u3'")).toEqual([
      { attributes: { department: "Retired" }, email: null },
    ]);
    expect(await world.sql("select new from audit.entries where run = $1 and key = 'u3'", [released.run])).toEqual([
      { new: { email: null, attributes: { department: "Retired" } } },
    ]);
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
  });

  test("the word of an attribute is not told where it says who somebody is, whatever the mapping marks", async () => {
    const attributes = "  department: department\n  phone: tel";
    await world.write("mappings/acme/users.yaml", USERS.replace("  department: department", attributes));
    await world.write("jobs/acme.yaml", JOB.replace("entities:", "safeguard: { changes: 100% }\nentities:"));
    for (const user of world.users) user.tel = "+49 431 1";
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    for (const user of world.users) user.tel = "+49 431 2";
    const report = await world.sync();
    expect(evidenceOf(report)).toEqual([["flips", "attributes.phone", 100]]);
    expect(report.hold?.evidence[0]?.message).toBe(
      "`attributes.phone` of 100 of 100 users would become one and the same value (limit 20 %)",
    );
  });

  test("a new field's first values are no drift", async () => {
    await world.write(
      "mappings/acme/users.yaml",
      USERS.replace("  department: department", "  department: department\n  tenant: { default: kiel, from: nothing }"),
    );
    await world.write("jobs/acme.yaml", JOB.replace("entities:", "safeguard: { changes: 100% }\nentities:"));
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    expect(await valuesOf("attributes ->> 'tenant'")).toEqual(["kiel"]);
  });
});

describe("another customer's people", () => {
  /** Roles say who holds them, in a list of their own and in a child stream. */
  const NAMING = {
    job: `${JOB}  role_members: { each: roles, get: "/roles/{parent.id}/members", records: items }\n`,
    roles:
      "into: roles\nkey: id\nfields:\n  name: name\n  privileged: privileged\n  members: { from: members, type: list }\n",
    members: "into: user_roles\nfields: { user: id, role: $parent.id }\n",
  };
  /** What the audit says that strangers were given, and strange roles. */
  const grants = () =>
    world.sql(
      `select related as role, actor, count(*)::integer from audit.entries
       where entity = 'user_roles' and kind = 'grant' and (starts_with(key, 'x') or starts_with(related, 'x'))
       group by 1, 2 order by 1`,
    );
  const strangers = () =>
    crowd(90).map((user) => ({
      ...user,
      id: `x${String(user.id)}`,
      login: `x${String(user.login)}`,
      roles: ["r1", "r2"],
    }));

  test("neither come nor push anybody out; let through, they bring what is theirs", async () => {
    const before = await world.dump();
    world.users = strangers();
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held" });
    expect(evidenceOf(report)).toEqual([
      ["replaced", null, 100],
      ["replaced", null, 90],
      // Whoever decides is told what they would come to hold.
      ["privileged", "r1", 90],
    ]);
    expect(report.hold?.evidence[0]?.message).toBe(
      "100 of 100 users are missing, and 90 that nobody knows came (limit 25 %)",
    );
    expect(await world.dump()).toEqual(before);
    expect(await world.sync()).toMatchObject({ outcome: "held", hold: { run: report.run, count: 190 + 3 * 90 } });
    const [access] = await world.sql(
      "select count(*) from sync.held_changes where run = $1 and related = 'r1' and effective",
      [report.run],
    );
    expect(access).toEqual({ count: 90 });
    const released = await release(report);
    expect(recordsOf(released, "users")).toMatchObject({ new: 90, gone: 100, after: 90 });
    expect(await holdersOf("r2")).toBe(90);
    const rest = await world.sync();
    expect(rest).toMatchObject({ outcome: "ok" });
  });

  test("get nothing by the roles that name them while they are held, and what is theirs when they are let through", async () => {
    await world.write("mappings/acme/users.yaml", USERS.replace("  roles: { from: roles, type: list }\n", ""));
    await world.write("mappings/acme/roles.yaml", NAMING.roles);
    await world.write("mappings/acme/role_members.yaml", NAMING.members);
    await world.write("jobs/acme.yaml", NAMING.job);
    let members: { id: string }[] = [];
    world.upstream.on("/roles/{id}/members", ({ params }) => ({ body: { items: params.id === "r3" ? members : [] } }));
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    const before = await world.dump();
    world.users = strangers();
    members = strangers().map(({ id }) => ({ id }));
    Object.assign(world.roles[0]!, { members: members.map(({ id }) => id) });
    const report = await world.sync();
    expect(evidenceOf(report)).toEqual([
      ["replaced", null, 100],
      ["replaced", null, 90],
      ["privileged", "r1", 90],
    ]);
    expect(await world.dump()).toEqual(before);
    expect(await grants()).toEqual([]);
    expect(await world.sync()).toMatchObject({ outcome: "held", hold: { run: report.run } });
    await release(report);
    expect(await grants()).toEqual([
      { role: "r1", actor: "ops@desk", count: 90 },
      { role: "r3", actor: "ops@desk", count: 90 },
    ]);
    expect([await holdersOf("r1"), await holdersOf("r3")]).toEqual([90, 90]);
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
  });

  test("nor does a role that is held give anybody anything before it is let through", async () => {
    const roles = (name: string) =>
      Array.from({ length: 20 }, (_, at) => ({ id: `${name}${at}`, name: `${name} ${at}` }));
    const [before] = [world.roles];
    world.roles = [...before, ...roles("old")];
    await world.sync();
    world.roles = [...before, ...roles("x")];
    world.users[5]!.roles = ["r2", "x1"];
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held" });
    expect([await holdersOf("x1"), await grants()]).toEqual([0, []]);
    await release(report);
    expect([await holdersOf("x1"), await grants()]).toEqual([1, [{ role: "x1", actor: "ops@desk", count: 1 }]]);
  });

  test("do not come either when the enumeration broke off", async () => {
    world.users = strangers();
    world.usersList.fault(4, "truncated");
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "incomplete", hold: { count: 30 + 3 * 30 } });
    expect(evidenceOf(report)?.[0]).toEqual(["replaced", null, 30]);
    expect(recordsOf(report, "users")).toMatchObject({ new: 0, gone: 0, after: 100 });
  });

  test("many newcomers are welcome where nobody is missing", async () => {
    world.users.push(...strangers().map((user) => ({ ...user, roles: ["r2"] })));
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ new: 90, held: 0 });
  });
});
