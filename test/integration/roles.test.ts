/** Separate database roles (G30): every role, thing and verb held against `rights.ts`, and real commands by the role they are for. */
import { copyFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { openLoginStores } from "../../src/app/open/login-stores";
import { keepDoing } from "../../src/app/service/keep-doing";
import { createLoginUpkeep, UPKEEP_INTERVAL } from "../../src/app/service/login-upkeep";
import { type Log, silentLog } from "../../src/domain/log";
import { once } from "../../src/domain/once";
import { type Database, openDatabase } from "../../src/mirror/database";
import { claimSource, LEASE, releaseSource } from "../../src/mirror/fence";
import { migrate } from "../../src/mirror/migrate";
import { GROUPS, READER_SCHEMA } from "../../src/mirror/role-names";
import { BY_THE_OWNER, RIGHTS } from "../../src/mirror/roles/rights";
import { openRunQueue } from "../../src/schedule/open-run-queue";
import { PEPPER } from "../support/pepper";
import { realCommand } from "../support/real-command";
import { type Role, separateRoles } from "../support/separate-roles";
import { makeTempDir } from "../support/temp-dir";
import { startWorld, type World } from "../support/world";

const ROLES = ["writer", "login", "auditor", "loader"] as const;
const OURS = "('mirror', 'sync', 'audit', 'login')";
/** A new table has a source, or stands here. */
const OF_NO_SOURCE = [
  ...["audit.drops", "audit.seals", "login.api_keys", "login.clock", "login.signing_keys", "sync.last_seal"],
  ...["sync.migration_files", "sync.migrations", "sync.migrations_lock", "sync.mirror", "sync.retention"],
];

let world: World;
let urls: Readonly<Record<Role, string>>;
let databases: Readonly<Record<Role, Database>>;
const ask = async (role: Role, text: string) => (await databases[role].withClient((client) => client.query(text))).rows;
/** What Postgres says to each attempt; none is left done. */
const said = (role: Role, attempts: readonly string[]) =>
  databases[role].withClient(async (client) => {
    const answers: Record<string, string> = {};
    for (const text of attempts) {
      await client.query("begin");
      answers[text] = await client.query(text).then(
        () => "was done",
        (error: { code: string }) => error.code,
      );
      await client.query("rollback");
    }
    return answers;
  });
/** Insufficient privilege. */
const refused = (attempts: readonly string[]) => Object.fromEntries(attempts.map((text) => [text, "42501"]));
const run = (role: Role, ...argv: readonly string[]) =>
  realCommand(world.home, argv, {
    env: { DATABASE_URL: urls[role], REDIS_URL: "", UPSTREAM_URL: world.upstream.url },
  });

beforeAll(async () => {
  world = await startWorld();
  // A mirror in use, with a queue, by one who owns everything.
  const { databaseUrl: owner } = world;
  urls = { migrator: owner, writer: owner, login: owner, auditor: owner };
  expect((await run("writer", "sync", "acme")).exitCode).toBe(0);
  urls = await separateRoles(world.database, owner);
  const { exitCode, out, err } = await run("migrator", "migrate", "--roles");
  expect([exitCode, out, err]).toEqual([0, expect.stringContaining("the database roles have their rights"), ""]);
  const open = (role: Role) => openDatabase({ url: urls[role], home: world.home, log: silentLog });
  databases = {
    migrator: await open("migrator"),
    writer: await open("writer"),
    login: await open("login"),
    auditor: await open("auditor"),
  };
});
afterAll(async () => {
  await Promise.all(Object.values(databases ?? {}).map((database) => database.close()));
  await world.close();
});

describe("what Postgres says each role may do", () => {
  test("with every table, sequence and function it is what the table of rights says, and each has a row", async () => {
    const rows = await world.sql<Record<string, string>>(
      `with things as (
         select c.oid, n.nspname || '.' || c.relname as thing, case c.relkind when 'S' then 'sequence' else 'table' end as kind
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname in ${OURS} and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and not c.relispartition
         union all
         select p.oid, n.nspname || '.' || p.proname || '()', 'function'
         from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ${OURS}
       ),
       verbs (kind, letter, verb) as (values
         ('table', 's', 'SELECT'), ('table', 'i', 'INSERT'), ('table', 'u', 'UPDATE'), ('table', 'd', 'DELETE'),
         ${databases.migrator.serverVersion >= "17" ? "('table', 'm', 'MAINTAIN')," : ""}
         ('table', '!truncate', 'TRUNCATE'), ('table', '!references', 'REFERENCES'), ('table', '!trigger', 'TRIGGER'),
         ('sequence', 's', 'SELECT'), ('sequence', 'g', 'USAGE'), ('sequence', '!update', 'UPDATE'), ('function', 'x', 'EXECUTE'))
       select thing, ${ROLES.map(
         (role) => `coalesce(string_agg(letter, '' order by position(letter in 'siudmgx')) filter (where case kind
           when 'table' then has_table_privilege('${GROUPS[role]}', oid, verb)
           when 'sequence' then has_sequence_privilege('${GROUPS[role]}', oid, verb)
           else has_function_privilege('${GROUPS[role]}', oid, verb) end), '') as ${role}`,
       ).join(", ")}
       from things join verbs using (kind) group by thing`,
    );
    const found = Object.fromEntries(rows.map(({ thing, ...rights }) => [thing, rights]));
    // Before PostgreSQL 17 nobody but the owner may maintain.
    const unknown = databases.migrator.serverVersion >= "17" ? "" : "m";
    const rights = Object.entries(RIGHTS).map(([thing, { writer, ...others }]) => [
      thing,
      { ...others, writer: writer.replace(unknown, "") },
    ]);
    expect(found).toEqual(Object.fromEntries(rights));
  });

  test("the migrator owns all of it, and what does something by its rights looks nowhere else for names", async () => {
    const [owners] = await world.sql(
      `select array_agg(distinct pg_get_userbyid(owner)::text) as owners, count(*) > 100 as "isAll" from (
         select relowner as owner from pg_class where relnamespace in (select oid from pg_namespace where nspname in ${OURS})
         union all select proowner from pg_proc where pronamespace in (select oid from pg_namespace where nspname in ${OURS})
         union all select nspowner from pg_namespace where nspname in ${OURS} or nspname in ('queue', '${READER_SCHEMA}')
       ) as owned`,
    );
    expect(owners).toEqual({ owners: [GROUPS.migrator], isAll: true });
    const definers = await world.sql<{ name: string; settings: string[]; schema: string }>(
      `select n.nspname as schema, n.nspname || '.' || proname || '()' as name, proconfig as settings
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace where prosecdef`,
    );
    expect([...new Set(definers.flatMap(({ settings }) => settings))]).toEqual(["search_path=pg_catalog, pg_temp"]);
    const ours = definers.filter(({ schema }) => schema !== READER_SCHEMA).map(({ name }) => name);
    expect(ours.sort()).toEqual(BY_THE_OWNER);
  });

  test("every table and part of one is closed to other sources, but for those that are of none", async () => {
    const open = await world.sql(
      `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ${OURS} and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)`,
    );
    expect(open.map(({ name }) => name).sort()).toEqual(OF_NO_SOURCE);
  });

  test("the functions of the login reader are the login reader's alone", async () => {
    const [may] = await world.sql(
      `select count(*) > 20 as "areMany", ${ROLES.map(
        (role) =>
          `bool_and(has_schema_privilege('${GROUPS[role]}', pronamespace, 'usage') and has_function_privilege('${GROUPS[role]}', oid, 'execute')) as ${role}`,
      ).join(", ")} from pg_proc where pronamespace = '${READER_SCHEMA}'::regnamespace`,
    );
    expect(may).toEqual({ areMany: true, writer: false, login: true, auditor: false, loader: false });
  });
});

const closedParts = (part: string) =>
  world.sql(
    `select c.relforcerowsecurity and pg_get_expr(mine.polqual, c.oid) = pg_get_expr(whole.polqual, whole.polrelid) as closed
     from pg_class c join pg_policy mine on mine.polrelid = c.oid, pg_policy whole
     where c.oid = '${part}'::regclass and whole.polrelid = 'audit.entries'::regclass`,
  );

describe("really tried", () => {
  beforeAll(async () => {
    expect((await run("writer", "sync", "acme")).exitCode).toBe(0);
    expect((await run("writer", "grant", "u1", "r1", "--source", "acme", "--reason", "cover")).exitCode).toBe(0);
  });

  test("the writer changes nothing of the audit, neither by the table, by a month of it, nor by what guards it", async () => {
    const [{ month } = { month: "" }] = await world.sql<{ month: string }>(
      "select inhrelid::regclass::text as month from pg_inherits where inhparent = 'audit.entries'::regclass limit 1",
    );
    const attempts = ["audit.entries", "audit.seals", month].flatMap((table) => [
      `update ${table} set ${table === "audit.seals" ? "head = ''" : "actor = 'nobody'"}`,
      `delete from ${table}`,
      `truncate ${table}`,
      `alter table ${table} disable trigger all`,
      `drop table ${table}`,
    ]);
    attempts.push(
      `insert into ${month} default values`,
      `alter table audit.entries detach partition ${month}`,
      "create or replace function audit.refuse_change() returns trigger language plpgsql as 'begin return null; end'",
      "create table audit.mine ()",
      "set session_replication_role = replica",
      `set role ${GROUPS.migrator}`,
    );
    expect(await said("writer", attempts)).toEqual(refused(attempts));
  });

  test("all roles meet in one queue, also where the server's number is not for everybody", async () => {
    const places = async () => {
      const told = await Promise.all(
        (["migrator", "writer", "login", "auditor"] as const).map((role) => ask(role, "select sync.place()")),
      );
      return [...new Set(told.map(([{ place }]) => place))];
    };
    expect(await places()).toEqual([expect.stringMatching(/^\d+\/\d+$/)]);
    await world.sql("revoke execute on function pg_control_system() from public");
    expect(await places()).toEqual([expect.stringMatching(/^\/\d+$/)]);
    await world.sql("grant execute on function pg_control_system() to public");
  });

  test("the writer has nothing done by the migrator, be it by a schema in which a role's sessions would look first", async () => {
    await ask("writer", `create schema ${GROUPS.migrator}`);
    await ask(
      "writer",
      `create function ${GROUPS.migrator}.unnest(text[]) returns setof text language plpgsql as $$ begin
         execute 'create table audit.by_the_migrator ()';
         return query select pg_catalog.unnest($1);
       end $$`,
    );
    await ask("writer", `grant usage on schema ${GROUPS.migrator} to public`);
    expect((await run("migrator", "migrate", "--roles")).exitCode).toBe(0);
    expect(await world.sql("select to_regclass('audit.by_the_migrator') as made")).toEqual([{ made: null }]);
    await ask("writer", `drop schema ${GROUPS.migrator} cascade`);
  });

  test("the login reader reads no table that tells of people, and finds the one whom it names", async () => {
    const closed = Object.entries(RIGHTS).filter(([thing, { login }]) => !thing.endsWith("()") && login === "");
    const attempts = closed.map(([thing]) => `select * from ${thing} limit 1`);
    expect(attempts).toEqual(
      expect.arrayContaining(["select * from mirror.users limit 1", "select * from login.verifiers limit 1"]),
    );
    expect(await said("login", attempts)).toEqual(refused(attempts));
    expect(await ask("login", `select username from ${READER_SCHEMA}.identity('acme', 'u1')`)).toEqual([
      { username: "ann" },
    ]);
    const named = (name: string) =>
      ask("login", `select key from ${READER_SCHEMA}.identities_by_name('acme', '', 1000, ${name}, null)`);
    expect([await named("'ANN'"), await named("null")]).toEqual([[{ key: "u1" }], []]);
    // Local ids are counted up, so nothing that is asked by one tells whose it is.
    const [{ id } = { id: 0 }] = await world.sql<{ id: number }>("select id from mirror.users where key = 'u1'");
    expect(
      await ask("login", `select * from ${READER_SCHEMA}.admit_by_the_customer_s_system('acme', ${id}, now(), null)`),
    ).toEqual([{ admitted: true }]);
    // Nor can somebody be given a login by their id, to be found by it.
    const keep = (key: string) =>
      ask(
        "login",
        `select * from ${READER_SCHEMA}.keep_verifier('acme', ${id}, null, 'hash', now(), array['digest'::bytea], '${key}')`,
      );
    expect([await keep("guessed"), await keep("u1")]).toEqual([[], [{ kept: true }]]);
  });

  test("the auditor writes nowhere", async () => {
    const views = ["mirror.identities", "audit.told_drops"];
    const tables = Object.keys(RIGHTS).filter((thing) => !/\(\)$|_seq$/.test(thing) && !views.includes(thing));
    const attempts = [...tables.map((table) => `delete from ${table}`), "create schema mine"];
    expect(await said("auditor", attempts)).toEqual(refused(attempts));
  });

  test("a month to come is made for the writer, read by the auditor, and the migrator's", async () => {
    await ask("writer", "select audit.ensure_month('2031-05-05')");
    expect(await ask("auditor", "select count(*) from audit.entries_2031_05")).toEqual([{ count: 0 }]);
    expect(await closedParts("audit.entries_2031_05")).toEqual([{ closed: true }]);
    const [change, make] = [["delete from audit.entries_2031_05"], ["select audit.ensure_month('2031-06-05')"]];
    expect(await said("writer", change)).toEqual(refused(change));
    expect(await said("login", make)).toEqual(refused(make));
  });
});

describe("commands", () => {
  test("of an auditor answer, and seal nothing", async () => {
    world.users.push({ id: "u5", login: "eve", state: "on" });
    expect((await run("writer", "sync", "acme")).exitCode).toBe(0);
    const seals = await world.sql("select number from audit.seals");
    await world.sql(`insert into audit.entries (at, run, source, entity, key, kind, cause, actor)
                     values (now(), 0, 'acme', 'sources', 'acme', 'update', 'drill', 'test')`);
    const [begin] = await world.sql<{ at: string }>("select min(at) as at from audit.entries");
    for (const argv of [
      ["audit", "who", "r1", "--source", "acme"],
      ["audit", "user", "acme/u1"],
      ["audit", "diff", "--source", "acme", "--from", String(begin?.at)],
      ["audit", "export"],
      ["audit", "verify"],
      ["runs"],
      ["show", "1"],
      ["show", "user:acme/u1"],
      ["status"],
      ["hold", "list"],
      ["rejects", "acme"],
    ]) {
      const { exitCode, out, err } = await run("auditor", ...argv);
      expect([argv, exitCode, out !== "" || argv[0] === "rejects", err]).toEqual([
        argv,
        0,
        true,
        expect.not.stringContaining("error"),
      ]);
    }
    expect(await world.sql("select number from audit.seals")).toEqual(seals);
  });

  test("of an auditor, who sees no session of another role, take no run in work for dead", async () => {
    const [queued] = await world.sql<{ id: number }>(
      `insert into sync.runs (source, mode, options, trigger)
       values ('acme', 'sync', '{}', '{"kind": "cli", "by": "ops@desk", "reason": null}') returning id`,
    );
    const id = Number(queued?.id);
    await databases.writer.withClient(async (session) => {
      const fence = await claimSource(session, { run: id, source: "acme", holder: "ops@desk" }, LEASE);
      for (const role of ["auditor", "writer"] as const)
        expect(JSON.parse((await run(role, "show", String(id), "--json")).out)).toMatchObject({ state: "running" });
      await releaseSource(session, "acme", fence);
    });
    expect(JSON.parse((await run("auditor", "show", String(id), "--json")).out)).toMatchObject({
      state: "finished",
      outcome: "interrupted",
    });
    await world.sql("select sync.end_dead_run($1, 'running')", [id]);
  });

  test("of the writer erase a person and prune, by functions of the owner's that do nothing else", async () => {
    const { users } = world;
    Object.assign(users.find(({ id }) => id === "u5") ?? {}, { state: "purged" });
    expect((await run("writer", "sync", "acme")).exitCode).toBe(0);
    const told = JSON.parse((await run("writer", "erase", "acme/u5", "--json")).out);
    const done = await run("writer", "erase", "acme/u5", "--expect", String(told.entries), "--reason", "request 815");
    expect([done.exitCode, done.err]).toEqual([0, ""]);
    const verified = await run("auditor", "audit", "verify", "--json");
    expect(JSON.parse(verified.out)).toMatchObject({ holds: true, erased: told.entries });
    expect(await run("writer", "prune")).toMatchObject({ exitCode: 0, err: "" });
    await world.sql(`select audit.ensure_month('2020-03-01 00:00Z');
      insert into audit.entries (at, run, source, entity, key, kind, cause, actor)
      values ('2020-03-01 00:00Z', 0, 'corp', 'users', 'u1', 'create', 'upstream', 'nobody')`);
    // A session may say what it likes of itself, and would see nothing of what is to be left.
    const narrow = `select set_config('understudy.source', '', false); select * from audit.drop_before('2021-01-01 00:00Z', 'nobody');
      select set_config('understudy.source', '*', false); select 1 / count(*) from audit.entries where source = 'corp' and at < '2021-01-01'`;
    expect(await said("writer", [narrow])).toEqual({ [narrow]: "was done" });
    const [old, young, unnamed] = [
      "select * from audit.drop_before('2020-01-01 00:00Z', 'nobody')",
      "select * from audit.drop_before(date_trunc('month', now() at time zone 'UTC') at time zone 'UTC', 'nobody')",
      "select * from audit.take_away('acme', 'u1')",
    ];
    const left = `${old}; select audit.guard_parts();
      select 1 / count(*) from pg_class where oid = 'audit.entries_before'::regclass and relforcerowsecurity`;
    expect(await said("writer", [old, left, young, unnamed])).toEqual({
      [old]: "was done",
      [left]: "was done",
      [young]: "23001",
      [unnamed]: "23001",
    });
    for (const role of ["login", "auditor"] as const)
      expect(await said(role, [old, unnamed])).toEqual(refused([old, unnamed]));
  });

  test("of the schedule put what is due as the writer, and the migrator can say again who may do what", async () => {
    const queue = await openRunQueue({ redisUrl: null, postgres: databases.writer.poolConfig, log: silentLog });
    await queue.putSlots([{ source: "acme", slot: "2026-01-01T00:00:00.000Z", crashes: 0 }]);
    expect(await queue.counts()).toMatchObject({ waiting: 1 });
    await queue.close();
    expect(await run("migrator", "migrate")).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining("their rights"),
    });
  });

  test("that are not theirs name the role, what it lacks and where it stands written", async () => {
    expect(await run("auditor", "sync", "acme")).toMatchObject({
      exitCode: 8,
      err: expect.stringContaining("error[DB012]: the queue at our own Postgres: its role may not use it"),
    });
    const { exitCode, err } = await run("auditor", "grant", "u2", "r1", "--source", "acme", "--reason", "none");
    expect(exitCode).toBe(8);
    expect(err).toMatch(
      /error\[DB012\]: the database \S+ at \S+ as understudy_auditor: its role may not .*\(permission denied for /,
    );
    expect(err).toContain("docs/how-to/separate-database-roles.md");
    expect(err).not.toMatch(/\n {4}at /);
  });

  test("that read people are closed to the login reader", async () => {
    expect((await run("login", "show", "user:acme/u1")).err).toMatch(/DB012.* as understudy_login: .*schema mirror/);
  });
});

