/** Children, where only the parents that changed are asked for: what is lost of them once comes again with no later change. */
import { Failure } from "../../../src/domain/errors";
import { type ChangingUsers, DELTA_JOB, SINCE_JOB, serveChangingUsers } from "../../support/changing-upstream";
import type { Reply } from "../../support/upstream-server";
import { startWorld, USERS, type World } from "../../support/world";

const HOUR = 60 * 60_000;
const CHILD = `  user_roles:
    each: users
    get: "/users/{parent.id}/roles"
    records: items
    page: { offset: offset, size: limit=50, total: total }
    deletes: sweep-within-parent
`;

const MEMBERS = `  members: { each: roles, get: "/roles/{parent.id}/members", records: items, deletes: sweep-within-parent }
`;

let world: World;
let users: ChangingUsers;
/** In the place of what is true. */
let rolesOf: (id: string) => Reply | null;

async function start(job: string): Promise<void> {
  world = await startWorld({
    "jobs/acme.yaml": job + CHILD,
    "mappings/acme/users.yaml": USERS.replace("  roles: { from: roles, type: list }\n", ""),
    "mappings/acme/user_roles.yaml": "into: user_roles\nfields:\n  user: $parent.id\n  role: id\n",
  });
  users = serveChangingUsers(world);
  rolesOf = () => null;
  world.upstream.on("/users/{id}/roles", ({ params: { id = "" }, query }) => {
    const given = world.users.find((user) => user.id === id)?.roles ?? [];
    const items = query.get("offset") === "0" ? given.map((role) => ({ id: role })) : [];
    return rolesOf(id) ?? { body: { total: given.length, items } };
  });
  world.users = [];
  for (let number = 1; number <= 12; number += 1) {
    users.put(person(number, ["r2"]));
    users.clock += HOUR;
  }
  await world.sync();
  users.clock += HOUR;
}
afterEach(() => world.close());

const person = (number: number, roles: string[]) => ({
  id: `u${number}`,
  login: `user${number}`,
  state: "on",
  name: `User ${number}`,
  orgs: ["o2"],
  roles,
});
const rolesIn = async (id: string): Promise<readonly unknown[]> =>
  (await world.sql("select role_key as role from mirror.user_roles where user_key = $1 order by 1", [id])).map(
    ({ role }) => role,
  );
const watermarks = () => world.sql("select stream, value, full_at from sync.watermarks");

describe.each([
  ["since", SINCE_JOB],
  ["delta", DELTA_JOB],
] as const)("asking by `%s`", (_, job) => {
  beforeEach(() => start(job));

  test.each<readonly [string, Reply, string]>([
    ["are not found", { status: 404 }, "incomplete"],
    ["come as something else", { body: "<html>" }, "incomplete"],
    ["come in another number than declared", { body: { total: 2, items: [] } }, "incomplete"],
    ["cannot all be mapped", { body: { total: 2, items: [{ id: "r1" }, { name: "no key" }] } }, "rejects"],
  ])("a parent whose children %s is met again by the next run", async (_what, instead, outcome) => {
    users.put(person(3, ["r1"]));
    rolesOf = (id) => (id === "u3" ? instead : null);
    const before = await watermarks();
    expect(await world.sync()).toMatchObject({ outcome });
    expect(await watermarks()).toEqual(before);
    rolesOf = () => null;
    expect(await world.sync()).toMatchObject({ outcome: "ok", entities: { users: { incremental: true } } });
    expect(await rolesIn("u3")).toEqual(["r1"]);
    expect(await watermarks()).not.toEqual(before);
  });

  test("who was met and has no role any more loses it, though every answer was empty", async () => {
    users.put(person(3, []));
    // Within the overlap of `since`, so met again.
    users.put(person(12, []));
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "ok", hold: null, entities: { user_roles: { revoked: 2, held: 0 } } });
    expect(await rolesIn("u3")).toEqual([]);
    expect(await rolesIn("u4")).toEqual(["r2"]);
  });

  test("a stream that was read in full and gives none is held all the same, and counts for itself", async () => {
    await world.write("jobs/acme.yaml", job + CHILD + MEMBERS);
    await world.write("mappings/acme/members.yaml", "into: user_roles\nfields:\n  user: id\n  role: $parent.id\n");
    let members = [{ id: "u5" }];
    world.upstream.on("/roles/{id}/members", ({ params }) => ({ body: { items: params.id === "r1" ? members : [] } }));
    await world.sync();
    expect(await rolesIn("u5")).toEqual(["r1", "r2"]);
    users.clock += HOUR;
    users.put(person(3, []));
    users.put(person(12, []));
    members = [];
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", hold: { evidence: [{ entity: "user_roles", rule: "empty" }] } });
    expect(report.hold!.evidence[0]!.message).toContain("holds 1 of theirs");
    expect(await rolesIn("u5")).toEqual(["r1", "r2"]);
  });
});

