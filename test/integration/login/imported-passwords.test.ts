/** Passwords that a mapping brings: from the customer's records to a login while the customer's system is away. */
import { ReadinessStore } from "../../../src/mirror/login/readiness-store";
import { RetireStore } from "../../../src/mirror/retire-store";
import { give, keptIn, login, of, PASSWORD_MAPPING, ssha } from "../../support/brought-passwords";
import { LoginHouse } from "../../support/login-house";
import { PEPPER } from "../../support/pepper";
import { SESSION } from "../../support/session-row";
import { crowd, recordsOf, startWorld, type World } from "../../support/world";

let world: World;
let house: LoginHouse;
beforeEach(async () => {
  world = await startWorld({ "mappings/acme/users.yaml": PASSWORD_MAPPING });
  house = new LoginHouse(world.database);
});
afterEach(() => world.close());

const readiness = () =>
  new ReadinessStore(world.database).report("acme", { now: Date.now(), offline: 3_600_000, peppers: [PEPPER.id] });

test("a password that a run brought is checked while the customer's system is away, and renewed by the first login", async () => {
  give(world, "u1", ssha("right"));
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok", notes: [] });
  expect(report.passwords).toEqual({
    usable: 1,
    changed: 1,
    none: 2,
    gone: 0,
    unusable: { "other-format": 0, unreadable: 0, "too-costly": 0 },
  });
  expect(await keptIn(world)).toEqual([of("u1", "sealed")]);
  expect(await readiness()).toMatchObject({ active: 0, neverLetIn: 2, neverLetInReady: 1 });

  expect(await login(house, "ann", "wrong")).toBe("refused");
  expect(await keptIn(world)).toEqual([of("u1", "sealed")]);
  expect(await login(house, "ann", "right")).toBe("mirror");
  expect(await keptIn(world)).toEqual([of("u1", "ours")]);
  expect(await login(house, "ann", "right")).toBe("mirror");
  expect(await login(house, "ann", "wrong")).toBe("refused");
  expect(await readiness()).toMatchObject({ active: 1, ready: 1, neverLetIn: 1, neverLetInReady: 0 });
  // Nobody knows a password of theirs.
  expect(await login(house, "bob", "right")).toBe("unavailable");
});

test("a night in which nothing changed reads no password, and one in which something else did leaves what a login renewed", async () => {
  give(world, "u1", ssha("right"));
  await world.sync();
  await login(house, "ann", "right");
  const quiet = await world.sync();
  expect([recordsOf(quiet, "users").unparsed, quiet.passwords]).toEqual([3, undefined]);

  world.users = world.users.map((one) => ({ ...one, name: "Another" }));
  expect((await world.sync()).passwords).toMatchObject({ usable: 1, changed: 0 });
  expect(await keptIn(world)).toEqual([of("u1", "ours")]);
  expect(await login(house, "ann", "right")).toBe("mirror");
});

test("another hash is another password, whatever was there: brought, renewed or made by a live login", async () => {
  const people = ["u1", "u2", "u4"];
  world.users = [...world.users, { id: "u4", login: "dora", state: "on" }];
  for (const id of people) give(world, id, ssha("old"));
  await world.sync();
  house.now = Date.now();
  await house.letIn("u2", "old", "bob");
  expect(await login(house, "dora", "old")).toBe("mirror");
  expect(await keptIn(world)).toEqual([of("u1", "sealed"), of("u2", "ours"), of("u4", "ours")]);

  for (const id of people) give(world, id, ssha("new"));
  await world.sync();
  expect(await keptIn(world)).toEqual(people.map((id) => of(id, "sealed")));
  for (const name of ["ann", "bob", "dora"])
    expect([await login(house, name, "old"), await login(house, name, "new")]).toEqual(["refused", "mirror"]);
});

