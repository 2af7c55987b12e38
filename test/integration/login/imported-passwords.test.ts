/** Passwords that a mapping brings: from the customer's records to a login while the customer's system is away. */
import { createHash, randomBytes } from "node:crypto";
import { Failure } from "../../../src/domain/errors";
import { KeptRecordStore } from "../../../src/mirror/kept-record-store";
import { ReadinessStore } from "../../../src/mirror/login/readiness-store";
import { RejectStore } from "../../../src/mirror/reject-store";
import { RetireStore } from "../../../src/mirror/retire-store";
import { Pepper } from "../../../src/passwords/pepper";
import { SINCE_JOB, serveChangingUsers } from "../../support/changing-upstream";
import { createRunner } from "../../support/create-runner";
import { eventually } from "../../support/eventually";
import { LoginHouse } from "../../support/login-house";
import { PEPPER } from "../../support/pepper";
import { SESSION } from "../../support/session-row";
import { crowd, JOB, recordsOf, startWorld, USERS, type World } from "../../support/world";

const MAPPING = USERS.replace(
  "attributes:",
  "  password_changed_at: changed\npassword: { from: proof.value, format: [ldap-ssha, bcrypt] }\nattributes:",
);

const CURSOR_JOB = JOB.replace("page: { offset: offset,", "page: { cursor: next, as: after,");

let world: World;
let house: LoginHouse;
beforeEach(async () => {
  world = await startWorld({ "mappings/acme/users.yaml": MAPPING });
  house = new LoginHouse(world.database);
});
afterEach(() => world.close());

/** As a directory would write it. */
function ssha(password: string): string {
  const salt = randomBytes(8);
  return `{SSHA}${Buffer.concat([createHash("sha1").update(password).update(salt).digest(), salt]).toString("base64")}`;
}

const give = (id: string, value: unknown): void => {
  world.users = world.users.map((one) => (one.id === id ? { ...one, proof: { value } } : one));
};

/** While the customer's system is away. */
async function login(name: string, password: string): Promise<string> {
  house.now = Date.now();
  return house.try(name, password);
}

const readiness = () =>
  new ReadinessStore(world.database).report("acme", { now: Date.now(), offline: 3_600_000, peppers: [PEPPER.id] });

interface Kept {
  readonly key: string;
  readonly kind: "sealed" | "ours" | "empty";
  readonly imported: boolean;
}

const KIND = "case when hash = '' then 'empty' when is_foreign then 'sealed' else 'ours' end";
const kept = () =>
  world.sql<Kept & { [column: string]: unknown }>(
    `select key, ${KIND} as kind, imported is not null as imported from login.verifiers order by key`,
  );
const of = (key: string, kind: Kept["kind"], imported = true) => ({ key, kind, imported });

test("brought by a run, checked while the customer's system is away, and renewed by the first login", async () => {
  give("u1", ssha("right"));
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok", notes: [] });
  expect(report.passwords).toEqual({
    usable: 1,
    changed: 1,
    none: 2,
    gone: 0,
    unusable: { "other-format": 0, unreadable: 0, "too-costly": 0 },
  });
  expect(await kept()).toEqual([of("u1", "sealed")]);
  expect(await readiness()).toMatchObject({ active: 0, neverLetIn: 2, neverLetInReady: 1 });

  expect(await login("ann", "wrong")).toBe("refused");
  expect(await kept()).toEqual([of("u1", "sealed")]);
  expect(await login("ann", "right")).toBe("mirror");
  expect(await kept()).toEqual([of("u1", "ours")]);
  expect(await login("ann", "right")).toBe("mirror");
  expect(await login("ann", "wrong")).toBe("refused");
  expect(await readiness()).toMatchObject({ active: 1, ready: 1, neverLetIn: 1, neverLetInReady: 0 });
  // Nobody knows a password of theirs.
  expect(await login("bob", "right")).toBe("unavailable");
});

test("a night in which nothing changed reads no password, and one in which something else did leaves what a login renewed", async () => {
  give("u1", ssha("right"));
  await world.sync();
  await login("ann", "right");
  const quiet = await world.sync();
  expect([recordsOf(quiet, "users").unparsed, quiet.passwords]).toEqual([3, undefined]);

  world.users = world.users.map((one) => ({ ...one, name: "Another" }));
  expect((await world.sync()).passwords).toMatchObject({ usable: 1, changed: 0 });
  expect(await kept()).toEqual([of("u1", "ours")]);
  expect(await login("ann", "right")).toBe("mirror");
});

