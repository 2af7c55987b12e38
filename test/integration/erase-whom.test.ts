/** Who may be erased, and who may not. */
import { AuditStore } from "../../src/mirror/audit-store";
import { checkFence, claimSource, LEASE } from "../../src/mirror/fence";
import { AdministratorStore } from "../../src/mirror/login/administrator-store";
import { RetireStore } from "../../src/mirror/retire-store";
import { RunStore } from "../../src/mirror/run-store";
import { SealStore } from "../../src/mirror/seal-store";
import { erase, leave, startEraseWorld, trigger } from "../support/erase-person";
import { tablesSaying } from "../support/tables-saying";
import { USERS, type World } from "../support/world";

let world: World;
beforeEach(async () => {
  world = await startEraseWorld();
});
afterEach(() => world.close());
const verify = () => new SealStore(world.database).verify(null, 10);

describe("who may be erased", () => {
  const refused = (code: string, message: string) => ({ code, message: expect.stringContaining(message) });

  test("somebody who is gone alone, and is listed nowhere any more; and nothing is done to others", async () => {
    await world.write(
      "mappings/acme/roles.yaml",
      "into: roles\nkey: id\nfields:\n  name: name\n  members: { from: members, type: list }\n",
    );
    Object.assign(world.roles[1]!, { members: ["u1", "u3"] });
    await world.sync();
    // Whose record had no key may be anybody.
    await world.sql(
      `insert into sync.rejects (source, stream, record, entity, code, reason, first_run, first_at, last_run, last_at)
       values ('acme', 'users', 'page 1, record 3', 'users', 'MAP020', 'no key', 1, now(), 1, now())`,
    );
    const before = [await world.dump(), await world.sql("select * from audit.entries order by id")];
    await expect(erase(world, "u1")).rejects.toMatchObject(refused("USE004", "the account is there"));
    await expect(erase(world, "nobody")).rejects.toMatchObject(refused("USE003", "nothing is kept"));
    await expect(erase(world, "u1", { source: "beta" })).rejects.toMatchObject(refused("USE002", "was never read"));
    expect([await world.dump(), await world.sql("select * from audit.entries order by id")]).toEqual(before);

    await leave(world, "u3");
    await expect(erase(world, "u3")).rejects.toMatchObject(refused("USE004", "`roles.members` names them"));
    Object.assign(world.roles[1]!, { members: ["u1"] });
    world.users.push({ id: "u3", login: null });
    await world.sync();
    await expect(erase(world, "u3")).rejects.toMatchObject(refused("USE004", "the record is there, and rejected"));
    world.users.pop();
    await world.sync();

    const { entries } = await erase(world, "u3");
    await expect(erase(world, "u3", { expect: entries + 1 })).rejects.toMatchObject(
      refused("USE004", `has ${entries} entries`),
    );
    await expect(erase(world, "u3", { expect: entries, reason: "Cem asked" })).rejects.toMatchObject(
      refused("USE004", "the reason names the person"),
    );
    expect((await verify()).erased).toBe(0);

    const run = await new RunStore(world.database.knex).queue(
      "acme",
      { mode: "sync", only: null, user: "u3", full: false, planId: null },
      trigger,
    );
    await expect(erase(world, "u3")).rejects.toMatchObject(
      refused("RUN001", `run ${run} is about to work on this person`),
    );
    const fence = await world.database.withClient(async (client) => {
      const taken = await claimSource(client, { run, source: "acme", holder: "somebody" }, LEASE);
      await expect(erase(world, "u3")).rejects.toMatchObject(refused("RUN001", `by run ${run} (somebody)`));
      return taken;
    });
    // Whoever was paused and silent for too long writes nothing after that.
    await world.sql("update sync.sources set lease_until = now() - interval '1 s'");
    await world.sql("update sync.runs set options = '{}' where id = $1", [run]);
    expect((await erase(world, "u3", { expect: entries })).erasure).toEqual(expect.any(Number));
    await expect(
      world.database.transaction((client) => checkFence({ client, source: "acme", fence })),
    ).rejects.toMatchObject({ code: "RUN003" });
    expect(await verify()).toMatchObject({ holds: true, erased: entries });
  });

  test("nobody whose return a person only keeps waiting", async () => {
    await world.sync();
    world.users.push({ id: "person-4", login: "dora", state: "on" });
    const { run } = await world.sync();
    const undone = { run, user: null, field: null, keepNewer: false, expect: 1 };
    await world.sync({ mode: "revert", revert: undone });
    await expect(erase(world, "person-4")).rejects.toMatchObject(
      refused("USE004", "what would bring them back is held"),
    );
    expect((await world.sync()).outcome).toBe("held");
    await expect(erase(world, "person-4")).rejects.toMatchObject(
      refused("USE004", "what would bring them back is held"),
    );
    world.users.pop();
    await world.sync();
    const { entries } = await erase(world, "person-4");
    await erase(world, "person-4", { expect: entries });
    expect(await tablesSaying(world, /dora|person-4/)).toEqual([]);
    // Nor does a record that the mapping leaves out, or that says of itself that it is gone, bring anything back.
    for (const state of ["staged", "purged"]) {
      world.users[3] = { id: "person-4", login: "dora", state };
      expect((await world.sync()).outcome).toBe("ok");
      expect(await tablesSaying(world, /dora|person-4/)).toEqual([]);
    }
  });

  test("anybody of a source that is retired, and an administrator who was removed", async () => {
    await world.sync();
    await new RetireStore(world.database).retire({ source: "acme", expect: 3, file: null, trigger });
    const { entries } = await erase(world, "u1");
    await erase(world, "u1", { expect: entries });
    expect(await world.sql("select key from mirror.users order by key")).toEqual([{ key: "u2" }, { key: "u3" }]);
    // Who reads it again is given whom it still lists, as somebody new.
    expect((await world.sync()).entities.users).toMatchObject({ fetched: 3, new: 1, same: 2 });

    const administrators = new AdministratorStore(world.database);
    const who = { name: "breakglass", by: "ops@desk", reason: "emergencies" };
    await administrators.create({ ...who, roles: ["admin"], until: null }, async () => "hash");
    await expect(erase(world, "breakglass", { source: "local" })).rejects.toMatchObject(
      refused("USE004", "still there"),
    );
    await administrators.remove(who);
    expect(await erase(world, "breakglass", { source: "local" })).toMatchObject({
      entries: 4,
      rows: { "mirror.users": 1 },
    });
    await erase(world, "breakglass", { source: "local", expect: 4 });
    expect(await tablesSaying(world, /breakglass/)).toEqual([]);
    expect(await verify()).toMatchObject({ holds: true, erased: entries + 4 });
  });

  test("under every key they had; whose keys those were besides keep their own", async () => {
    await world.sync();
    world.users = world.users.map((one) => ({ ...one, uuid: { u1: "u2", u2: "u1", u3: "c3" }[String(one.id)] }));
    await world.write("mappings/acme/users.yaml", USERS.replace("key: id", "key: uuid"));
    await world.sync({ mode: "rekey", rekey: { stream: "users", expect: 3 } });
    await world.sync();
    const audit = new AuditStore(world.database.knex);
    const bob = await audit.ofUser("acme", "u1", null);
    expect(bob.map(({ key }) => key)).toEqual(expect.arrayContaining(["u1", "u2"]));
    await expect(erase(world, "c4")).rejects.toMatchObject({ code: "USE003" });
    await expect(erase(world, "u3")).rejects.toMatchObject(refused("USE003", "it was renamed"));

    // Ann, whose key is now the one that Bob had.
    const ann = await audit.ofUser("acme", "u2", null);
    world.users = world.users.filter(({ login }) => login !== "ann");
    for (let run = 0; run < 2; run += 1) await world.sync();
    const { entries } = await erase(world, "u2");
    expect(entries).toBeGreaterThan(ann.length);
    await erase(world, "u2", { expect: entries });
    expect(await audit.ofUser("acme", "u1", null)).toEqual(bob);
    await expect(tablesSaying(world, /\bann\b/i)).resolves.toEqual([]);
    expect(await verify()).toMatchObject({ holds: true, erased: entries });
  });
});
