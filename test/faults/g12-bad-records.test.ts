/**
 * G12: one bad record never fails a run. It is rejected with its reason, counts as seen, keeps its old state, is tried again by
 * every run and is listed until it heals. Over 1 % bad holds the entity's removals, over 40 % of at least 20 stops the entity; both
 * at their very boundaries, and what holds or stops one entity leaves the others alone.
 *
 *     npx jest g12
 */
import { RejectStore } from "../../src/mirror/reject-store";
import { JOB, type Person, recordsOf, startWorld, type World } from "../support/world";

const PEOPLE = JOB.replace("get: /users\n", "get: /people\n").replace("limit=10", "limit=1000");

/** All of them active readers, whom nothing but their number tells apart. */
const people = (count: number): Person[] =>
  Array.from({ length: count }, (_, n) => ({
    id: `u${n}`,
    login: `user${n}`,
    state: "on",
    name: `User ${n}`,
    roles: ["r2"],
  }));

async function startPeople(): Promise<World> {
  const world = await startWorld({ "jobs/acme.yaml": PEOPLE });
  world.upstream.serveList("/people", () => world.users, { paging: "offset", pageSize: 1_000, total: "body" });
  return world;
}

const listed = async (world: World, all = false) =>
  (await new RejectStore(world.database.knex).list({ source: "acme", entity: null, key: null, all, limit: 10_000 }))
    .rejects;

describe("one bad record among 10,000", () => {
  let world: World;
  beforeAll(async () => {
    world = await startPeople();
  });
  afterAll(() => world.close());

  test("9,999 are applied by a first load, and by a night that changes every tenth", async () => {
    world.users = people(10_000);
    world.users[4_321]!.login = null;
    const first = await world.sync();
    expect(first).toMatchObject({
      outcome: "rejects",
      exitCode: 5,
      rejectsOmitted: 0,
      rejects: [{ entity: "users", key: "u4321", field: "username", code: "MAP020" }],
    });
    expect(recordsOf(first, "users")).toMatchObject({
      fetched: 10_000,
      new: 9_999,
      rejected: 1,
      complete: true,
      after: 9_999,
    });

    world.users[4_321]!.login = "user4321";
    world.users[77]!.state = { not: "a state" } as never;
    world.users[77]!.login = null;
    for (const person of world.users.filter((_, n) => n % 10 === 0)) person.name = `${person.name} B`;
    const night = await world.sync();
    expect(recordsOf(night, "users")).toMatchObject({
      new: 1,
      changed: 1_000,
      rejected: 1,
      healed: 1,
      gone: 0,
      after: 10_000,
    });
    // It counts as seen, and keeps its old state.
    expect(
      await world.sql("select username, status from mirror.users where key = 'u77' and tombstoned_at is null"),
    ).toEqual([{ username: "user77", status: "active" }]);
    expect(await listed(world)).toMatchObject([{ key: "u77", runs: 1, record: { id: "u77", login: null } }]);
    await world.sync();
    expect(await listed(world)).toMatchObject([{ key: "u77", runs: 2 }]);
  });
});

describe("many bad records", () => {
  let world: World;
  beforeEach(async () => {
    world = await startPeople();
  });
  afterEach(() => world.close());

  const CASES = [
    { bad: 2, of: 200, effect: "goes" },
    { bad: 3, of: 200, effect: "held" },
    { bad: 1, of: 100, effect: "goes" },
    { bad: 2, of: 100, effect: "held" },
    { bad: 40, of: 100, effect: "held" },
    { bad: 41, of: 100, effect: "stopped" },
    { bad: 19, of: 25, effect: "held" },
    { bad: 20, of: 50, effect: "held" },
    { bad: 20, of: 49, effect: "stopped" },
  ] as const;

  test.each(CASES)("$bad of $of: the removal and the change beside them are $effect", async ({ bad, of, effect }) => {
    world.users = people(of);
    expect((await world.sync()).outcome).toBe("ok");
    for (const person of world.users.slice(0, bad)) person.login = null;
    const [leaver, renamed] = world.users.slice(-2);
    leaver!.state = "purged";
    renamed!.name = "Renamed";
    world.roles[0]!.name = "Administrator";

    const night = await world.sync();
    const counts = recordsOf(night, "users");
    expect(counts.rejected).toBe(bad);
    // The others are left alone.
    expect(recordsOf(night, "roles").changed).toBe(1);
    if (effect === "stopped") {
      expect(night).toMatchObject({ outcome: "incomplete", exitCode: 4, error: { code: "RUN006" } });
      expect(counts).toMatchObject({ changed: 0, gone: 0, held: 0, complete: false });
    } else {
      const isHeld = effect === "held";
      expect(counts).toMatchObject({ changed: 1, gone: isHeld ? 0 : 1, held: isHeld ? 1 : 0 });
      expect(night.exitCode).toBe(isHeld ? 6 : 5);
      expect(night.hold?.evidence ?? []).toMatchObject(isHeld ? [{ entity: "users", rule: "rejects", count: 1 }] : []);
    }
    expect(await listed(world)).toHaveLength(bad);
  });
});
