import { rm } from "node:fs/promises";
import { IdentityStore } from "../../../src/mirror/identity-store";
import { JOB, recordsOf, startSyncedWorld, startWorld, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());

const live = async () =>
  (await world.sql<{ key: string }>("select key from mirror.users where tombstoned_at is null order by key")).map(
    (row) => row.key,
  );
const witnesses = () => world.sql("select key from sync.absences order by key");

test("one that is absent from the list and called gone by its own record is gone", async () => {
  const [cem] = world.users.splice(2, 1);
  const known = [...world.users, { ...cem!, state: "purged" }];
  world.upstream.on("/users/{id}", ({ params }) => ({ body: known.find((user) => user.id === params.id) }));
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok" });
  expect(recordsOf(report, "users")).toMatchObject({ gone: 1, after: 2 });
});

test("a read that answers with somebody else is no witness for anything", async () => {
  world.users.splice(2, 1);
  world.upstream.on("/users/{id}", ({ params }) => ({
    body: { ...world.users[0], id: params.id === "u3" ? "u1" : params.id },
  }));
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 0, absent: 1, complete: true });
});

test("reading alone that gives no readable key is told, for it confirms nothing", async () => {
  world.users.splice(2, 1);
  world.upstream.on("/users/{id}", ({ params }) => {
    const found = world.users.find(({ id }) => id === params.id);
    return found === undefined ? { status: 404 } : { body: { data: found } };
  });
  const report = await world.sync();
  expect(recordsOf(report, "users")).toMatchObject({ gone: 0, absent: 1, complete: true });
  expect(report.notes).toContain(
    "`one` of `users` answers without a key that can be read, so it confirms nothing: check `one.records`",
  );
});

test("rights that are lost while absences are confirmed are no witness", async () => {
  world.users.splice(2, 1);
  let asked = 0;
  world.upstream.on("/users/{id}", ({ params }) => {
    asked += 1;
    const found = asked > 1 ? undefined : world.users.find(({ id }) => id === params.id);
    return found === undefined ? { status: 404 } : { body: found };
  });
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 0, absent: 1, complete: true });
  expect(asked).toBe(3);
});

test("one that was missed twice but answers by itself stays, and its first witness is forgotten", async () => {
  const [bob] = world.users.splice(1, 1);
  const known = [...world.users, bob!];
  let silent = true;
  world.upstream.on("/users/{id}", ({ params }) =>
    silent && params.id === "u2" ? { status: 400 } : { body: known.find((user) => user.id === params.id) },
  );
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 0, absent: 1 });
  expect(await witnesses()).toEqual([{ key: "u2" }]);
  silent = false;
  const disproved = await world.sync();
  expect(disproved).toMatchObject({ outcome: "incomplete", exitCode: 4 });
  expect(recordsOf(disproved, "users")).toMatchObject({ gone: 0, absent: 0, complete: false });
  expect(await witnesses()).toEqual([]);
  silent = true;
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 0, absent: 1 });
  expect(await live()).toEqual(["u1", "u2", "u3"]);
});

test("who is gone is told as of the reading that told so", async () => {
  world.users.splice(2, 1);
  await world.sync();
  const [source] = await world.sql<{ asOf: string }>('select last_complete_at as "asOf" from sync.sources');
  const gone = await new IdentityStore(world.database.knex).person("acme", "u3");
  expect(gone).toMatchObject({ tombstonedAt: expect.any(String), asOf: source?.asOf, roles: [] });
});

test("a plan leaves no witness, and applying one that removes takes its witnesses along", async () => {
  await world.write("jobs/acme.yaml", JOB.replace("    one: /users/{key}\n", ""));
  world.users.splice(2, 1);
  await world.plan();
  expect(await witnesses()).toEqual([]);
  await world.sync();
  expect(await witnesses()).toEqual([{ key: "u3" }]);
  const planned = await world.plan();
  expect(recordsOf(await world.sync({ planId: planned.plan }), "users")).toMatchObject({ gone: 1 });
  expect(await witnesses()).toEqual([]);
});