test("whom the mirror let in is read again by a process of the writer's, once the login reader has seen the outage's end", async () => {
  const stop = new AbortController();
  const served = (role: Role, readAnew: (source: string) => Promise<boolean>, log: Log = silentLog) => {
    const stores = openLoginStores({
      database: once(async () => databases[role]),
      peppers: once(async () => [PEPPER] as const),
    });
    const { probes, upkeep } = createLoginUpkeep({ stores, sources: { find: unasked } as never, readAnew, log });
    const serve = () => keepDoing(upkeep, { interval: UPKEEP_INTERVAL, signal: stop.signal, log });
    return { stores, probes, serve };
  };
  const unasked = async () => {
    throw new Error("nobody is to be probed");
  };
  const reader = served("login", unasked);
  const { breakers } = await reader.stores();
  const now = Date.now();
  expect(await breakers.claimProbe("acme", now, 1)).toBe(true);
  await breakers.set("acme", false, now - 60_000);
  await world.sql(
    `insert into login.admissions (source, key, at, as_of, away) values ('acme', 'u1', now(), now(), true)`,
  );
  await reader.probes.answered("acme");
  expect(await breakers.state("acme", now)).toBe("closed");

  const read: string[] = [];
  const writer = served("writer", async (source) => {
    read.push(source);
    stop.abort();
    return true;
  });
  // What the reader itself looks after needs no right that it lacks, or it would say so.
  const trouble: unknown[] = [];
  const idle = served("login", unasked, { ...silentLog, debug: (message) => trouble.push(message) });
  await Promise.all([writer.serve(), idle.serve()]);
  expect([read, trouble]).toEqual([["acme"], []]);
  expect(await (await writer.stores()).breakers.claimReadings(Date.now())).toEqual([]);
});

