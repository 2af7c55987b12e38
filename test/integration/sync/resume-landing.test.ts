/** A first load that lands, interrupted, and the run that goes on from it: what has landed is met, and counted once. */

import { Failure } from "../../../src/domain/errors";
import { EVERY_PAGE, InterruptibleWorld } from "../../support/interruptible-world";
import { JOB, recordsOf, USERS, type World } from "../../support/world";

let world: World;
let paged: InterruptibleWorld;
beforeEach(async () => {
  paged = await InterruptibleWorld.start();
  world = paged.world;
});
afterEach(() => world.close());

describe("a first load that lands", () => {
  const LANDING = { batches: { ...EVERY_PAGE, landsFrom: 1 } };
  const heldRoles = () =>
    world.sql<{ user_key: string; effective: boolean }>("select user_key, effective from mirror.user_roles order by 1");

  test.each([2, 5, 8])("and is interrupted at page %i of 8 goes on landing there, counted as one", async (page) => {
    const first = await paged.interruptAt(page, LANDING);
    expect(await world.sql("select from mirror.users")).toHaveLength((page - 1) * 10);

    const resumed = world.upstream.requests.length;
    const report = await paged.sync(LANDING);
    expect(paged.pagesSince(resumed)).toEqual(Array.from({ length: 9 - page }, (_, index) => index + page));
    expect(paged.pathsSince(resumed)).toEqual(["/users"]);
    expect(report).toMatchObject({ outcome: "ok", error: null, plan: null });
    expect(recordsOf(report, "users")).toMatchObject({
      fetched: 75,
      new: 75,
      same: 0,
      unparsed: 0,
      before: 0,
      after: 75,
      complete: true,
    });
    expect(report.entities.user_roles).toMatchObject({ granted: 75, before: 0, after: 75 });
    expect(report.notes).toEqual([
      expect.stringContaining(`goes on from run ${first.run}`),
      expect.stringMatching(/^2 orgs, 2 permissions, 2 roles, 75 users written as they were read/),
    ]);
    expect(recordsOf(await paged.sync(LANDING), "users")).toMatchObject({ unparsed: 75, same: 75 });
    await paged.nothingIsLeftToDo();
  });

  test("and is not gone on with has the passwords of those who landed all the same", async () => {
    const users = USERS.replace("attributes:", "password: { from: proof, format: bcrypt }\nattributes:");
    await world.write("mappings/acme/users.yaml", users);
    for (const person of world.users) person.proof = `$2b$05$${"a".repeat(53)}`;
    await paged.interruptAt(5, LANDING);
    expect(await world.sql("select from mirror.users")).toHaveLength(40);
    await world.sql("update sync.checkpoints set at = at - interval '2 hours'");
    expect(await paged.sync(LANDING)).toMatchObject({ outcome: "ok", passwords: { usable: 75 } });
    expect(await world.sql("select from login.verifiers where imported is not null")).toHaveLength(75);
    await paged.nothingIsLeftToDo();
  });

  test("twice interrupted, and once by its upstream", async () => {
    await paged.interruptAt(3, LANDING);
    paged.strike(5, () => ({ status: 503 }));
    expect(await paged.sync(LANDING)).toMatchObject({ outcome: "upstream" });
    paged.list.heal();
    await paged.interruptAt(7, LANDING);
    const report = await paged.sync(LANDING);
    expect(report.outcome).toBe("ok");
    // What the run told of that lost its upstream is not new any more.
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 35, same: 40, before: 40, after: 75 });
    await paged.nothingIsLeftToDo();
  });

  test("and is interrupted takes back, when it goes on, who comes on a later page as a reject", async () => {
    world.users[12] = { id: "again", login: "first", state: "on", roles: ["r1"] };
    world.users[60] = { id: "again", login: null, state: "on" };
    await paged.interruptAt(5, LANDING);
    const report = await paged.sync(LANDING);
    expect(recordsOf(report, "users")).toMatchObject({
      fetched: 74,
      new: 73,
      same: 0,
      rejected: 1,
      gone: 0,
      before: 0,
      after: 73,
      complete: false,
    });
    expect(await world.sql("select from mirror.users where tombstoned_at is null and key = 'again'")).toEqual([]);
  });

  test("and was met by a run that lost its upstream is read again where somebody had to leave for another's name", async () => {
    await paged.interruptAt(4, LANDING);
    await world.sql("update sync.checkpoints set at = at - interval '61 minutes'");
    const { id, login } = world.users[4]!;
    const other = world.users[40]!;
    const own = other.login;
    other.login = login;
    paged.strike(7, () => ({ status: 503 }));
    const both = [id, other.id].sort().map((key) => ({ key }));
    expect(await paged.sync(LANDING)).toMatchObject({ outcome: "upstream", rejects: both });
    paged.list.heal();

    const resumed = world.upstream.requests.length;
    const report = await paged.sync(LANDING);
    expect(paged.pagesSince(resumed)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(report).toMatchObject({ outcome: "rejects", error: null, rejects: both });
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, rejected: 2, after: 73 });
    other.login = own;
    expect(recordsOf(await paged.sync(LANDING), "users")).toMatchObject({
      fetched: 75,
      rejected: 0,
      healed: 2,
      after: 75,
    });
    expect(recordsOf(await paged.sync(LANDING), "users")).toMatchObject({ unparsed: 75, same: 75 });
  });

  test("by paging that cannot be gone on with: what landed is known", async () => {
    await world.write("jobs/acme.yaml", JOB);
    paged.list = world.upstream.serveList("/users", () => world.users, {
      paging: "offset",
      pageSize: 10,
      total: "body",
    });
    const ending = new AbortController();
    paged.list.fault(5, () => {
      ending.abort(new Failure("RUN004", "told to end"));
      return { status: 500 };
    });
    await paged.sync({ ...LANDING, signal: ending.signal });
    paged.list.heal();
    const report = await paged.sync(LANDING);
    const landed = recordsOf(report, "users").before;
    expect(landed).toBeGreaterThan(0);
    expect(recordsOf(report, "users")).toMatchObject({
      fetched: 75,
      new: 75 - landed,
      unparsed: landed,
      complete: true,
    });
    await paged.nothingIsLeftToDo();
  });

  test("whose mapping is edited then: everything changes, and nobody has to release it", async () => {
    await paged.interruptAt(5, LANDING);
    await world.write(
      "mappings/acme/users.yaml",
      USERS.replace("display_name: name", "display_name: login").replace('skip: state = "staged"', 'skip: id = "u3"'),
    );
    const report = await paged.sync(LANDING);
    expect(report).toMatchObject({ outcome: "ok", hold: null });
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, changed: 39, gone: 1, after: 74 });
    await paged.nothingIsLeftToDo();
  });

  test("whose key is edited then: those it had are gone at once", async () => {
    await paged.interruptAt(5, LANDING);
    await world.write("mappings/acme/users.yaml", USERS.replace("key: id", "key: login"));
    const report = await paged.sync(LANDING);
    expect(report).toMatchObject({ outcome: "ok", hold: null });
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 75, gone: 40, after: 75 });
    await paged.nothingIsLeftToDo();
  });

  test("and of which all is gone from the stage is known all the same", async () => {
    await paged.interruptAt(5, LANDING);
    const [stage] = await world.sql<{ name: string }>(
      "select nspname as name from pg_namespace where nspname like 'stage%'",
    );
    await world.sql(`truncate ${stage?.name}.stage_landed`);
    const report = await paged.sync(LANDING);
    expect(report.notes[0]).toContain("is gone from the database: starts anew");
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 35, unparsed: 40, after: 75 });
    await paged.nothingIsLeftToDo();
  });

  test("a role that was read, and is gone before it got into the mirror, gives nobody anything", async () => {
    // The roles are too few to land.
    const few = { batches: { ...EVERY_PAGE, landsFrom: 5 } };
    await paged.interruptAt(5, few);
    expect((await heldRoles()).every(({ effective }) => effective)).toBe(true);
    await world.sql("update sync.checkpoints set at = at - interval '61 minutes'");
    world.roles = world.roles.filter(({ id }) => id !== "r2");
    await paged.sync(few);
    const held = await heldRoles();
    expect(held).toHaveLength(75);
    expect(held.some(({ effective }) => effective)).toBe(false);
    expect(
      await world.sql(
        "select cause, count(*)::integer from audit.entries where entity = 'user_roles' and kind = 'revoke' group by 1",
      ),
    ).toEqual([{ cause: "end-gone", count: 40 }]);
  });
});