describe("of people who are paged by a value that is not their key", () => {
  const TIMED = JOB.replace(
    "page: { offset: offset, size: limit=10, total: total }",
    "page: { keyset: created, as: after, size: limit=2 }",
  );
  /** Serves pages by the time of creation, which several may share. */
  const serve = (created: (id: unknown) => number) =>
    world.upstream.on("/users", ({ query }) => {
      const after = Number(query.get("after") ?? -1);
      const all = world.users.map((user) => ({ ...user, created: created(user.id) }));
      const sorted = all.filter((user) => user.created > after).sort((a, b) => a.created - b.created);
      return { body: { items: sorted.slice(0, Number(query.get("limit"))) } };
    });
  const numbered = (id: unknown) => Number(String(id).slice(1));
  beforeEach(() => world.write("jobs/acme.yaml", TIMED));

  test("one who fell over the edge of a page is not gone, however often", async () => {
    serve(numbered);
    world.users.push({ id: "u4", login: "dan", state: "on" }, { id: "u5", login: "eve", state: "on" });
    await world.sync();
    expect(await live()).toHaveLength(5);
    // Who is beside u2 at the edge is on no page, and reading one alone is out of order.
    serve((id) => (id === "u3" ? 2 : numbered(id)));
    world.upstream.on("/users/{id}", () => ({ status: 500 }));
    for (const _night of [1, 2, 3]) {
      const report = await world.sync();
      expect(recordsOf(report, "users")).toMatchObject({ gone: 0, absent: 1 });
      expect(report.notes).toContain(
        "1 users absent, and kept until `one` finds them gone: `created`, by which their list is paged, is not their key",
      );
    }
    expect(await live()).toContain("u3");
  });

  test("one whom reading alone does not find is gone", async () => {
    serve(numbered);
    world.users.push({ id: "u4", login: "dan", state: "on" });
    await world.sync();
    world.users.splice(2, 1);
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 1, absent: 0 });
  });

  test("those on a single page are all there are", async () => {
    serve(numbered);
    await world.write("jobs/acme.yaml", TIMED.replace("limit=2", "limit=9").replace("    one: /users/{key}\n", ""));
    await world.sync();
    world.users.splice(2, 1);
    await world.sync();
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 1 });
  });
});

