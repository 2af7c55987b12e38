/**
 * G28: erasing a person removes the plaintext everywhere, and the chain still verifies. A person whose every field is a word of its own
 * lives a full life: they sign in, hold roles of two kinds, are planned with, rejected, held and renamed. Then they leave and are erased,
 * and the word is looked for in every table, in what is compressed there, in the log and in the files.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { openApp } from "../../src/app";
import type { App } from "../../src/domain/app";
import { EraseStore } from "../../src/mirror/erase/erase-store";
import { GrantStore } from "../../src/mirror/login/grant-store";
import { erase, leave, startEraseWorld, trigger } from "../support/erase-person";
import { rewriteAudit } from "../support/rewrite-audit";
import { SESSION } from "../support/session-row";
import { tablesIn, tablesSaying } from "../support/tables-saying";
import { crowd, type World } from "../support/world";

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

let world: World;
beforeEach(async () => {
  world = await startEraseWorld();
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

test("what others' entries and records say of the person stays, and is told; in other texts the name is taken out", async () => {
  await world.sync();
  const grant = { source: "acme", role: "r1", by: "ops@desk", org: null, until: null };
  await new GrantStore(world.database).grant({ ...grant, user: "u2", reason: "for cem, until Bob is back" });
  Object.assign(world.users[0]!, { department: "with Cem" });
  await leave(world, "u3");
  const { entries, named } = await erase(world, "u3");
  expect(named).toEqual({ "audit.entries": 2, "mirror.users": 1 });
  expect(await erase(world, "u3", { expect: entries })).toMatchObject({ texts: 1, named });
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
  await leave(world, "u3");
  const { entries, named } = await erase(world, "u3");
  expect(await erase(world, "u3", { expect: entries })).toMatchObject({ named });
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
  await leave(world, "u3");
  await erase(world, "u3", { expect: (await erase(world, "u3")).entries });
  expect(await world.sql("select reason from mirror.local_grants")).toEqual([{ reason: "(erased) asked" }]);
});

test("what is not in the chain yet, for somebody else is writing, is not erased", async () => {
  await world.sync();
  await leave(world, "u3");
  const another = await world.database.knex.transaction();
  await another.raw(
    "insert into audit.entries (at, run, source, entity, key, kind, cause, actor) values (now(), 1, 'beta', 'users', 'x', 'create', 'upstream', 'me')",
  );
  const store = new EraseStore(world.database);
  const early = store.erase({ source: "acme", key: "u3", expect: null, trigger });
  await early.catch(() => undefined);
  await another.rollback();
  await expect(early).rejects.toMatchObject({ code: "RUN001", message: expect.stringContaining("not sealed yet") });
  expect((await erase(world, "u3")).entries).toBeGreaterThan(0);
});