test("where something is not the migrator's no rights are given, and it is said what to run, which may be run again", async () => {
  await world.sql("alter schema audit owner to test_writer");
  const { exitCode, err } = await run("migrator", "migrate", "--roles");
  expect([exitCode, err]).toEqual([
    8,
    expect.stringMatching(/DB013.*audit .*belong to understudy_migrator[\s\S]*deploy\/roles\.sql/),
  ]);
  await separateRoles(world.database, world.databaseUrl);
  expect((await run("migrator", "migrate", "--roles")).exitCode).toBe(0);
  expect((await run("writer", "sync", "acme")).exitCode).toBe(0);
});

test("a session that says nothing of a source is told so, for no answer would pass for the truth", async () => {
  const session = new Client({ connectionString: urls.writer });
  await session.connect();
  const answers: Record<string, unknown> = {};
  for (const said of [null, "acme", "corp", "*"]) {
    if (said !== null) await session.query("select set_config('understudy.source', $1, false)", [said]);
    answers[`${said}`] = await session.query("select count(*) from mirror.users where source = 'acme'").then(
      ({ rows }) => Number(rows[0].count) > 0,
      ({ code, message }) => [code, message],
    );
  }
  await session.end();
  expect(answers).toEqual({
    null: ["42704", 'unrecognized configuration parameter "understudy.source"'],
    acme: true,
    corp: false,
    "*": true,
  });
});

