import { HoldStore } from "../../../src/mirror/hold-store";
import { crowd, JOB, linksOf, type Person, recordsOf, startWorld, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const WITHOUT_ONE = JOB.replace("    one: /users/{key}\n", "");
const live = async () =>
  (await world.sql<{ key: string }>("select key from mirror.users where tombstoned_at is null order by key")).map(
    (row) => row.key,
  );

describe("two witnesses", () => {
  test("absent from the list and 404 by itself: gone, and back with the same id", async () => {
    await world.sync();
    const [before] = await world.sql("select id from mirror.users where key = 'u3'");
    const [cem] = world.users.splice(2, 1);
    const report = await world.sync();
    expect(recordsOf(report, "users")).toMatchObject({ gone: 1, absent: 0, before: 3, after: 2 });
    expect(await live()).toEqual(["u1", "u2"]);
    world.users.push(cem!);
    const back = await world.sync();
    expect(recordsOf(back, "users")).toMatchObject({ restored: 1, new: 0, after: 3 });
    expect(await world.sql("select id from mirror.users where key = 'u3'")).toEqual([before]);
    expect(await world.sql("select kind from audit.entries where entity = 'users' and key = 'u3' order by id")).toEqual(
      [{ kind: "create" }, { kind: "tombstone" }, { kind: "restore" }],
    );
  });

  test("without a single read the second complete run is the second witness", async () => {
    await world.write("jobs/acme.yaml", WITHOUT_ONE);
    await world.sync();
    world.users.splice(2, 1);
    const first = await world.sync();
    expect(recordsOf(first, "users")).toMatchObject({ gone: 0, absent: 1, after: 3 });
    expect(first).toMatchObject({ outcome: "ok" });
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 1, absent: 0, after: 2 });
    expect(await world.sql("select key from sync.absences")).toEqual([]);
  });

  test("who returns in between is forgotten as absent", async () => {
    await world.write("jobs/acme.yaml", WITHOUT_ONE);
    await world.sync();
    const [cem] = world.users.splice(2, 1);
    await world.sync();
    world.users.push(cem!);
    await world.sync();
    world.users.pop();
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 0, absent: 1 });
  });

  test("a list that leaves out people who still answer is not believed", async () => {
    await world.sync();
    const [bea] = world.users.splice(1, 1);
    const known = [...world.users, bea!];
    world.upstream.on("/users/{id}", ({ params }) => ({ body: known.find((user) => user.id === params.id) }));
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "incomplete", exitCode: 4 });
    expect(recordsOf(report, "users")).toMatchObject({ gone: 0, complete: false });
    expect(recordsOf(report, "users").incompleteBecause).toMatch(/left out 1 user that still answers when/);
    expect(report.error?.fix).toMatch(
      /everything else goes as usual\. Run it again, or ask the upstream's people; if it stays so, the list leaves out some who are there: ask for/,
    );
    expect(await live()).toEqual(["u1", "u2", "u3"]);
  });

  describe("a list that leaves out whoever is disabled", () => {
    /** What `/users/{id}` gives, also of those whom the list leaves out. */
    const answering = (known: readonly Person[], state: (user: Person) => unknown) =>
      world.upstream.on("/users/{id}", ({ params }) => {
        const user = known.find(({ id }) => id === params.id);
        return user === undefined ? { status: 404 } : { body: { ...user, state: state(user) } };
      });

    test("is believed, and they are gone", async () => {
      await world.sync();
      // Met as disabled, so that nothing is learned by reading this one alone; it is the first that could be asked.
      world.users[0]!.state = "off";
      const [cem] = world.users.splice(2, 1);
      answering([...world.users, cem!], (user) => user.state);
      const report = await world.sync();
      expect(report).toMatchObject({ outcome: "ok", error: null });
      expect(recordsOf(report, "users")).toMatchObject({ gone: 1, absent: 0, complete: true, after: 2 });
      expect(report.notes).toEqual([
        "1 person left out by the list, and disabled when read alone: gone, as if `one` did not find them",
      ]);
      expect(await live()).toEqual(["u1", "u2"]);
    });

    test("is not when it leaves out anybody else", async () => {
      await world.sync();
      const gone = world.users.splice(1, 2);
      answering([...world.users, ...gone], (user) => user.state);
      const report = await world.sync();
      expect(recordsOf(report, "users").incompleteBecause).toMatch(/left out 1 user that still answers when/);
      expect(report.notes).toEqual([]);
      expect(await live()).toEqual(["u1", "u2", "u3"]);
    });

    test("is not where everybody is disabled when read alone, as one whose status is elsewhere there", async () => {
      await world.sync();
      const [bea] = world.users.splice(1, 1);
      answering([...world.users, bea!], () => "unknown");
      const report = await world.sync();
      expect(recordsOf(report, "users").incompleteBecause).toMatch(/left out 1 user that still answers when/);
      expect(await live()).toEqual(["u1", "u2", "u3"]);
    });
  });

  test("lost rights look like absence: nobody is removed when even the known answer 404", async () => {
    await world.sync();
    world.users.splice(2, 1);
    world.upstream.on("/users/{id}", () => ({ status: 404 }));
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 0, absent: 1 });
    expect(await live()).toEqual(["u1", "u2", "u3"]);
  });

  test("what the upstream itself calls gone needs no witness", async () => {
    await world.sync();
    world.users[2]!.state = "purged";
    const report = await world.sync();
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 3, skipped: 1, gone: 1, after: 2 });
    expect(await world.sql("select cause from audit.entries where kind = 'tombstone'")).toEqual([{ cause: "deleted" }]);
  });
});

