/**
 * G28: erasing a person removes the plaintext everywhere, and the chain still verifies. A person whose every field is a word of its own
 * lives a full life: they sign in, hold roles of two kinds, are planned with, rejected, held and renamed. Then they leave and are erased,
 * and the word is looked for in every table, in what is compressed there, in the log and in the files.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { openApp } from "../../src/app";
import type { App } from "../../src/domain/app";
import type { Trigger } from "../../src/domain/runs";
import { AuditStore } from "../../src/mirror/audit-store";
import { EraseStore } from "../../src/mirror/erase/erase-store";
import { checkFence, claimSource, LEASE } from "../../src/mirror/fence";
import { AdministratorStore } from "../../src/mirror/login/administrator-store";
import { GrantStore } from "../../src/mirror/login/grant-store";
import { RetireStore } from "../../src/mirror/retire-store";
import { RunStore } from "../../src/mirror/run-store";
import { SealStore } from "../../src/mirror/seal-store";
import { rewriteAudit } from "../support/rewrite-audit";
import { SESSION } from "../support/session-row";
import { tablesIn, tablesSaying } from "../support/tables-saying";
import { crowd, JOB, startWorld, USERS, type World } from "../support/world";

const LOGIN = `
keepRaw: { redact: [] }
login:
  deadline: 1s
  password:
    kind: http
    post: /login
    json: { user: "{login}", secret: "{password}" }
    success: status = 200
    refused: status = 401
    subject: { key: body.id }
`;

const CANARY = /kanarie|kan%40rie/i;
const KEY = "kanarie@key 1";
const canary = () => ({
  id: KEY,
  login: "kanarie.login",
  state: "on",
  name: "Kanarie Name",
  email: "kanarie@mail.example",
  department: "kanarie-department",
  phone: "kanarie-raw-alone",
  orgs: ["o2"],
  roles: ["r1", "r2"],
});

const trigger: Trigger = { kind: "cli", by: "ops@desk", reason: "request 815" };

let world: World;
beforeEach(async () => {
  world = await startWorld({
    "jobs/acme.yaml": `${JOB}${LOGIN}`,
    "mappings/acme/users.yaml": USERS.replace("username: { from: login,", "username: { from: login, pii: true,"),
  });
});
afterEach(() => world.close());

/** What the planner remembers of values, for tables that have rows: of those that are empty Postgres keeps what it knew. */
const statisticsSaying = (word: string) =>
  world.sql(
    `select s.schemaname, s.tablename, s.attname
     from pg_stats s join pg_class c on c.oid = format('%I.%I', s.schemaname, s.tablename)::regclass
     where pg_relation_size(c.oid) > 0 and concat_ws(' ', s.most_common_vals, s.histogram_bounds, s.most_common_elems) ~* $1`,
    [word],
  );

const filesUnder = (folder: string): readonly string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesUnder(path) : [path];
  });

