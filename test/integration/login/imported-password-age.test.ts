/** How old a password is that a mapping brings: for how long the customer's system vouches for it. */
import { give, keptIn, login, of, PASSWORD_MAPPING, ssha } from "../../support/brought-passwords";
import { LoginHouse } from "../../support/login-house";
import { crowd, JOB, recordsOf, startWorld, USERS, type World } from "../../support/world";

let world: World;
let house: LoginHouse;
beforeEach(async () => {
  world = await startWorld({ "mappings/acme/users.yaml": PASSWORD_MAPPING });
  house = new LoginHouse(world.database);
});
afterEach(() => world.close());

describe("how old it is", () => {
  const vouched = async () => (await world.sql("select vouched_at, imported from login.verifiers"))[0];

  test("while complete runs bring the same, the customer's system vouches for it", async () => {
    give(world, "u1", ssha("right"));
    await world.sync();
    await world.sql("update login.verifiers set vouched_at = now() - interval '80 hours'");
    await world.sql("update sync.sources set last_complete_at = now() - interval '80 hours'");
    expect(await login(house, "ann", "right")).toBe("unavailable");
    await world.sync({ only: ["users"] });
    expect(await login(house, "ann", "right")).toBe("unavailable");
    await world.sync();
    expect(await login(house, "ann", "right")).toBe("mirror");
  });

  test("of whoever is rejected nothing vouches any more, until the record is good again", async () => {
    give(world, "u1", ssha("right"));
    await world.sync();
    world.users = world.users.map((one) => (one.id === "u1" ? { ...one, login: { no: "name" } } : one));
    await world.sync();
    expect(await keptIn(world)).toEqual([of("u1", "sealed", false)]);
    expect(await login(house, "ann", "right")).toBe("mirror");
    await world.sql("update login.verifiers set vouched_at = now() - interval '80 hours'");
    await world.sync();
    expect(await login(house, "ann", "right")).toBe("unavailable");
    world.users = world.users.map((one) => (one.id === "u1" ? { ...one, login: "ann" } : one));
    await world.sync();
    expect(await login(house, "ann", "right")).toBe("mirror");
  });

  test("of whose change is held another hash counts, and one that is gone only vouches no more", async () => {
    world.users = crowd(40).map((one) => ({ ...one, proof: { value: ssha("old") } }));
    await world.sync();
    world.users = world.users.map((one, at) =>
      at < 15 ? { ...one, state: "off", proof: { value: at === 0 ? ssha("new") : "!" } } : one,
    );
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", passwords: { gone: 0, changed: 1 } });
    expect((await keptIn(world)).filter(({ imported }) => !imported).length).toBe(14);
    expect([await login(house, "user1", "old"), await login(house, "user1", "new")]).toEqual(["refused", "mirror"]);
    expect(await login(house, "user2", "old")).toBe("mirror");
  });

  describe("of whoever is missing, though not removed yet, nothing vouches any more, until they come again as they were", () => {
    const age = () => world.sql("update login.verifiers set vouched_at = now() - interval '80 hours'");

    test("while the removal waits for its second witness", async () => {
      await world.write("jobs/acme.yaml", JOB.replace("    one: /users/{key}\n", ""));
      for (const id of ["u1", "u2"]) give(world, id, ssha("right"));
      await world.sync();
      const before = world.users;
      world.users = before.slice(1);
      expect(recordsOf(await world.sync(), "users")).toMatchObject({ absent: 1, gone: 0 });
      expect(await keptIn(world)).toEqual([of("u1", "sealed", false), of("u2", "sealed")]);
      expect(await login(house, "ann", "right")).toBe("mirror");
      await age();
      expect([await login(house, "ann", "right"), await login(house, "bob", "right")]).toEqual([
        "unavailable",
        "mirror",
      ]);
      world.users = before;
      expect(recordsOf(await world.sync(), "users")).toMatchObject({ unparsed: 2, changed: 0 });
      expect(await login(house, "ann", "right")).toBe("mirror");
    });

    test("while the removal is held", async () => {
      const before = crowd(40).map((one) => ({ ...one, proof: { value: ssha("right") } }));
      world.users = before;
      await world.sync();
      world.users = before.slice(8).map((one, at) => (at < 7 ? { ...one, state: "purged" } : one));
      const { hold } = await world.sync();
      expect(hold).toMatchObject({ state: "open", count: 15 });
      expect((await keptIn(world)).filter(({ imported }) => !imported).length).toBe(15);
      await age();
      await world.sync();
      const people = ["user1", "user9", "user40"];
      const all = () => Promise.all(people.map((name) => login(house, name, "right")));
      expect(await all()).toEqual(["unavailable", "unavailable", "mirror"]);
      world.users = before;
      expect(await world.sync()).toMatchObject({ outcome: "ok", hold: null });
      expect(await all()).toEqual(["mirror", "mirror", "mirror"]);
    });
  });

  test("a mapping that reads no passwords any more vouches for none", async () => {
    give(world, "u1", ssha("right"));
    await world.sync();
    await world.write("mappings/acme/users.yaml", USERS);
    await world.sync();
    expect(await keptIn(world)).toEqual([of("u1", "sealed", false)]);
    expect((await vouched())?.vouched_at).not.toBeNull();
  });
});