describe("of who is told twice by a link", () => {
  beforeEach(async () => {
    await start(DELTA_JOB);
    Object.assign(users, { tellsEach: true, pageSize: 2 });
  });

  test("who is gone by the end leaves no children, and nothing raw", async () => {
    await world.write("jobs/acme.yaml", `keepRaw: true\n${DELTA_JOB}${CHILD}`);
    await world.sync();
    users.put(person(13, ["r1"]));
    users.put(person(4, ["r2"]));
    users.remove("u13");
    rolesOf = (id) => (id === "u13" ? { status: 404 } : null);
    expect(await world.sync()).toMatchObject({ outcome: "ok", entities: { users: { new: 0, incremental: true } } });
    expect(await rolesIn("u13")).toEqual([]);
    expect(await world.sql("select key from sync.raw_records where person = 'u13' or parent = 'u13'")).toEqual([]);
  });

  test("who cannot be mapped by the end keeps the children from before", async () => {
    users.put(person(3, ["r1"]));
    users.put(person(4, ["r2"]));
    users.put({ ...person(3, ["r1"]), login: null });
    expect(await world.sync()).toMatchObject({ outcome: "rejects" });
    expect(await rolesIn("u3")).toEqual(["r2"]);
  });

  test("children are asked for once, after the last page, also by a run that goes on from an interrupted one", async () => {
    const slow = { batches: { rows: 1, checkpointEvery: 0, landsFrom: 2_000 } };
    for (const number of [3, 4, 5, 3]) users.put(person(number, ["r1"]));
    const ending = new AbortController();
    users.beforePage = async (page) => {
      if (page < 2) return null;
      ending.abort(new Failure("RUN004", "told to end"));
      return { status: 500 };
    };
    expect(await world.sync({ ...slow, signal: ending.signal })).toMatchObject({ outcome: "interrupted" });
    users.beforePage = () => null;
    const before = world.upstream.requests.length;
    expect(await world.sync(slow)).toMatchObject({
      outcome: "ok",
      error: null,
      entities: { user_roles: { granted: 3 } },
    });
    const asked = world.upstream.requests
      .slice(before)
      .map(({ path }) => path)
      .filter((path) => /^.(delta.)?users/.test(path));
    const lists = ["/delta/users", "/delta/users"];
    expect(asked).toEqual(
      [...lists, ...[3, 4, 5].map((number) => `/users/u${number}/roles`)].map(expect.stringContaining),
    );
  });

  describe("and has records below them", () => {
    beforeEach(async () => {
      const grants =
        '  permissions: { each: users, get: "/users/{parent.id}/grants", records: items, deletes: never }\n';
      await world.write("jobs/acme.yaml", DELTA_JOB.replace(/^ {2}permissions: .*\n/m, grants) + CHILD);
      await world.write("mappings/acme/permissions.yaml", "into: permissions\nkey: id\nfields: { name: id }\n");
      world.upstream.on("/users/{id}/grants", ({ params: { id = "" } }) => ({ body: { items: [{ id: `p-${id}` }] } }));
      await world.sync();
    });

    test("these came once", async () => {
      for (const number of [3, 4, 3]) users.put(person(number, ["r2"]));
      expect(await world.sync()).toMatchObject({ outcome: "ok", error: null });
    });

    test("those of who is gone by the end are not made", async () => {
      users.put(person(13, ["r1"]));
      users.put(person(4, ["r2"]));
      users.remove("u13");
      expect(await world.sync()).toMatchObject({ outcome: "ok", entities: { permissions: { new: 0 } } });
      expect(await world.sql("select from mirror.permissions where key = 'p-u13'")).toEqual([]);
    });
  });
});

test("a full pass whose children were not all read leaves nothing to go on from", async () => {
  await start(DELTA_JOB);
  const before = await watermarks();
  rolesOf = (id) => (id === "u3" ? { status: 404 } : null);
  world.users[2]!.roles = ["r1"];
  await world.sql("delete from sync.watermarks");
  expect(await world.sync()).toMatchObject({ outcome: "incomplete" });
  expect(await watermarks()).toEqual([]);
  rolesOf = () => null;
  expect(await world.sync()).toMatchObject({ outcome: "ok", entities: { users: { complete: true } } });
  expect(await rolesIn("u3")).toEqual(["r1"]);
  expect(await watermarks()).toHaveLength(before.length);
});