test("who takes the roles back opens the tables again, as the migrator", async () => {
  const closed = async () =>
    (await world.sql("select count(*) from pg_class where relrowsecurity or relname = 'one_source_copied'"))[0];
  await separateRoles(world.database, world.databaseUrl);
  await world.sql(`drop schema ${READER_SCHEMA} cascade`);
  expect(await run("writer", "status")).toMatchObject({ exitCode: 8, err: expect.stringContaining("DB013") });
  expect(await closed()).not.toEqual({ count: 0 });
  expect(await run("migrator", "migrate")).toMatchObject({ exitCode: 0, err: "" });
  expect(await closed()).toEqual({ count: 0 });
  expect(
    await world.sql("select from pg_policy union all select from pg_trigger where tgname ~ '^one_source'"),
  ).toEqual([]);
  expect((await run("migrator", "sync", "acme")).exitCode).toBe(0);
  await separateRoles(world.database, world.databaseUrl);
  expect((await run("migrator", "migrate", "--roles")).exitCode).toBe(0);
  expect((await run("writer", "sync", "acme")).exitCode).toBe(0);
});

describe("a new build", () => {
  test("is migrated by the migrator alone, gives its rights with it, and is refused to others until then", async () => {
    const folder = await makeTempDir("migrations");
    const own = join(__dirname, "..", "..", "migrations");
    const files = await readdir(own);
    await Promise.all(files.map((name) => copyFile(join(own, name), join(folder.path, name))));
    const next = String(files.length + 1).padStart(4, "0");
    await writeFile(
      join(folder.path, `${next}_again.sql`),
      "alter table sync.pages rename to old_pages; create table sync.pages (like sync.old_pages); drop table sync.old_pages;",
    );
    const up = (role: Role) => migrate(databases[role], { directory: folder.path });
    await expect(up("writer")).rejects.toMatchObject({
      code: "DB013",
      message: expect.stringContaining("`test_writer` may neither migrate"),
    });
    expect((await up("migrator")).applied).toEqual([`${next}_again.sql`]);
    expect(await ask("writer", "select count(*) from sync.pages")).toEqual([{ count: 0 }]);
    expect((await up("writer")).applied).toEqual([]);
    await world.sql(`comment on schema ${READER_SCHEMA} is 'another build'`);
    await expect(up("login")).rejects.toMatchObject({ code: "DB013" });
    expect((await up("migrator")).applied).toEqual([]);
    expect((await up("login")).applied).toEqual([]);
    await folder.remove();
  });
});
