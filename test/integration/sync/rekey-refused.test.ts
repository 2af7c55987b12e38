/** What keeps a rekey from being done: nothing is renamed then. */
import { edit, name, rekey, THREE } from "../../support/rekey-users";
import { crowd, startSyncedWorld, type World } from "../../support/world";

let world: World;
beforeEach(async () => {
  world = await startSyncedWorld();
});
afterEach(() => world.close());
const state = async () => [await world.dump(), await world.sql("select * from sync.mappings order by stream, run")];

describe("is refused with nothing renamed", () => {
  const refused = async (message: string, code: string) => {
    const before = await state();
    const report = await rekey(world, 3);
    expect(report.error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(await state()).toEqual(before);
    expect(await world.sql("select from sync.rekeys")).toEqual([]);
    return report;
  };

  test("when two would get one key", async () => {
    name(world, { u1: "a1", u2: "a1", u3: "c3" });
    await edit(world);
    // Two records on one page with one key are rejected before.
    expect((await refused("", "RUN008")).exitCode).toBe(4);
  });

  test("when a new key is missing", async () => {
    name(world, { u1: "a1", u2: null, u3: "c3" });
    await edit(world);
    await refused("the key of 1 record could not be read", "RUN008");
  });

  test("when a new key belongs to somebody who was not met", async () => {
    name(world, { u1: "u3", u2: "b2" });
    world.users.pop();
    await edit(world);
    expect((await refused("`u3`, of the record `u1`, is the key of somebody else", "MAP061")).exitCode).toBe(3);
  });

  test("when one old key has several new ones", async () => {
    world.users = crowd(12);
    await world.sync();
    world.users = [...world.users, { ...world.users[0]!, login: "other" }];
    for (const [index, person] of world.users.entries()) person.uuid = `n${index}`;
    await edit(world);
    await refused("the record `u1` has several: `n0` and `n12`", "MAP061");
  });

  test("when no record has the old key any more", async () => {
    name(world, THREE);
    for (const person of world.users) delete person.id;
    await edit(world);
    await refused("none of the 3 users in the mirror has the old key in a record any more", "MAP061");
  });

  test("when the list was not read completely", async () => {
    world.users = crowd(25);
    await world.sync();
    for (const person of world.users) person.uuid = `n${person.id}`;
    await edit(world);
    world.usersList.fault(2, "truncated");
    expect((await refused("", "UPS011")).exitCode).toBe(4);
    world.usersList.fault(3, "empty");
    world.usersList.heal();
  });

  test("when another number was seen", async () => {
    name(world, THREE);
    await edit(world);
    expect(await rekey(world, 2)).toMatchObject({
      exitCode: 2,
      error: { code: "USE004", message: "3 users would get another key, not 2; none did" },
    });
    expect(await world.sql("select from sync.rekeys")).toEqual([]);
  });

  test("for what has no key, or is not there", async () => {
    expect((await rekey(world, null, "usrs")).error).toMatchObject({ code: "USE003" });
  });
});