test("a hash that is gone, locked, empty, no text or of another format opens for nobody any more", async () => {
  const values = [undefined, "!", "", { a: 1 }, "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="];
  const brought = crowd(2 * values.length).map((one) => ({ ...one, proof: { value: ssha("right") } }));
  world.users = brought;
  await world.sync();
  // One of each two was renewed.
  for (let at = 0; at < brought.length; at += 2) expect(await login(house, `user${at + 1}`, "right")).toBe("mirror");
  world.users = brought.map((one, at) => ({ ...one, proof: { value: values[at >> 1] } }));
  const report = await world.sync();
  expect(report.notes).toContain("the password of 10 people is gone upstream: the mirror no longer lets them in");
  expect(new Set((await keptIn(world)).map(({ kind, imported }) => `${kind} ${imported}`))).toEqual(
    new Set(["empty false"]),
  );
  for (let at = 0; at < brought.length; at += 1)
    expect(await login(house, `user${at + 1}`, "right")).toBe("unavailable");
  // They come again, and so does the login.
  world.users = brought;
  await world.sync();
  expect(await login(house, "user1", "right")).toBe("mirror");
});

test("what cannot be used is told without being said, and the record lands", async () => {
  world.users = ["{MD5}X03MO1qnZdYdgyfeuILPmQ==", "plain text", "{SSHA}short", `$2b$31$${"a".repeat(53)}`].map(
    (value, at) => ({ id: `u${at}`, login: `user${at}`, state: "on", proof: { value } }),
  );
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok", passwords: { usable: 0, none: 0 } });
  expect(report.notes).toEqual([
    "MAP062  no password was taken over of 2 people whose hash is no hash of the format ldap-ssha or bcrypt, of 1 person whose hash begins like a hash of its format and cannot be read as one, of 1 person whose hash would cost more to check than a login may",
  ]);
  expect(recordsOf(report, "users")).toMatchObject({ new: 4, rejected: 0 });
  expect(await keptIn(world)).toEqual([]);
});

test("whoever is disabled or gone has none; whoever comes back has theirs again", async () => {
  for (const id of ["u1", "u2", "u3"]) give(world, id, ssha("right"));
  await world.sync();
  expect(await keptIn(world)).toEqual([of("u1", "sealed"), of("u2", "sealed")]);
  const before = world.users;
  world.users = before.filter(({ id }) => id !== "u2").map((one) => (one.id === "u1" ? { ...one, state: "off" } : one));
  await world.sync();
  await world.sync();
  expect(await keptIn(world)).toEqual([]);
  world.users = before;
  await world.sync();
  expect(await keptIn(world)).toEqual([of("u1", "sealed"), of("u2", "sealed")]);
  expect([await login(house, "ann", "right"), await login(house, "bob", "right")]).toEqual(["mirror", "mirror"]);
});

test("a first load that lands brings them too; of a person met twice the latest counts", async () => {
  world.users = crowd(40).map((one) => ({ ...one, proof: { value: ssha(`of ${one.id}`) } }));
  const again = { ...world.users[0], id: "u1", proof: { value: ssha("later") } };
  world.users = [...world.users, again];
  const report = await world.sync({ batches: { rows: 10, checkpointEvery: 60_000, landsFrom: 1 } });
  expect(report.notes.join()).toContain("written as they were read");
  expect((await keptIn(world)).length).toBe(40);
  // What came twice came incompletely, and nobody is answered from that.
  world.users = world.users.slice(1);
  expect((await world.sync()).outcome).toBe("ok");
  expect(await login(house, "user1", "of u1")).toBe("refused");
  expect(await login(house, "user1", "later")).toBe("mirror");
  expect(await login(house, "user40", "of u40")).toBe("mirror");
});

test("one that the customer's system refused since it was read stays away until it is read again", async () => {
  give(world, "u1", ssha("right"));
  await world.sync();
  // As a no leaves it that comes while the next run reads.
  const refused = (at: string) =>
    world.sql(`update login.verifiers set hash = '', is_foreign = false, imported = null, vouched_at = ${at}`);
  await refused("now() + interval '1 minute'");
  give(world, "u1", ssha("another"));
  await world.sync();
  expect(await keptIn(world)).toEqual([of("u1", "empty", false)]);
  await refused("now()");
  await world.sync({ full: true });
  expect(await keptIn(world)).toEqual([of("u1", "sealed")]);
});