describe("holds", () => {
  const holds = () => new HoldStore(world.database.knex);

  test.each(["[]", "{}", "204", "null"] as const)("an empty answer (%s) removes nobody", async (fault) => {
    await world.sync();
    const before = await world.dump();
    world.usersList.fault(1, fault);
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", exitCode: 6, hold: { count: 3, state: "open" } });
    expect(report.hold?.evidence[0]).toMatchObject({ entity: "users", rule: "empty", count: 3, of: 3 });
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 0, gone: 0, held: 3, after: 3 });
    expect(await world.dump()).toEqual(before);
  });

  test("removals over the limit are held while the rest lands, and the same set stays under one hold", async () => {
    world.users = crowd(40);
    await world.sync();
    world.users = [...crowd(40).slice(12), { id: "u99", login: "new", state: "on" }];
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", exitCode: 6 });
    expect(recordsOf(report, "users")).toMatchObject({ new: 1, gone: 0, held: 12, after: 41 });
    const again = await world.sync();
    expect(again).toMatchObject({ outcome: "held", hold: { run: report.run } });
    expect(await holds().list({ source: null, all: true })).toHaveLength(1);
  });

  test("a release is bound to the count and the set, and goes through once", async () => {
    world.users = crowd(40);
    await world.sync();
    world.users = crowd(40).slice(12);
    const { run } = await world.sync();
    await expect(holds().release(run, 11, "ops", null)).rejects.toMatchObject({ code: "USE004" });
    await holds().release(run, 12, "ops", "left with the merger");
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "ok", hold: null });
    expect(recordsOf(report, "users")).toMatchObject({ gone: 12, held: 0, after: 28 });
    expect(await holds().list({ source: null, all: true })).toMatchObject([{ run, state: "applied" }]);
    // What was looked at does not count for the week's limit.
    world.users.pop();
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 1, held: 0 });
  });

  test("a release does not hold for another set", async () => {
    world.users = crowd(40);
    await world.sync();
    world.users = crowd(40).slice(12);
    const { run } = await world.sync();
    await holds().release(run, 12, "ops", null);
    world.users = crowd(40).slice(14);
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", exitCode: 6, hold: { count: 14, state: "open", run: report.run } });
    expect(await holds().list({ source: null, all: true })).toMatchObject([
      { state: "open" },
      { run, state: "replaced" },
    ]);
  });

  test("a rejected set stays held in silence until it changes, and returning people end the hold", async () => {
    world.users = crowd(40);
    await world.sync();
    world.users = crowd(40).slice(12);
    const { run } = await world.sync();
    await holds().reject(run, "ops", null);
    const silent = await world.sync();
    expect(silent).toMatchObject({ outcome: "ok", exitCode: 0 });
    expect(recordsOf(silent, "users")).toMatchObject({ held: 12, after: 40 });
    world.users = crowd(40);
    await world.sync();
    expect(await holds().list({ source: null, all: true })).toMatchObject([{ run, state: "replaced" }]);
  });

  test("disabling many and revoking many are removals too", async () => {
    world.users = crowd(40);
    await world.sync();
    world.users = crowd(40).map((user, index) => (index < 12 ? { ...user, state: "off" } : user));
    const disabled = await world.sync();
    expect(disabled).toMatchObject({ outcome: "held", hold: { count: 12 } });
    expect(recordsOf(disabled, "users")).toMatchObject({ changed: 0, same: 40, held: 12 });
    world.users = crowd(40).map((user, index) => (index < 12 ? { ...user, roles: [] } : user));
    const revoked = await world.sync();
    expect(revoked).toMatchObject({ outcome: "held", hold: { count: 12 } });
    expect(linksOf(revoked, "user_roles")).toMatchObject({ revoked: 0, held: 12, after: 40 });
  });

  test("removals of the last seven days count together", async () => {
    world.users = crowd(40);
    await world.sync();
    world.users = crowd(40).slice(9);
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 9 });
    world.users = crowd(40).slice(11);
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 0, held: 2 });
    await world.sql("update sync.removals set at = at - interval '8 days'");
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 2, held: 0 });
  });

  test("many bad records hold the entity's removals", async () => {
    world.users = crowd(40);
    await world.sync();
    world.users = crowd(40)
      .slice(1)
      .map((user, index) => (index < 3 ? { ...user, login: "" } : user));
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", hold: { count: 1, evidence: [{ rule: "rejects" }] } });
    expect(recordsOf(report, "users")).toMatchObject({ rejected: 3, gone: 0, held: 1 });
  });
});