describe("people who are listed below their organization", () => {
  const BELOW = JOB.replace(
    / {2}users:.*/s,
    '  people: { each: orgs, get: "/orgs/{parent.id}/people", records: items, deletes: sweep-now }\n',
  ).replace(
    "orgs: { get: /orgs, records: items, deletes: sweep-now }",
    'orgs: { get: /orgs, one: "/orgs/{key}", records: items, deletes: sweep }',
  );
  const PEOPLE = "into: users\nkey: id\nfields:\n  username: login\n  status: { default: active, from: nothing }\n";
  let orgs: World["orgs"];

  beforeEach(async () => {
    await world.close();
    world = await startWorld({ "jobs/acme.yaml": BELOW, "mappings/acme/people.yaml": PEOPLE });
    await rm(`${world.home}/mappings/acme/users.yaml`);
    orgs = world.orgs;
    world.upstream.on("/orgs/{id}", ({ params }) => {
      const found = orgs.find((org) => org.id === params.id);
      return found === undefined ? { status: 404 } : { body: found };
    });
    world.upstream.on("/orgs/{id}/people", ({ params }) => ({
      body: {
        items: world.users
          .filter((user) => user.orgs?.includes(params.id ?? ""))
          .map(({ id, login }) => ({ id, login })),
      },
    }));
    expect(await world.sync()).toMatchObject({ outcome: "ok", error: null });
    expect(await live()).toEqual(["u1", "u2", "u3"]);
  });

  test("leave with a complete enumeration of their organizations", async () => {
    world.users.splice(2, 1);
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 1, complete: true });
  });

  test("leave also where each list is paged by a value that several share, and none has a second page", async () => {
    const keyset = "records: items, page: { keyset: joined, as: after, size: limit=9 }";
    await world.write("jobs/acme.yaml", BELOW.replace(/(?<=people: .*)records: items/, keyset));
    world.users.splice(2, 1);
    const report = await world.sync();
    expect(recordsOf(report, "users")).toMatchObject({ gone: 1, complete: true });
    expect(report.notes.join()).not.toContain("absent");
  });

  test("wait for a second witness if the job waives none: they may have moved to one that was asked before", async () => {
    await world.write("jobs/acme.yaml", BELOW.replace(/(?<=people: .*)sweep-now/, "sweep-within-parent"));
    world.users.splice(2, 1);
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 0, absent: 1, complete: true });
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ gone: 1 });
  });

  test.each([
    ["waits for its second witness", 1],
    ["is held", 8],
  ])("stay as long as the absence of an organization %s: nobody has asked for theirs", async (_what, gone) => {
    // Alone they cannot be read, so that the list is all there is.
    world.upstream.on("/orgs/{id}", () => ({ status: 500 }));
    const extra = Array.from({ length: 8 }, (_, n) => ({ id: `x${n}`, name: `Extra ${n}` }));
    world.orgs = [...orgs, ...extra];
    world.users.push({ id: "u4", login: "dan", state: "on", orgs: ["x7"] });
    await world.sync();
    world.orgs = world.orgs.slice(0, -gone);
    const isHeld = gone === 8;
    const report = await world.sync();
    expect(recordsOf(report, "orgs")).toMatchObject({ gone: 0, [isHeld ? "held" : "absent"]: gone });
    expect(recordsOf(report, "users")).toMatchObject({ gone: 0, held: 0, absent: 1 });
    expect(await live()).toContain("u4");
    const next = await world.sync();
    expect([recordsOf(next, "orgs").gone, recordsOf(next, "users").gone]).toEqual(isHeld ? [0, 0] : [1, 1]);
  });

  test("stay while the removal of an organization that the mapping leaves out is held", async () => {
    const extra = Array.from({ length: 8 }, (_, n) => ({ id: `x${n}`, name: `Extra ${n}` }));
    world.orgs = [...orgs, ...extra];
    world.users.push({ id: "u4", login: "dan", state: "on", orgs: ["x7"] });
    await world.write("mappings/acme/orgs.yaml", "into: orgs\nkey: id\nskip: closed\nfields:\n  name: name\n");
    await world.sync();
    world.orgs = [...orgs, ...extra.map((org) => ({ ...org, closed: true }))];
    for (const night of [1, 2, 3]) {
      const report = await world.sync();
      expect(recordsOf(report, "orgs")).toMatchObject({ gone: 0, held: 8 });
      expect(recordsOf(report, "users")).toMatchObject({ gone: 0, held: 0, absent: 1 });
      expect(recordsOf(report, "users").absentAgain).toBe(night === 1 ? undefined : 1);
      expect(report.notes).toContain(
        night === 1
          ? "1 users absent for the first time; removed when a second complete run misses them too"
          : "1 users absent again, and kept until it is decided which `orgs` are gone",
      );
    }
    expect(await live()).toContain("u4");
  });

  test("stay when their organization could not be mapped, and so was not asked", async () => {
    world.orgs = [{ id: "o1", name: "" }, world.orgs[1]!];
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "incomplete", exitCode: 4 });
    expect(recordsOf(report, "users")).toMatchObject({
      gone: 0,
      incompleteBecause: expect.stringMatching(/1 of `orgs`/),
    });
    expect(await live()).toEqual(["u1", "u2", "u3"]);
  });

  test("stay when the list of organizations left out one that still answers", async () => {
    orgs = world.orgs;
    world.orgs = orgs.slice(1);
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "incomplete" });
    expect(report.error?.message).toMatch(/the list left out 1 org that still answers when read alone$/);
    expect(report.error?.fix).toMatch(/goes as usual\. Run it again, or ask the upstream's people$/);
    expect(recordsOf(report, "users")).toMatchObject({ gone: 0, complete: false });
    expect(await live()).toEqual(["u1", "u2", "u3"]);
  });

  test("are read with their organizations when they alone are asked for", async () => {
    world.users.push({ id: "u4", login: "dora", orgs: ["o1"] });
    const report = await world.sync({ only: ["people"] });
    expect(report).toMatchObject({ outcome: "ok" });
    expect(recordsOf(report, "users")).toMatchObject({ new: 1, fetched: 4 });
    expect(Object.keys(report.entities)).toEqual(expect.arrayContaining(["orgs", "users"]));
  });
});
