/** What keeps a run from being undone, and what is told of it: nothing is changed then. */
import { dumpLive } from "../../support/dump-live";
import { rewriteAudit } from "../../support/rewrite-audit";
import { pinsOf, revert } from "../../support/undo-run";
import { startSyncedWorld, USERS, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());

describe("refused", () => {
  test("what changed since keeps the run from being undone, and is named; it may be left alone", async () => {
    const [ann, bob] = world.users;
    Object.assign(ann!, { name: "One", roles: ["r1"] });
    bob!.name = "Two";
    world.users.push({ id: "u4", login: "dora", state: "on" });
    const { run } = await world.sync();
    Object.assign(ann!, { name: "Three", roles: ["r1", "r2"] });
    world.users[3]!.name = "Dora";
    const later = await world.sync();
    const before = await world.dump();
    const refused = await revert(world, run);
    expect(refused).toMatchObject({
      outcome: "drift",
      exitCode: 9,
      error: {
        code: "RUN020",
        fix: `nothing was changed; undo the later runs first (understudy runs acme), or leave alone what changed since: understudy revert ${run} --keep-newer`,
      },
      revert: {
        applied: false,
        newerTotal: 2,
        newer: [
          { entity: "users", key: "u1", field: "display_name", because: "has another value since", run: later.run },
          { entity: "users", key: "u4", field: null, because: "was changed since", run: later.run },
        ],
      },
    });
    expect(refused.error?.message).toBe(
      `2 things are no longer as run ${run} left them: ` +
        "users/u1 `display_name` has another value since; users/u4 was changed since",
    );
    expect(await world.dump()).toEqual(before);
    const kept = await revert(world, run, { keepNewer: true });
    expect(kept).toMatchObject({
      outcome: "ok",
      revert: { changes: 1 },
      notes: ["2 changed since and left alone", expect.anything()],
    });
    expect(await world.sql("select display_name from mirror.users order by key")).toEqual(
      ["Three", "Bob", "Cem", "Dora"].map((display_name) => ({ display_name })),
    );
  });

  test("a name that somebody took since is not taken from them", async () => {
    world.users[0]!.login = "anna";
    const { run } = await world.sync();
    world.users.push({ id: "u4", login: "Ann", state: "on" });
    await world.sync();
    const refused = await revert(world, run);
    expect(refused.revert?.newer).toMatchObject([
      { entity: "users", key: "u1", field: "username", because: "its `username` is held by users/u4" },
    ]);
  });

  test("what changed beside a name that somebody took since can be put back without it", async () => {
    Object.assign(world.users[0]!, { login: "anna", name: "Anna" });
    const { run } = await world.sync();
    world.users.push({ id: "u4", login: "Ann", state: "on" });
    await world.sync();
    const kept = await revert(world, run, { keepNewer: true });
    expect(kept).toMatchObject({ outcome: "ok", revert: { changes: 1, newerTotal: 1 } });
    expect(await world.sql("select username, display_name from mirror.users where key = 'u1'")).toEqual([
      { username: "anna", display_name: "Ann" },
    ]);
  });

  test("what is as before already needs nothing, also when a person undoes it twice", async () => {
    const [ann] = world.users;
    const was = structuredClone(world.users);
    Object.assign(ann!, { name: "One", roles: ["r1"], orgs: ["o1"], department: "sales" });
    world.users.splice(2, 1, { id: "u4", login: "dora", state: "on" });
    const { run } = await world.sync();
    world.users = was;
    await world.sync();
    await world.sync();
    const before = await dumpLive(world);
    const undoing = { run, user: null, field: null, keepNewer: false, expect: 7 };
    const nothing = await world.sync({ mode: "revert", revert: undoing });
    expect(nothing).toMatchObject({
      outcome: "ok",
      revert: { changes: 0, newerTotal: 0 },
      notes: ["there was nothing to put back: everything else is as it was before"],
    });
    expect([await dumpLive(world), await pinsOf(world)]).toEqual([before, []]);

    world.users[0]!.name = "Two";
    const night = await world.sync();
    await revert(world, night.run);
    const after = [await dumpLive(world), await pinsOf(world)];
    expect(after[1]).toHaveLength(1);
    expect((await world.sync({ mode: "revert", revert: { ...undoing, run: night.run, expect: 1 } })).outcome).toBe(
      "ok",
    );
    expect([await dumpLive(world), await pinsOf(world)]).toEqual(after);
  });

  test("another number of changes than was seen is not made", async () => {
    world.users[0]!.name = "One";
    const { run } = await world.sync();
    const before = await world.dump();
    const revertOf = { run, user: null, field: null, keepNewer: false, expect: 2 };
    expect(await world.sync({ mode: "revert", revert: revertOf })).toMatchObject({
      exitCode: 2,
      error: { code: "USE004", message: `undoing run ${run} takes 1 change, not 2; none was made` },
    });
    expect(await world.dump()).toEqual(before);
  });

  test("runs that cannot be undone say why", async () => {
    const plan = await world.plan();
    const because = async (run: number) => (await revert(world, run)).error?.message;
    expect(await because(plan.run)).toBe(`run ${plan.run} cannot be undone: it was a plan, which changes nothing`);
    expect(await because(4711)).toBe("`acme` has no run 4711");
    world.users[0]!.name = "One";
    const night = await world.sync();
    for (const person of world.users) person.uuid = `x-${person.id}`;
    await world.write("mappings/acme/users.yaml", USERS.replace("key: id", "key: uuid"));
    const rekey = await world.sync({ mode: "rekey", rekey: { stream: "users", expect: 3 } });
    expect(rekey.outcome).toBe("ok");
    expect(await because(rekey.run)).toContain("it renamed keys, which is undone by renaming them back");
    expect(await because(night.run)).toContain(`run ${rekey.run} has renamed keys since`);
    await world.sql("delete from sync.rekeys");
    await rewriteAudit(world.database, `update audit.entries set old = null, new = null where run = ${night.run}`);
    expect(await because(night.run)).toContain("was erased since");
    await rewriteAudit(world.database, "delete from audit.entries where run = 1");
    expect(await because(1)).toContain("the audit of that time is not kept any more");
    await world.sql("update sync.sources set retired_at = now()");
    expect(await because(night.run)).toContain("its source is retired");
    await world.sql("update sync.sources set retired_at = null");
    await world.sql("update sync.runs set state = 'running' where id = $1", [night.run]);
    expect(await because(night.run)).toContain("it has not ended yet");
  });
});