describe("child streams", () => {
  const MEMBERS = `${JOB}  role_members: { each: roles, get: "/roles/{parent.id}/members", records: items, deletes: sweep-within-parent }\n`;
  const members: Record<string, string[]> = {};

  beforeEach(async () => {
    Object.assign(members, { r1: ["u1"], r2: ["u1", "u2"] });
    await world.write("jobs/acme.yaml", MEMBERS);
    await world.write("mappings/acme/role_members.yaml", "into: user_roles\nfields:\n  user: id\n  role: $parent.id\n");
    for (const user of world.users) delete user.roles;
    world.upstream.on("/roles/{id}/members", ({ params }) => ({
      body: { items: (members[params.id ?? ""] ?? []).map((id) => ({ id })) },
    }));
  });

  test("links of a child stream are granted, swept within their parent, and kept when the parent cannot be read", async () => {
    expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ granted: 3, dangling: 0 });
    members.r2 = ["u2", "u3"];
    expect(linksOf(await world.sync(), "user_roles")).toMatchObject({ granted: 1, revoked: 1, after: 3 });
    world.upstream.on("/roles/{id}/members", ({ params }) =>
      params.id === "r1" ? { status: 400 } : { body: { items: [{ id: "u2" }] } },
    );
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "incomplete", exitCode: 4 });
    expect(linksOf(report, "user_roles")).toMatchObject({ granted: 0, revoked: 1, after: 2 });
    expect(await world.sql("select user_key, role_key, origin, owner_key from mirror.user_roles order by 1")).toEqual([
      { user_key: "u1", role_key: "r1", origin: "role_members", owner_key: "r1" },
      { user_key: "u2", role_key: "r2", origin: "role_members", owner_key: "r2" },
    ]);
  });
});