describe("a person with a long life", () => {
  let app: App;
  let logged: string[];
  let spy: jest.SpyInstance;
  beforeEach(async () => {
    logged = [];
    spy = jest.spyOn(process.stderr, "write").mockImplementation((chunk) => {
      logged.push(String(chunk));
      return true;
    });
    world.upstream.on("/login", ({ body }) => {
      const { user, secret } = JSON.parse(body || "{}");
      const person = world.users.find(({ login }) => login === user);
      return secret === "kanarie knows it" && person !== undefined ? { body: { id: person.id } } : { status: 401 };
    });
    app = await openApp({
      home: world.home,
      env: { DATABASE_URL: world.databaseUrl, UPSTREAM_URL: world.upstream.url, LOGIN_HASH: "m=19456,t=2,p=1" },
      logLevel: "debug",
    });
  });
  afterEach(async () => {
    await app.close();
    spy.mockRestore();
  });

  const asked = { source: "acme", only: null, user: null, full: false, trigger };
  const { signal } = new AbortController();
  const follow = { onEvent: () => undefined, signal };
  /** Through the queue, and with a log; the runs in between do without. */
  const sync = (changes: object = {}) => app.sync({ ...asked, ...follow, planId: null, wait: false, ...changes });
  const login = (password: string) =>
    app.login({
      source: "acme",
      credential: { kind: "password", login: "kanarie.login", password },
      client: { address: null },
    });

  test("leaves nothing but that somebody was erased, and the audit still verifies", async () => {
    world.users = [...crowd(8), canary()];
    expect((await sync()).outcome).toBe("ok");
    expect((await login("kanarie knows it")).result).toBe("accepted");
    expect((await login("a guess")).result).toBe("refused");
    await world.sql(SESSION, ["acme", KEY]);
    await world.sql("insert into login.admissions (source, key, at, as_of) values ('acme', $1, now(), now())", [KEY]);
    await app.grantRole({
      source: "acme",
      user: KEY,
      role: "r2",
      org: null,
      until: null,
      by: "ops@desk",
      reason: "stands in",
    });

    // Changed, rejected, in another's way, read alone, planned with, and undone.
    Object.assign(world.users.at(-1)!, { department: "kanarie-other" });
    world.users.push({ ...canary(), id: "u9" });
    const changed = await world.sync();
    expect(changed.rejects).toMatchObject([{ key: "u9", reason: expect.stringContaining(KEY) }]);
    await app.revert({ run: changed.run, user: KEY, field: null, keepNewer: false, expect: 1, trigger, ...follow });
    world.users.pop();
    Object.assign(world.users.at(-1)!, { login: null });
    expect((await sync()).rejects).toMatchObject([{ key: KEY }]);
    Object.assign(world.users.at(-1)!, { login: "kanarie.login" });
    await world.sync({ user: KEY, reason: "Kanarie Name asked" });
    await app.plan({ ...asked, ...follow });

    // Away with too many at once, so that it is held; then alone, which is believed after a second look.
    const others = world.users.slice(0, 8);
    world.users = others.slice(0, 2);
    expect((await world.sync()).outcome).toBe("held");
    world.users = others;
    for (let run = 0; run < 2; run += 1) await world.sync();
    await expect(sync({ user: KEY })).resolves.toMatchObject({ error: { code: "UPS021" } });
    expect(await tablesSaying(world, CANARY)).toEqual(
      expect.arrayContaining([
        ...["audit.entries", "login.admissions", "mirror.local_grants", "mirror.user_roles", "mirror.users"],
        ...["sync.held_changes", "sync.plan_changes", "sync.rejects", "sync.runs"],
      ]),
    );
    expect(await tablesIn(world)).toContainEqual(expect.stringMatching(/^queue\./));
    await world.sql("vacuum analyze");
    expect((await statisticsSaying("kanarie")).length).toBeGreaterThan(2);
    const before = await app.verifyAudit(null);

    const looked = await app.erasePerson({ source: "acme", key: KEY, expect: null, trigger });
    expect(looked).toMatchObject({ rows: { "mirror.users": 1 }, erasure: null });
    expect(await tablesSaying(world, CANARY)).toContain("mirror.users");
    const erased = await app.erasePerson({ source: "acme", key: KEY, expect: looked.entries, trigger });
    expect(erased).toEqual({ ...looked, erasure: expect.any(Number) });

    expect(await tablesSaying(world, CANARY)).toEqual([]);
    await world.sql("vacuum");
    expect(await statisticsSaying("kanarie")).toEqual([]);
    expect(logged.length).toBeGreaterThan(0);
    expect(logged.filter((line) => CANARY.test(line))).toEqual([]);
    expect(filesUnder(world.home).filter((file) => CANARY.test(readFileSync(file, "latin1")))).toEqual([]);

    await app.sealAudit();
    const after = await app.verifyAudit(before.head);
    expect(after).toMatchObject({ holds: true, erased: looked.entries, findings: [], unsealed: 0 });
    const told = await world.sql("select source, key, actor, reason, new from audit.entries where entity = 'erasures'");
    expect(told).toEqual([
      { source: "acme", key: "acme", actor: "ops@desk", reason: "request 815", new: { entries: expect.any(String) } },
    ]);

    // Everybody else is as they were, and the next run finds nothing to do.
    expect((await app.auditWho({ source: "acme", role: "r2", at: null })).holders.map(({ key }) => key)).toEqual(
      others.map(({ id }) => id),
    );
    await expect(app.auditUser("acme", KEY, null)).rejects.toMatchObject({ code: "USE003" });
    const diff = await app.auditDiff({
      source: "acme",
      from: changed.finishedAt,
      to: null,
      full: true,
    });
    expect(JSON.stringify(diff)).not.toMatch(CANARY);
    expect(await sync()).toMatchObject({ outcome: "ok", entities: { users: { fetched: 8, same: 8 } } });
    await expect(app.erasePerson({ source: "acme", key: KEY, expect: null, trigger })).rejects.toMatchObject({
      code: "USE003",
    });

    await app.sealAudit();
    const [{ id } = { id: 0 }] = await world.sql<{ id: number }>(
      "select id from audit.entries where key = 'u1' limit 1",
    );
    await rewriteAudit(world.database, `delete from audit.entries where id = ${id}`);
    expect((await app.verifyAudit(null)).findings).toEqual([
      { kind: "gone", seal: expect.any(Number), entry: id, says: null },
    ]);
  }, 60_000);
});