describe("between a run and a login", () => {
  test("a login that was asked before the run read another password does not bring the old one back", async () => {
    give(world, "u1", ssha("old"));
    await world.sync();
    house.now = Date.now();
    house.live = { outcome: "accepted", key: "u1" };
    house.meanwhile = async () => {
      give(world, "u1", ssha("new"));
      await world.sync();
    };
    expect(await house.try("ann", "old")).toBe("live");
    house.live = { outcome: "unavailable", reason: "timeout" };
    house.meanwhile = async () => undefined;
    expect([await login(house, "ann", "old"), await login(house, "ann", "new")]).toEqual(["refused", "mirror"]);
  });

  test("nor one that was asked before the run read that there is none any more", async () => {
    give(world, "u1", ssha("old"));
    await world.sync();
    house.now = Date.now();
    house.live = { outcome: "accepted", key: "u1" };
    house.meanwhile = async () => {
      give(world, "u1", "!");
      await world.sync();
    };
    await house.try("ann", "old");
    house.live = { outcome: "unavailable", reason: "timeout" };
    expect(await login(house, "ann", "old")).toBe("unavailable");
  });

  test("a login after the run had read the old one keeps its own", async () => {
    give(world, "u1", ssha("old"));
    world.upstream.on("/orgs", async () => ({ body: { items: world.orgs } }));
    await world.sync();
    give(world, "u1", ssha("older"));
    // The run has read it by its clock; the login comes later by its own.
    house.now = Date.now() + 30_000;
    await house.letIn("u1", "newest", "ann");
    await world.sync();
    expect(await keptIn(world)).toEqual([of("u1", "ours")]);
    expect(await house.try("ann", "newest")).toBe("mirror");
    expect(await house.try("ann", "older")).toBe("refused");
  });
});

test("a key that is renamed leaves everybody their password", async () => {
  give(world, "u1", ssha("right"));
  give(world, "u2", ssha("right"));
  world.users = world.users.map((one, at) => ({ ...one, uuid: `a${at}` }));
  await world.sync();
  await login(house, "bob", "right");
  await world.write("mappings/acme/users.yaml", PASSWORD_MAPPING.replace("key: id", "key: uuid"));
  await world.sync({ mode: "rekey", rekey: { stream: "users", expect: 3 } });
  expect(await keptIn(world)).toEqual([of("a0", "sealed"), of("a1", "ours")]);
  expect([await login(house, "ann", "right"), await login(house, "bob", "right")]).toEqual(["mirror", "mirror"]);
  await world.sync();
  expect(await keptIn(world)).toEqual([of("a0", "ours"), of("a1", "ours")]);
});

test("a plan takes none over; it is applied, and they come with the next run", async () => {
  give(world, "u1", ssha("right"));
  const planned = await world.plan();
  expect(planned.passwords).toMatchObject({ usable: 1 });
  const applied = await world.sync({ planId: planned.plan });
  expect(applied.notes.join()).toContain("a plan holds no passwords");
  expect(await keptIn(world)).toEqual([]);
  expect(await world.sql("select last_complete_at from sync.sources")).toEqual([{ last_complete_at: null }]);
  await world.sync();
  expect(await login(house, "ann", "right")).toBe("mirror");
});

test("a run for one person brings theirs", async () => {
  await world.sync();
  give(world, "u1", ssha("right"));
  give(world, "u2", ssha("right"));
  await world.sync({ user: "u1" });
  expect(await keptIn(world)).toEqual([of("u1", "sealed")]);
});

test("of a stream that is not believed nothing is taken over", async () => {
  world.users = crowd(40).map((one) => ({ ...one, proof: { value: ssha("old") } }));
  await world.sync();
  world.users = world.users.map((one, at) => ({
    ...one,
    ...(at < 20 ? { proof: { value: ssha("new") } } : { login: { no: "name" } }),
  }));
  const report = await world.sync();
  expect(report.error?.code).toBe("RUN006");
  expect(await login(house, "user1", "old")).toBe("mirror");
});

test("a source that is retired keeps none, and has them again when it comes back", async () => {
  give(world, "u1", ssha("right"));
  await world.sync();
  const trigger = { kind: "cli", by: "ops@desk", reason: null } as const;
  await new RetireStore(world.database).retire({ source: "acme", expect: 3, file: null, trigger });
  expect(await keptIn(world)).toEqual([]);
  await world.sync();
  expect(await login(house, "ann", "right")).toBe("mirror");
});

test("no session ends for a hash alone: systems hash the same password anew", async () => {
  give(world, "u1", ssha("right"));
  await world.sync();
  await world.sql(SESSION, ["acme", "u1"]);
  give(world, "u1", ssha("right"));
  await world.sync();
  expect(await world.sql("select key from login.sessions")).toEqual([{ key: "u1" }]);
});
