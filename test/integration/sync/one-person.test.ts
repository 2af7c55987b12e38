/** `sync --user` where people are read below their organizations. */
import { crowd, JOB, startSyncedWorld, USERS, type World } from "../../support/world";

const BELOW = `${JOB.slice(0, JOB.indexOf("  users:\n"))}  users:
    each: orgs
    get: "/orgs/{parent.id}/users"
    one: /users/{key}
    records: items
    page: none
    deletes: sweep
`;

let world: World;
const start = async (mapping: string): Promise<void> => {
  world = await startSyncedWorld({ "jobs/acme.yaml": BELOW, "mappings/acme/users.yaml": mapping }, (one) => {
    one.users = crowd(20);
    one.upstream.on("/orgs/{id}/users", ({ params: { id = "" } }) => ({
      body: { items: one.users.filter(({ orgs }) => orgs?.includes(id)) },
    }));
  });
  world.users[0] = { ...world.users[0]!, name: "Ann" };
};
afterEach(() => world.close());

const person = () =>
  world.sql(
    `select u.display_name as name, u.status, array(
       select o.org_key from mirror.user_orgs o where o.user_key = u.key and o.effective order by 1) as orgs
     from mirror.users u where u.key = 'u1'`,
  );

test.each([
  ["their organizations", USERS.replace("{ from: orgs, type: list }", "{ from: $parent.id, type: list }")],
  ["whether they may sign in", USERS.replace("{ from: state,", "{ from: \"$parent.closed ? 'off' : state\",")],
])("one whose parent says %s is not read alone: it would be lost", async (_, mapping) => {
  await start(mapping);
  expect(await world.sync({ user: "u1" })).toMatchObject({
    outcome: "failed",
    exitCode: 2,
    requests: 0,
    error: {
      code: "USE003",
      message:
        "users are read below each of `orgs`, whose records their mapping reads, so no person can be synced alone",
    },
  });
  expect(await person()).toEqual([{ name: "User 1", status: "active", orgs: ["o2"] }]);
  expect(await world.sync({ only: ["users"] })).toMatchObject({ outcome: "ok" });
  expect(await person()).toEqual([{ name: "Ann", status: "active", orgs: ["o2"] }]);
});

test("one whose record says all is read by `one`; without that nobody knows whom to ask", async () => {
  await start(USERS);
  expect(await world.sync({ user: "u1" })).toMatchObject({ outcome: "ok" });
  expect(await person()).toEqual([{ name: "Ann", status: "active", orgs: ["o2"] }]);
  await world.write("jobs/acme.yaml", BELOW.replace("    one: /users/{key}\n", ""));
  expect(await world.sync({ user: "u1" })).toMatchObject({
    error: { code: "USE003", message: "users are read below each of `orgs`, so no person can be synced alone" },
  });
});

test("an answer without a readable key is told as that, and not as another person", async () => {
  await start(USERS);
  for (const body of [{ data: world.users[0] }, { error: "not found" }]) {
    world.upstream.on("/users/{id}", () => ({ body }));
    expect(await world.sync({ user: "u1" })).toMatchObject({
      outcome: "upstream",
      exitCode: 4,
      error: {
        code: "UPS016",
        message: "asked for the person `u1`, the upstream answered with a record whose key cannot be read",
        fix: "check `one.records`, the place of the record in the answer, and `key:` of the users",
      },
    });
  }
});