const erase = async (
  key: string,
  {
    expect: count = null,
    source = "acme",
    reason = "request 815",
  }: { expect?: number | null; source?: string; reason?: string } = {},
) => {
  await new SealStore(world.database).seal(5_000);
  return new EraseStore(world.database).erase({ source, key, expect: count, trigger: { ...trigger, reason } });
};
const verify = () => new SealStore(world.database).verify(null, 10);
const leave = async (id: string) => {
  world.users = world.users.filter((one) => one.id !== id);
  for (let run = 0; run < 2; run += 1) await world.sync();
};

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
    await expect(erase("u1")).rejects.toMatchObject(refused("USE004", "the account is there"));
    await expect(erase("nobody")).rejects.toMatchObject(refused("USE003", "nothing is kept"));
    await expect(erase("u1", { source: "beta" })).rejects.toMatchObject(refused("USE002", "was never read"));
    expect([await world.dump(), await world.sql("select * from audit.entries order by id")]).toEqual(before);

    await leave("u3");
    await expect(erase("u3")).rejects.toMatchObject(refused("USE004", "`roles.members` names them"));
    Object.assign(world.roles[1]!, { members: ["u1"] });
    world.users.push({ id: "u3", login: null });
    await world.sync();
    await expect(erase("u3")).rejects.toMatchObject(refused("USE004", "the record is there, and rejected"));
    world.users.pop();
    await world.sync();

    const { entries } = await erase("u3");
    await expect(erase("u3", { expect: entries + 1 })).rejects.toMatchObject(
      refused("USE004", `has ${entries} entries`),
    );
    await expect(erase("u3", { expect: entries, reason: "Cem asked" })).rejects.toMatchObject(
      refused("USE004", "the reason names the person"),
    );
    expect((await verify()).erased).toBe(0);

    const run = await new RunStore(world.database.knex).queue(
      "acme",
      { mode: "sync", only: null, user: "u3", full: false, planId: null },
      trigger,
    );
    await expect(erase("u3")).rejects.toMatchObject(refused("RUN001", `run ${run} is about to work on this person`));
    const fence = await world.database.withClient(async (client) => {
      const taken = await claimSource(client, { run, source: "acme", holder: "somebody" }, LEASE);
      await expect(erase("u3")).rejects.toMatchObject(refused("RUN001", `by run ${run} (somebody)`));
      return taken;
    });
    // Whoever was paused and silent for too long writes nothing after that.
    await world.sql("update sync.sources set lease_until = now() - interval '1 s'");
    await world.sql("update sync.runs set options = '{}' where id = $1", [run]);
    expect((await erase("u3", { expect: entries })).erasure).toEqual(expect.any(Number));
    await expect(
      world.database.transaction((client) => checkFence({ client, source: "acme", fence })),
    ).rejects.toMatchObject({ code: "RUN003" });
    expect(await verify()).toMatchObject({ holds: true, erased: entries });
  });

  test("nobody whose return a person only keeps waiting", async () => {
    await world.sync();
    world.users.push({ id: "u4", login: "dora", state: "on" });
    const { run } = await world.sync();
    const undone = { run, user: null, field: null, keepNewer: false, expect: 1 };
    await world.sync({ mode: "revert", revert: undone });
    await expect(erase("u4")).rejects.toMatchObject(refused("USE004", "what would bring them back is held"));
    expect((await world.sync()).outcome).toBe("held");
    await expect(erase("u4")).rejects.toMatchObject(refused("USE004", "what would bring them back is held"));
    world.users.pop();
    await world.sync();
    const { entries } = await erase("u4");
    await erase("u4", { expect: entries });
    expect(await tablesSaying(world, /dora|u4/)).toEqual([]);
    // Nor does a record that the mapping leaves out, or that says of itself that it is gone, bring anything back.
    for (const state of ["staged", "purged"]) {
      world.users[3] = { id: "u4", login: "dora", state };
      expect((await world.sync()).outcome).toBe("ok");
      expect(await tablesSaying(world, /dora|u4/)).toEqual([]);
    }
  });

  test("anybody of a source that is retired, and an administrator who was removed", async () => {
    await world.sync();
    await new RetireStore(world.database).retire({ source: "acme", expect: 3, file: null, trigger });
    const { entries } = await erase("u1");
    await erase("u1", { expect: entries });
    expect(await world.sql("select key from mirror.users order by key")).toEqual([{ key: "u2" }, { key: "u3" }]);
    // Who reads it again is given whom it still lists, as somebody new.
    expect((await world.sync()).entities.users).toMatchObject({ fetched: 3, new: 1, same: 2 });

    const administrators = new AdministratorStore(world.database);
    const who = { name: "breakglass", by: "ops@desk", reason: "emergencies" };
    await administrators.create({ ...who, roles: ["admin"], until: null }, async () => "hash");
    await expect(erase("breakglass", { source: "local" })).rejects.toMatchObject(refused("USE004", "still there"));
    await administrators.remove(who);
    expect(await erase("breakglass", { source: "local" })).toMatchObject({ entries: 4, rows: { "mirror.users": 1 } });
    await erase("breakglass", { source: "local", expect: 4 });
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
    await expect(erase("c4")).rejects.toMatchObject({ code: "USE003" });
    await expect(erase("u3")).rejects.toMatchObject(refused("USE003", "it was renamed"));

    // Ann, whose key is now the one that Bob had.
    const ann = await audit.ofUser("acme", "u2", null);
    world.users = world.users.filter(({ login }) => login !== "ann");
    for (let run = 0; run < 2; run += 1) await world.sync();
    const { entries } = await erase("u2");
    expect(entries).toBeGreaterThan(ann.length);
    await erase("u2", { expect: entries });
    expect(await audit.ofUser("acme", "u1", null)).toEqual(bob);
    await expect(tablesSaying(world, /\bann\b/i)).resolves.toEqual([]);
    expect(await verify()).toMatchObject({ holds: true, erased: entries });
  });
});

