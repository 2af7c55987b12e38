import { linksOf, recordsOf, startWorld, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

test("a first run mirrors everything, with an audit row for every change", async () => {
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok", exitCode: 0, error: null });
  expect(recordsOf(report, "users")).toMatchObject({
    fetched: 3,
    new: 3,
    same: 0,
    before: 0,
    after: 3,
    complete: true,
  });
  expect(linksOf(report, "user_roles")).toMatchObject({ granted: 3, dangling: 0, after: 3 });
  const [audit] = await world.sql<{ count: number }>("select count(*)::int from audit.entries");
  // 3 users, 2 roles, 2 permissions, 2 orgs; 3 + 3 + 3 links.
  expect(audit?.count).toBe(18);
  const [ann] = await world.sql(
    "select roles, permissions, organizations from mirror.identities where source = 'acme' and key = 'u1'",
  );
  expect(ann).toMatchObject({
    roles: [
      { key: "r1", name: "Admin", org: null, origin: "users.roles" },
      { key: "r2", name: "Reader", org: null, origin: "users.roles" },
    ],
    permissions: [
      { key: "p1", name: "read", via: ["r1", "r2"] },
      { key: "p2", name: "write", via: ["r1"] },
    ],
    organizations: [{ key: "o2", name: "Sales", path: ["Head office", "Sales"] }],
  });
});

test("a second run in which nothing changed writes no row", async () => {
  await world.sync();
  const before = await world.sql(
    "select xmin::text, ctid::text from mirror.users union all select xmin::text, ctid::text from audit.entries order by 1, 2",
  );
  const report = await world.sync();
  expect(report.outcome).toBe("ok");
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 3, new: 0, changed: 0, same: 3, gone: 0 });
  expect(
    await world.sql(
      "select xmin::text, ctid::text from mirror.users union all select xmin::text, ctid::text from audit.entries order by 1, 2",
    ),
  ).toEqual(before);
});