test("another hash is another password, whatever was there: brought, renewed or made by a live login", async () => {
  const people = ["u1", "u2", "u4"];
  world.users = [...world.users, { id: "u4", login: "dora", state: "on" }];
  for (const id of people) give(id, ssha("old"));
  await world.sync();
  house.now = Date.now();
  await house.letIn("u2", "old", "bob");
  expect(await login("dora", "old")).toBe("mirror");
  expect(await kept()).toEqual([of("u1", "sealed"), of("u2", "ours"), of("u4", "ours")]);

  for (const id of people) give(id, ssha("new"));
  await world.sync();
  expect(await kept()).toEqual(people.map((id) => of(id, "sealed")));
  for (const name of ["ann", "bob", "dora"])
    expect([await login(name, "old"), await login(name, "new")]).toEqual(["refused", "mirror"]);
});

test("a hash that is gone, locked, empty, no text or of another format opens for nobody any more", async () => {
  const values = [undefined, "!", "", { a: 1 }, "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="];
  const brought = crowd(2 * values.length).map((one) => ({ ...one, proof: { value: ssha("right") } }));
  world.users = brought;
  await world.sync();
  // One of each two was renewed.
  for (let at = 0; at < brought.length; at += 2) expect(await login(`user${at + 1}`, "right")).toBe("mirror");
  world.users = brought.map((one, at) => ({ ...one, proof: { value: values[at >> 1] } }));
  const report = await world.sync();
  expect(report.notes).toContain("the password of 10 people is gone upstream: the mirror no longer lets them in");
  expect(new Set((await kept()).map(({ kind, imported }) => `${kind} ${imported}`))).toEqual(new Set(["empty false"]));
  for (let at = 0; at < brought.length; at += 1) expect(await login(`user${at + 1}`, "right")).toBe("unavailable");
  // They come again, and so does the login.
  world.users = brought;
  await world.sync();
  expect(await login("user1", "right")).toBe("mirror");
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
  expect(await kept()).toEqual([]);
});

test("whoever is disabled or gone has none; whoever comes back has theirs again", async () => {
  for (const id of ["u1", "u2", "u3"]) give(id, ssha("right"));
  await world.sync();
  expect(await kept()).toEqual([of("u1", "sealed"), of("u2", "sealed")]);
  const before = world.users;
  world.users = before.filter(({ id }) => id !== "u2").map((one) => (one.id === "u1" ? { ...one, state: "off" } : one));
  await world.sync();
  await world.sync();
  expect(await kept()).toEqual([]);
  world.users = before;
  await world.sync();
  expect(await kept()).toEqual([of("u1", "sealed"), of("u2", "sealed")]);
  expect([await login("ann", "right"), await login("bob", "right")]).toEqual(["mirror", "mirror"]);
});

test("a first load that lands brings them too; of a person met twice the latest counts", async () => {
  world.users = crowd(40).map((one) => ({ ...one, proof: { value: ssha(`of ${one.id}`) } }));
  const again = { ...world.users[0], id: "u1", proof: { value: ssha("later") } };
  world.users = [...world.users, again];
  const report = await world.sync({ batches: { rows: 10, checkpointEvery: 60_000, landsFrom: 1 } });
  expect(report.notes.join()).toContain("written as they were read");
  expect((await kept()).length).toBe(40);
  // What came twice came incompletely, and nobody is answered from that.
  world.users = world.users.slice(1);
  expect((await world.sync()).outcome).toBe("ok");
  expect(await login("user1", "of u1")).toBe("refused");
  expect(await login("user1", "later")).toBe("mirror");
  expect(await login("user40", "of u40")).toBe("mirror");
});

test("one that the customer's system refused since it was read stays away until it is read again", async () => {
  give("u1", ssha("right"));
  await world.sync();
  // As a no leaves it that comes while the next run reads.
  const refused = (at: string) =>
    world.sql(`update login.verifiers set hash = '', is_foreign = false, imported = null, vouched_at = ${at}`);
  await refused("now() + interval '1 minute'");
  give("u1", ssha("another"));
  await world.sync();
  expect(await kept()).toEqual([of("u1", "empty", false)]);
  await refused("now()");
  await world.sync({ full: true });
  expect(await kept()).toEqual([of("u1", "sealed")]);
});