test("what others' entries and records say of the person stays, and is told; in other texts the name is taken out", async () => {
  await world.sync();
  const grant = { source: "acme", role: "r1", by: "ops@desk", org: null, until: null };
  await new GrantStore(world.database).grant({ ...grant, user: "u2", reason: "for cem, until Bob is back" });
  Object.assign(world.users[0]!, { department: "with Cem" });
  await leave("u3");
  const { entries, named } = await erase("u3");
  expect(named).toEqual({ "audit.entries": 2, "mirror.users": 1 });
  expect(await erase("u3", { expect: entries })).toMatchObject({ texts: 1, named });
  expect(await world.sql("select reason from mirror.local_grants")).toEqual([
    { reason: "for (erased), until Bob is back" },
  ]);
});

test("what is held or undone of others, or was, and says it, is told as well", async () => {
  world.users = crowd(30);
  await world.sync();
  // So many changes of a field at once look like an accident.
  const asBefore = world.users.map((one) => ({ ...one }));
  for (const one of world.users) one.department = one.id === "u1" ? "with User 3" : "elsewhere";
  expect((await world.sync()).outcome).toBe("held");
  world.users = asBefore;
  await world.sync();
  expect(await world.sql("select state from sync.holds")).toEqual([{ state: "replaced" }]);
  world.users[1]!.department = "with User 3";
  const { run } = await world.sync();
  await world.sync({ mode: "revert", revert: { run, user: "u2", field: null, keepNewer: false, expect: 1 } });
  await leave("u3");
  const { entries, named } = await erase("u3");
  expect(await erase("u3", { expect: entries })).toMatchObject({ named });
  const held = await world.sql("select key, old, new from sync.held_changes order by entity, key");
  expect(held.filter((row) => /\bUser ?3\b|"u3"/i.test(JSON.stringify(row)))).toMatchObject([
    { key: "u1" },
    { key: "u2" },
  ]);
  expect(named).toEqual({ "audit.entries": 2, "sync.held_changes": 2, "sync.pins": 1 });
});

test("a name is taken out in whichever case it is written, be it one that the database does not know of", async () => {
  Object.assign(world.users[2]!, { name: "Γιώργος" });
  await world.sync();
  const reason = "ΓΙΏΡΓΟΣ asked";
  const grant = { source: "acme", user: "u2", role: "r1", by: "ops@desk", org: null, until: null, reason };
  await new GrantStore(world.database).grant(grant);
  await leave("u3");
  await erase("u3", { expect: (await erase("u3")).entries });
  expect(await world.sql("select reason from mirror.local_grants")).toEqual([{ reason: "(erased) asked" }]);
});

test("what is not in the chain yet, for somebody else is writing, is not erased", async () => {
  await world.sync();
  await leave("u3");
  const another = await world.database.knex.transaction();
  await another.raw(
    "insert into audit.entries (at, run, source, entity, key, kind, cause, actor) values (now(), 1, 'beta', 'users', 'x', 'create', 'upstream', 'me')",
  );
  const store = new EraseStore(world.database);
  const early = store.erase({ source: "acme", key: "u3", expect: null, trigger });
  await early.catch(() => undefined);
  await another.rollback();
  await expect(early).rejects.toMatchObject({ code: "RUN001", message: expect.stringContaining("not sealed yet") });
  expect((await erase("u3")).entries).toBeGreaterThan(0);
});
