/**
 * One source's rows are neither read nor written for another (G31): everything that commands, runs and logins about one source send is
 * sent with its own source filter taken away, while a second source in the same mirror has the same keys.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { openApp } from "../../src/app";
import type { App } from "../../src/domain/app";
import { silentLog } from "../../src/domain/log";
import { type Database, openDatabase } from "../../src/mirror/database";
import { giveRights } from "../../src/mirror/roles/give-rights";
import { createRunner, type RunChoices } from "../support/create-runner";
import { HTTP_LOGIN } from "../support/http-login";
import { type Role, separateRoles } from "../support/separate-roles";
import { JOB, startWorld, USERS, type World } from "../support/world";

const LOGIN = `${HTTP_LOGIN}notify: [{ webhook: "\${UPSTREAM_URL}/told", allowPrivate: true }]
`;
/** The neighbour has the same keys, and other names. */
const OWN_PATHS = (text: string) =>
  text.replace("source: acme", "source: corp").replace(/(get|one): \//g, "$1: /neighbour/");
const FILES = {
  "jobs/acme.yaml": JOB + LOGIN,
  "jobs/corp.yaml": OWN_PATHS(JOB),
  "mappings/corp/users.yaml": USERS,
  "mappings/corp/roles.yaml":
    "into: roles\nkey: id\nfields: { name: name, permissions: { from: permissions, type: list } }\n",
  "mappings/corp/permissions.yaml": "into: permissions\nkey: id\nfields: { name: name }\n",
  "mappings/corp/orgs.yaml": "into: orgs\nkey: id\nfields: { name: name, parent: parent }\n",
};
const LANDING = { rows: 5, checkpointEvery: 0, landsFrom: 1 };
const IS_NEIGHBOUR = /neighbour|"corp"/;

/** `source = $1`, however it is written: still takes its value, and is always true. */
const FILTER = /(?:\w+\.)?"?\bsource"?\s*=\s*(\$\d+)(?:::text)?/g;

interface Tampering {
  /** Statements that were sent without their filter. */
  readonly sent: Set<string>;
  /** Those of them that told something of the neighbour. */
  readonly told: Set<string>;
  end(): void;
}

function withoutFilters(): Tampering {
  const { query } = Client.prototype;
  const [sent, told] = [new Set<string>(), new Set<string>()];
  const spy = jest.spyOn(Client.prototype, "query").mockImplementation(function sendIt(
    this: Client,
    ...args: unknown[]
  ) {
    const [first, ...more] = args as [unknown, ...unknown[]];
    const text = typeof first === "string" ? first : (first as { text?: unknown }).text;
    const isCopy = typeof (first as { submit?: unknown }).submit === "function";
    if (typeof text !== "string" || isCopy) return Reflect.apply(query, this, args);
    const changed = text.replace(FILTER, "($1::text is not null)");
    if (changed !== text) sent.add(text);
    const hear = (answer: unknown) => {
      const { rows } = (answer ?? {}) as { rows?: unknown };
      if (rows !== undefined && IS_NEIGHBOUR.test(JSON.stringify(rows))) told.add(text);
    };
    const given = typeof first === "string" ? changed : { ...(first as object), text: changed };
    const callback = more.at(-1);
    if (typeof callback === "function") {
      const heard = (error: unknown, answer: unknown) => {
        hear(answer);
        callback(error, answer);
      };
      return Reflect.apply(query, this, [given, ...more.slice(0, -1), heard]);
    }
    const answer = Reflect.apply(query, this, [given, ...more]) as Promise<unknown>;
    return answer.then((result) => {
      hear(result);
      return result;
    });
  } as typeof query);
  return { sent, told, end: () => spy.mockRestore() };
}

/** The functions that statements call, without theirs. */
const FUNCTIONS_WITHOUT_FILTERS = `
  do $$ declare it record; begin
    for it in select pg_get_functiondef(p.oid) as text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname in ('mirror', 'sync', 'audit', 'login', 'login_reader') and p.prokind = 'f'
        and (p.prosrc like '%source = of_source%' or p.prosrc ~ 'source = [$]\\d')
    loop
      execute regexp_replace(regexp_replace(it.text, '(\\w+[.])?source = of_source', 'of_source is not null', 'g'),
        '(\\w+[.])?source = ([$]\\d+)', '(\\2::text is not null)', 'g');
    end loop;
  end $$`;

/** Every row of the neighbour's, and which transaction wrote it. */
async function neighboursRows(world: World): Promise<Readonly<Record<string, string | null>>> {
  const tables = await world.sql<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'source'
     where c.relnamespace::regnamespace::text in ('mirror', 'sync', 'audit', 'login') and c.relkind = 'r' order by 1`,
  );
  const rows: Record<string, string | null> = {};
  for (const { name } of tables) {
    const [found] = await world.sql<{ said: string | null }>(
      `select string_agg(t.xmin::text || t.xmax::text || t::text, E'\\n' order by t::text) as said from ${name} t where source = 'corp'`,
    );
    rows[name] = found?.said ?? null;
  }
  return rows;
}

const trigger = { kind: "cli", by: "test@here", reason: null } as const;
const { signal } = new AbortController();
const follow = { trigger, onEvent: () => undefined, signal };
const asked = { source: "acme", only: null, user: null, full: false, planId: null, wait: false, ...follow };

let world: World;
let urls: Readonly<Record<Role, string>>;
/** States of acme that somebody was told. */
const states: string[] = [];
let writer: Database;
const openAs = (url: string): Promise<App> =>
  openApp({
    home: world.home,
    env: { DATABASE_URL: url, REDIS_URL: "", UPSTREAM_URL: world.upstream.url, LOGIN_HASH: "m=19456,t=2,p=1" },
    logLevel: "error",
  });

/** Neighbours of everybody in the world, as it begins. */
function serveNeighbour(): void {
  for (const [path, records] of Object.entries({
    users: world.users.map((one) => ({ ...one, login: `neighbour.${one.login}`, name: `neighbour ${one.name}` })),
    roles: world.roles.map((one) => ({ ...one, name: `neighbour ${one.name}` })),
    permissions: world.permissions.map((one) => ({ ...one, name: `neighbour ${one.name}` })),
    orgs: world.orgs.map((one) => ({ ...one, name: `neighbour ${one.name}` })),
  }))
    world.upstream.serveList(`/neighbour/${path}`, () => records, {
      paging: path === "roles" ? "number" : "offset",
      pageSize: 50,
      total: "body",
    });
}

beforeAll(async () => {
  world = await startWorld(FILES);
  serveNeighbour();
  world.upstream.on("/login", ({ body }) => {
    const { name, word } = JSON.parse(body || "{}");
    const person = world.users.find(({ login }) => login === name);
    return word === "right" && person !== undefined ? { body: { id: person.uuid ?? person.id } } : { status: 401 };
  });
  world.upstream.on("/told", ({ body }) => {
    states.push(JSON.parse(body || "{}").state);
    return { status: 204, body: "" };
  });
  urls = await separateRoles(world.database, world.databaseUrl);
  const migrator = await openDatabase({ url: urls.migrator, home: world.home, log: silentLog });
  await migrator.withClient((client) => giveRights(client, { again: true }));
  await migrator.close();
  writer = await openDatabase({ url: urls.writer, home: world.home, log: silentLog });
  expect(await load(writer, { source: "corp" })).toMatchObject({ outcome: "ok" });
  await world.sql(`insert into login.admissions (source, key, at, as_of) values ('corp', 'u1', now(), now());
    insert into mirror.local_grants (source, user_key, role_key, org_key, granted_at, granted_by, reason)
      values ('corp', 'u3', 'r1', '', now(), 'neighbour', 'neighbour');`);
  await world.sql(FUNCTIONS_WITHOUT_FILTERS);
});
afterAll(async () => {
  await writer?.close();
  await world?.close();
});

/** What is asked about acme without a run. */
const questions = (app: App, key: string, since: string): Readonly<Record<string, () => Promise<unknown>>> => ({
  person: () => app.showPerson("acme", key),
  source: () => app.showSource("acme"),
  why: () => app.why({ source: "acme", key: key, field: "username", live: false, signal }),
  runs: () => app.runs({ source: "acme", limit: 9 }),
  holds: () => app.holds({ source: "acme", all: true }),
  rejects: () => app.rejects({ source: "acme", entity: null, key: null, all: true, limit: 9 }),
  "audit of a person": () => app.auditUser("acme", key, null),
  "audit of a role": () => app.auditWho({ source: "acme", role: "r1", at: null }),
  "audit between": () => app.auditDiff({ source: "acme", from: since, to: null, full: true }),
  "audit, all": async () => {
    const entries: unknown[] = [];
    const take = async (more: readonly unknown[]) => entries.push(...more) > 0;
    await app.auditExport({ source: "acme", since: null, until: null, take, signal });
    return entries.map((entry) => JSON.stringify(entry)).filter((entry) => IS_NEIGHBOUR.test(entry));
  },
  identities: () => app.identities({ source: "acme", after: null, limit: 9, username: null, email: null }),
});

/** A day of acme's: every kind of run, every question, and logins. @returns what came of each step */
async function live(app: App): Promise<Readonly<Record<string, unknown>>> {
  const done: Record<string, unknown> = {};
  const step = async (name: string, work: () => Promise<unknown>) => {
    done[name] = await work().catch((error: unknown) => `${error}`);
    return done[name] as never;
  };
  world.users.push({ id: "u4", login: "dora", state: "on", roles: ["r1"] }, { id: "u5", state: "on" });
  Object.assign(world.users[1]!, { name: "Robert", roles: [] });
  const plan = (await step("plan", () => app.plan(asked))) as { report: { plan: string; startedAt: string } };
  await step("sync of a plan", () => app.sync({ ...asked, planId: plan.report.plan }));
  Object.assign(world.users[1]!, { name: "Rob" });
  const one = (await step("sync of one", () => app.sync({ ...asked, user: "u2" }))) as { run: number };
  const revert = { run: one.run, user: null, field: null, keepNewer: false };
  await step("revert, planned", () => app.planRevert({ ...revert, full: true }));
  await step("revert", () => app.revert({ ...revert, expect: 1, ...follow }));
  const all = world.users;
  world.users = [];
  const held = (await step("sync, held", () => app.sync(asked))) as { run: number };
  await step("hold", () => app.showHold({ run: held.run, full: true }));
  await step("release", () => app.releaseHold({ run: held.run, expect: 4, ...follow }));
  world.users = all;
  await step("sync", () => app.sync({ ...asked, full: true }));
  for (const [name, work] of Object.entries({
    ...questions(app, "u1", plan.report.startedAt),
    "login, live": () => app.login(loginBy("right")),
    "login, wrong": () => app.login(loginBy("wrong")),
    grant: () =>
      app.grantRole({ source: "acme", user: "u3", role: "r2", org: null, until: null, by: "me", reason: "cover" }),
    grants: () => app.grants({ source: "acme", user: null, all: true }),
    offline: () => app.offlineReport("acme"),
    admitted: () => app.admitted({ source: "acme", since: null }),
    drill: () => app.drill({ source: "acme", for: 60_000, by: "me", reason: null }),
    "login, by the mirror": () => app.login(loginBy("right")),
    "drill's end": () => app.drill({ source: "acme", for: null, by: "me", reason: null }),
  }))
    await step(name, work);
  for (const person of world.users) Object.assign(person, { uuid: `k-${person.id}` });
  await world.write("mappings/acme/users.yaml", USERS.replace("key: id", "key: uuid"));
  await step("rekey", () => app.rekey({ source: "acme", entity: "users", expect: 4, ...follow }));
  return done;
}

const loginBy = (password: string) =>
  ({
    source: "acme",
    credential: { kind: "password", login: "ann", password },
    client: { address: "192.0.2.1" },
  }) as const;

const landed = (note: string) => note.includes("as they were read");
const load = (database: Database, choices: RunChoices = {}) =>
  createRunner({ database, home: world.home, upstreamUrl: world.upstream.url })({ batches: LANDING, ...choices });

test("nothing of a neighbour is read or written by the writer, whichever filter is forgotten", async () => {
  const before = await neighboursRows(world);
  const tampering = withoutFilters();
  try {
    const { outcome, notes } = await load(writer);
    expect([outcome, notes.some(landed)]).toEqual(["ok", true]);
    const app = await openAs(urls.writer);
    const done = await live(app);
    await app.close();
    expect(Object.entries(done).filter(([, answer]) => /^(\w*Error|Failure)\b/.test(String(answer)))).toEqual([]);
    expect(done).toMatchObject({
      plan: { report: { outcome: "rejects" }, accessTotal: 3, changesTotal: 4 },
      "sync of a plan": { outcome: "rejects" },
      "sync of one": { outcome: "ok", entities: { users: { changed: 1 } } },
      revert: { outcome: "ok" },
      "sync, held": { outcome: "held" },
      hold: { changesTotal: 4 },
      release: { outcome: "ok", entities: { users: { gone: 4 } } },
      sync: { outcome: "rejects", entities: { users: { restored: 4 } } },
      "login, live": { result: "accepted", basis: "live" },
      "login, wrong": { result: "refused" },
      "login, by the mirror": { result: "accepted", basis: "mirror" },
      rekey: { outcome: "ok", rekey: { renamed: 4, applied: true } },
    });
    expect(states).toEqual(["held", "fresh"]);
    expect(tampering.sent.size).toBeGreaterThan(250);
  } finally {
    tampering.end();
  }
  expect([...tampering.told]).toEqual([]);
  expect(await neighboursRows(world)).toEqual(before);
});

test("nor by the login reader, whose functions have the owner's rights", async () => {
  const before = await neighboursRows(world);
  const tampering = withoutFilters();
  const app = await openAs(urls.login);
  try {
    const answers = [await app.login(loginBy("right")), await app.login(loginBy("wrong"))];
    expect(answers).toMatchObject([{ result: "accepted" }, { result: "refused" }]);
    expect(await app.identity("acme", "k-u1")).toMatchObject({ username: "ann" });
    const named = { source: "acme", after: null, limit: 9, email: null };
    const { identities } = await app.identities({ ...named, username: "neighbour.ann" });
    expect(identities).toEqual([]);
  } finally {
    await app.close();
    tampering.end();
  }
  expect([...tampering.told]).toEqual([]);
  expect(await neighboursRows(world)).toEqual(before);
});

test("nor by retiring a source and erasing a person, after which the audit of both still verifies", async () => {
  const before = await neighboursRows(world);
  const tampering = withoutFilters();
  const app = await openAs(urls.writer);
  try {
    await rm(join(world.home, "jobs/acme.yaml"));
    expect(await app.retireSource({ source: "acme", expect: 4, trigger })).toMatchObject({ users: 4 });
    const person = { source: "acme", key: "k-u4", trigger };
    const { entries } = await app.erasePerson({ ...person, expect: null });
    expect(await app.erasePerson({ ...person, expect: entries })).toMatchObject({
      entries,
      erasure: expect.any(Number),
    });
    expect(await app.verifyAudit(null)).toMatchObject({ holds: true, erased: entries });
  } finally {
    await app.close();
    tampering.end();
    await world.write("jobs/acme.yaml", JOB + LOGIN);
  }
  expect([...tampering.told]).toEqual([]);
  expect(await neighboursRows(world)).toEqual(before);
});

test("who asks about a source that is none is told which the mirror knows", async () => {
  await world.sql("insert into sync.sources (source) values ('former')");
  const app = await openAs(urls.writer);
  try {
    await expect(app.showPerson("formr", "u1")).rejects.toMatchObject({ fix: expect.stringContaining("former") });
  } finally {
    await app.close();
  }
});

test("who copies into the mirror copies nothing of another source", async () => {
  const copied = (source: string, said: string, role: string) =>
    writer.withClient(async (client) => {
      await client.query("begin");
      await client.query("select set_config('understudy.source', $1, true), set_config('role', $2, true)", [
        said,
        role,
      ]);
      const row = `insert into mirror.permissions (source, key, name, created_at, updated_at, last_run)
        values ($1, 'p9', 'sign', now(), now(), 0)`;
      const answer = await client.query(row, [source]).then(
        () => "done",
        ({ message }: Error) => message,
      );
      await client.query("rollback");
      return answer;
    });
  const refusal = "a row of another source was to be copied into mirror.permissions";
  expect([
    await copied("acme", "acme", "understudy_loader"),
    await copied("corp", "acme", "understudy_loader"),
    await copied("acme", "*", "understudy_loader"),
    await copied("corp", "acme", "none"),
    await copied("corp", "*", "none"),
  ]).toEqual(["done", refusal, refusal, expect.stringContaining("violates row-level security policy"), "done"]);
});

test("it is row security that keeps them apart: whom it does not hold reads and writes the neighbour's by the same", async () => {
  const before = await neighboursRows(world);
  const tampering = withoutFilters();
  const app = await openAs(world.databaseUrl);
  try {
    const since = new Date().toISOString();
    for (const ask of Object.values(questions(app, "k-u1", since))) await ask().catch(() => undefined);
    await app.sync({ ...asked, full: true }).catch(() => undefined);
  } finally {
    await app.close();
    tampering.end();
  }
  expect(tampering.told.size).toBeGreaterThan(5);
  expect(await neighboursRows(world)).not.toEqual(before);
});