describe("how old it is", () => {
  const vouched = async () => (await world.sql("select vouched_at, imported from login.verifiers"))[0];

  test("while complete runs bring the same, the customer's system vouches for it", async () => {
    give("u1", ssha("right"));
    await world.sync();
    await world.sql("update login.verifiers set vouched_at = now() - interval '80 hours'");
    await world.sql("update sync.sources set last_complete_at = now() - interval '80 hours'");
    expect(await login("ann", "right")).toBe("unavailable");
    await world.sync({ only: ["users"] });
    expect(await login("ann", "right")).toBe("unavailable");
    await world.sync();
    expect(await login("ann", "right")).toBe("mirror");
  });

  test("of whoever is rejected nothing vouches any more, until the record is good again", async () => {
    give("u1", ssha("right"));
    await world.sync();
    world.users = world.users.map((one) => (one.id === "u1" ? { ...one, login: { no: "name" } } : one));
    await world.sync();
    expect(await kept()).toEqual([of("u1", "sealed", false)]);
    expect(await login("ann", "right")).toBe("mirror");
    await world.sql("update login.verifiers set vouched_at = now() - interval '80 hours'");
    await world.sync();
    expect(await login("ann", "right")).toBe("unavailable");
    world.users = world.users.map((one) => (one.id === "u1" ? { ...one, login: "ann" } : one));
    await world.sync();
    expect(await login("ann", "right")).toBe("mirror");
  });

  test("of whose change is held another hash counts, and one that is gone only vouches no more", async () => {
    world.users = crowd(40).map((one) => ({ ...one, proof: { value: ssha("old") } }));
    await world.sync();
    world.users = world.users.map((one, at) =>
      at < 15 ? { ...one, state: "off", proof: { value: at === 0 ? ssha("new") : "!" } } : one,
    );
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "held", passwords: { gone: 0, changed: 1 } });
    expect((await kept()).filter(({ imported }) => !imported).length).toBe(14);
    expect([await login("user1", "old"), await login("user1", "new")]).toEqual(["refused", "mirror"]);
    expect(await login("user2", "old")).toBe("mirror");
  });

  describe("of whoever is missing, though not removed yet, nothing vouches any more, until they come again as they were", () => {
    const age = () => world.sql("update login.verifiers set vouched_at = now() - interval '80 hours'");

    test("while the removal waits for its second witness", async () => {
      await world.write("jobs/acme.yaml", JOB.replace("    one: /users/{key}\n", ""));
      for (const id of ["u1", "u2"]) give(id, ssha("right"));
      await world.sync();
      const before = world.users;
      world.users = before.slice(1);
      expect(recordsOf(await world.sync(), "users")).toMatchObject({ absent: 1, gone: 0 });
      expect(await kept()).toEqual([of("u1", "sealed", false), of("u2", "sealed")]);
      expect(await login("ann", "right")).toBe("mirror");
      await age();
      expect([await login("ann", "right"), await login("bob", "right")]).toEqual(["unavailable", "mirror"]);
      world.users = before;
      expect(recordsOf(await world.sync(), "users")).toMatchObject({ unparsed: 2, changed: 0 });
      expect(await login("ann", "right")).toBe("mirror");
    });

    test("while the removal is held", async () => {
      const before = crowd(40).map((one) => ({ ...one, proof: { value: ssha("right") } }));
      world.users = before;
      await world.sync();
      world.users = before.slice(8).map((one, at) => (at < 7 ? { ...one, state: "purged" } : one));
      const { hold } = await world.sync();
      expect(hold).toMatchObject({ state: "open", count: 15 });
      expect((await kept()).filter(({ imported }) => !imported).length).toBe(15);
      await age();
      await world.sync();
      const people = ["user1", "user9", "user40"];
      const all = () => Promise.all(people.map((name) => login(name, "right")));
      expect(await all()).toEqual(["unavailable", "unavailable", "mirror"]);
      world.users = before;
      expect(await world.sync()).toMatchObject({ outcome: "ok", hold: null });
      expect(await all()).toEqual(["mirror", "mirror", "mirror"]);
    });
  });

  test("a mapping that reads no passwords any more vouches for none", async () => {
    give("u1", ssha("right"));
    await world.sync();
    await world.write("mappings/acme/users.yaml", USERS);
    await world.sync();
    expect(await kept()).toEqual([of("u1", "sealed", false)]);
    expect((await vouched())?.vouched_at).not.toBeNull();
  });
});

describe("between a run and a login", () => {
  test("a login that was asked before the run read another password does not bring the old one back", async () => {
    give("u1", ssha("old"));
    await world.sync();
    house.now = Date.now();
    house.live = { outcome: "accepted", key: "u1" };
    house.meanwhile = async () => {
      give("u1", ssha("new"));
      await world.sync();
    };
    expect(await house.try("ann", "old")).toBe("live");
    house.live = { outcome: "unavailable", reason: "timeout" };
    house.meanwhile = async () => undefined;
    expect([await login("ann", "old"), await login("ann", "new")]).toEqual(["refused", "mirror"]);
  });

  test("nor one that was asked before the run read that there is none any more", async () => {
    give("u1", ssha("old"));
    await world.sync();
    house.now = Date.now();
    house.live = { outcome: "accepted", key: "u1" };
    house.meanwhile = async () => {
      give("u1", "!");
      await world.sync();
    };
    await house.try("ann", "old");
    house.live = { outcome: "unavailable", reason: "timeout" };
    expect(await login("ann", "old")).toBe("unavailable");
  });

  test("a login after the run had read the old one keeps its own", async () => {
    give("u1", ssha("old"));
    world.upstream.on("/orgs", async () => ({ body: { items: world.orgs } }));
    await world.sync();
    give("u1", ssha("older"));
    // The run has read it by its clock; the login comes later by its own.
    house.now = Date.now() + 30_000;
    await house.letIn("u1", "newest", "ann");
    await world.sync();
    expect(await kept()).toEqual([of("u1", "ours")]);
    expect(await house.try("ann", "newest")).toBe("mirror");
    expect(await house.try("ann", "older")).toBe("refused");
  });
});

test("a key that is renamed leaves everybody their password", async () => {
  give("u1", ssha("right"));
  give("u2", ssha("right"));
  world.users = world.users.map((one, at) => ({ ...one, uuid: `a${at}` }));
  await world.sync();
  await login("bob", "right");
  await world.write("mappings/acme/users.yaml", MAPPING.replace("key: id", "key: uuid"));
  await world.sync({ mode: "rekey", rekey: { stream: "users", expect: 3 } });
  expect(await kept()).toEqual([of("a0", "sealed"), of("a1", "ours")]);
  expect([await login("ann", "right"), await login("bob", "right")]).toEqual(["mirror", "mirror"]);
  await world.sync();
  expect(await kept()).toEqual([of("a0", "ours"), of("a1", "ours")]);
});

test("put into somebody else's row a sealed hash opens for nobody", async () => {
  give("u1", ssha("right"));
  await world.sync();
  await world.sql(
    `insert into login.verifiers (source, key, hash, vouched_at, is_foreign)
     select source, 'u2', hash, vouched_at, true from login.verifiers`,
  );
  expect(await login("bob", "right")).toBe("unavailable");
});

test("with another secret everybody's password is read again, although nothing changed", async () => {
  give("u1", ssha("right"));
  await world.sync();
  const pepper = new Pepper("the secret that took the place of the other");
  const sync = createRunner({ ...world, upstreamUrl: world.upstream.url, pepper });
  expect((await sync()).passwords).toMatchObject({ usable: 1, changed: 1 });
  expect(await login("ann", "right")).toBe("unavailable");
  house = new LoginHouse(world.database, { pepper });
  expect(await login("ann", "right")).toBe("mirror");
});

test("with another secret a stream that tells only what changed is read in full", async () => {
  await world.write("jobs/acme.yaml", SINCE_JOB);
  world.users = [];
  const users = serveChangingUsers(world);
  for (const id of ["u1", "u2"]) {
    users.put({ id, login: id, state: "on", proof: { value: ssha("right") } });
    users.clock += 3_600_000;
  }
  await world.sync();
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ incremental: true });

  const pepper = new Pepper("the secret that took the place of the other");
  const sync = createRunner({ ...world, upstreamUrl: world.upstream.url, pepper });
  house = new LoginHouse(world.database, { pepper });
  const report = await sync();
  expect(report.passwords).toMatchObject({ usable: 2, changed: 2 });
  expect(report.notes).toContain(
    "`users` was read in full: its job or its mapping was edited since it was read last, or the secret of its passwords changed",
  );
  expect(await login("u1", "right")).toBe("mirror");
  expect(recordsOf(await sync(), "users")).toMatchObject({ incremental: true });
});

test("what an interrupted run sealed with another secret is read again", async () => {
  const ending = new AbortController();
  await world.write("jobs/acme.yaml", CURSOR_JOB);
  const paging = { paging: "cursor", pageSize: 10, total: "body" } as const;
  const list = world.upstream.serveList("/users", () => world.users, paging);
  world.users = crowd(25).map((one) => ({ ...one, proof: { value: ssha("right") } }));
  list.fault(3, async () => {
    const kept = `select from sync.checkpoints, json_array_elements(streams) as state
      where state ->> 'stream' = 'users' and (state #>> '{counted,pages}')::integer >= 2`;
    await eventually(
      () => world.sql(kept),
      (rows) => rows.length > 0,
    );
    ending.abort(new Failure("RUN004", "the worker was told to end"));
    return { status: 500 };
  });
  const batches = { rows: 1, checkpointEvery: 0 };
  expect(await world.sync({ batches, signal: ending.signal })).toMatchObject({ outcome: "interrupted" });
  list.heal();
  const pepper = new Pepper("the secret that took the place of the other");
  const report = await createRunner({ ...world, upstreamUrl: world.upstream.url, pepper })({ batches });
  expect(report.notes[0]).toMatch(/: starts anew$/);
  house = new LoginHouse(world.database, { pepper });
  expect(await login("user1", "right")).toBe("mirror");
});

test("a plan takes none over; it is applied, and they come with the next run", async () => {
  give("u1", ssha("right"));
  const planned = await world.plan();
  expect(planned.passwords).toMatchObject({ usable: 1 });
  const applied = await world.sync({ planId: planned.plan });
  expect(applied.notes.join()).toContain("a plan holds no passwords");
  expect(await kept()).toEqual([]);
  expect(await world.sql("select last_complete_at from sync.sources")).toEqual([{ last_complete_at: null }]);
  await world.sync();
  expect(await login("ann", "right")).toBe("mirror");
});

test("a run for one person brings theirs", async () => {
  await world.sync();
  give("u1", ssha("right"));
  give("u2", ssha("right"));
  await world.sync({ user: "u1" });
  expect(await kept()).toEqual([of("u1", "sealed")]);
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
  expect(await login("user1", "old")).toBe("mirror");
});

test("a source that is retired keeps none, and has them again when it comes back", async () => {
  give("u1", ssha("right"));
  await world.sync();
  const trigger = { kind: "cli", by: "ops@desk", reason: null } as const;
  await new RetireStore(world.database).retire({ source: "acme", expect: 3, file: null, trigger });
  expect(await kept()).toEqual([]);
  await world.sync();
  expect(await login("ann", "right")).toBe("mirror");
});

test("no session ends for a hash alone: systems hash the same password anew", async () => {
  give("u1", ssha("right"));
  await world.sync();
  await world.sql(SESSION, ["acme", "u1"]);
  give("u1", ssha("right"));
  await world.sync();
  expect(await world.sql("select key from login.sessions")).toEqual([{ key: "u1" }]);
});

describe("the hash itself", () => {
  const CANARY = "canary0hash0canary0hash0canary";
  const hash = `$2b$05$${CANARY}uuaaaaaaaaaaaaaaaaaaaaa`;

  /** Every value of every table, whatever it is. */
  async function everywhere(): Promise<string> {
    const tables = await world.sql<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const texts = [];
    for (const { name } of tables)
      texts.push(
        ...(await world.sql<{ row: string }>(`select row_to_json(t)::text as row from ${name} t`)).map(
          ({ row }) => row,
        ),
      );
    return texts.join("\n");
  }

  test("is in no table, no report and no log: not as it is, and not in pieces", async () => {
    await world.write("jobs/acme.yaml", `keepRaw: true\n${JOB}`);
    give("u1", hash);
    give("u2", hash.slice(0, -1));
    world.users = [...world.users, { id: "u9", login: { no: "name" }, state: "on", proof: { value: hash } }];
    const warned: string[] = [];
    const told = [];
    for (const choices of [{ batches: { rows: 1, checkpointEvery: 0, landsFrom: 1 } }, {}])
      told.push(await world.sync({ ...choices, warned: (message) => warned.push(message) }), await world.plan());
    expect(await kept()).toEqual([of("u1", "sealed")]);
    const raw = new KeptRecordStore(world.database.knex);
    for (const key of ["u1", "u2", "u9"])
      expect((await raw.read("acme", "users", key))?.record).toMatchObject({ proof: {} });
    const { rejects } = await new RejectStore(world.database.knex).list({
      source: "acme",
      entity: null,
      key: null,
      all: true,
      limit: 10,
    });
    told.push(rejects);
    const found = await everywhere();
    expect(found).toContain("$sealed$");
    for (const text of [found, JSON.stringify(told), warned.join()]) {
      expect(text).not.toContain(CANARY);
      // Postgres shows bytes as hexadecimal digits.
      expect(text).not.toContain(Buffer.from(CANARY).toString("hex"));
      expect(text).not.toContain("$2b$05$");
    }
  });
});
