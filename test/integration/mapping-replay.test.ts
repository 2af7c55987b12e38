import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type App, openApp } from "../../src/app";
import type { ReplayRequest } from "../../src/domain/app";
import { JOB, type Person, startSyncedWorld, type World } from "../support/world";
import { command, type Said } from "../unit/cli/command";

const MEMBERS = `  role_members: { each: roles, get: "/roles/{parent.id}/members", records: items, deletes: sweep-within-parent }\n`;
const KEEPING = `keepRaw: { redact: [ssn] }\n${JOB}${MEMBERS}`;

let world: World;
let app: App;
let members: Record<string, { user: string; as?: string }[]>;

beforeEach(async () => {
  members = { r1: [{ user: "u3" }], r2: [{ user: "u3", as: "u1" }] };
  const files = {
    "jobs/acme.yaml": KEEPING,
    "mappings/acme/role_members.yaml": "into: user_roles\nfields: { user: user, role: $parent.id }\n",
  };
  world = await startSyncedWorld(files, ({ upstream }) =>
    upstream.on("/roles/{id}/members", ({ params }) => ({ body: { items: members[params.id ?? ""] ?? [] } })),
  );
  app = await openApp({ home: world.home, env: { DATABASE_URL: world.databaseUrl }, logLevel: "error" });
});
afterEach(async () => {
  await app.close();
  await world.close();
});

const replay = (changes: Partial<ReplayRequest> = {}) =>
  app.replayMapping({
    source: "acme",
    entity: "users",
    file: null,
    live: false,
    onEvent: () => {},
    signal: new AbortController().signal,
    ...changes,
  });

async function edit(stream: string, from: string, to: string): Promise<void> {
  const file = `mappings/acme/${stream}.yaml`;
  const text = await readFile(join(world.home, file), "utf8");
  expect(text).toContain(from);
  await world.write(file, text.replace(from, to));
}

const given = (text: string) => ({ name: "given.json", bytes: Buffer.from(text) });

/** Everything that a run leaves behind. */
const traces = () =>
  world.sql(`select (select jsonb_agg(r) from sync.runs r) as runs, (select jsonb_agg(s) from sync.sources s) as sources,
    (select jsonb_agg(p) from sync.plans p) as plans, (select jsonb_agg(h) from sync.holds h) as holds,
    (select jsonb_agg(j) from sync.rejects j) as rejects, (select count(*) from audit.entries) as audit`);

test("an unedited mapping changes nothing, and nothing is left behind", async () => {
  await world.plan();
  const before = [await traces(), await world.dump(), await app.status()];
  for (const entity of ["users", "roles", "role_members", "orgs"])
    expect(await replay({ entity })).toMatchObject({ changesTotal: 0, accessTotal: 0, people: 0, error: null });
  expect([await traces(), await world.dump(), await app.status()]).toEqual(before);
});

test("an edited mapping is told as a plan tells it, without the upstream and its variables", async () => {
  await edit("users", "off: disabled", "off: active");
  await edit("users", "department: department", "department: state");
  const planned = await world.plan();
  const { plan } = planned;
  const changes = await world.sql("select entity, key, kind, new from sync.plan_changes where plan = $1 order by key", [
    plan,
  ]);
  await world.upstream.close();
  const told = await replay();
  expect(told).toMatchObject({
    records: { from: "kept", run: 1, without: ["ssn"] },
    people: 3,
    changesTotal: 3,
    access: [{ name: "Cem", effect: "gains", what: "sign-in" }],
    entities: { users: { fetched: 3, changed: 3, gone: 0 } },
    error: null,
  });
  expect(told.changes.map(({ entity, key, kind, new: now }) => ({ entity, key, kind, new: now }))).toEqual(changes);
  expect(told.changes.map(({ cause }) => cause)).toEqual(["mapping", "mapping", "mapping"]);
});

test("nobody is removed for not being among the records", async () => {
  await world.sql("delete from sync.raw_records where key in ('u1', 'u2')");
  expect(await replay()).toMatchObject({ changesTotal: 0, entities: { users: { fetched: 1, gone: 0 } } });
});

test("fields that read what is not kept are not compared, and named", async () => {
  world.users[0]!.ssn = "123-45-6789";
  await edit(
    "users",
    "department: department",
    "department: department\n  ssn: $trim(ssn)\n  all: { from: '{\"a\": ssn}', type: any }",
  );
  await world.sync();
  expect(await world.sql("select attributes ->> 'ssn' as ssn from mirror.users where key = 'u1'")).toEqual([
    { ssn: "123-45-6789" },
  ]);
  expect(await replay()).toMatchObject({ changesTotal: 0, notCompared: ["attributes.ssn", "attributes.all"] });
});

describe("records kept without what the mapping reads", () => {
  const edited = async (from: string, to: string): Promise<void> => {
    Object.assign(world.users[0]!, { ssn: "123-45-6789", apiToken: "t1", hasPassword: true });
    await edit("users", from, to);
    await world.sync();
  };

  test("fields that read what is taken away by its name are not compared, and named; all that stands there is", async () => {
    await edited(
      "department: department",
      "department: department\n  token: apiToken\n  signs: hasPassword\n  all: $$",
    );
    await edit("users", "signs: hasPassword", "signs: $not(hasPassword)");
    expect(await replay()).toMatchObject({
      notCompared: ["attributes.token", "attributes.all"],
      records: { without: ["ssn", "apiToken"] },
      changes: [{ key: "u1", new: { attributes: { signs: false } } }],
    });
  });

  test.each([
    ["skip", "skip: ", 'skip: $exists(login) and $not($exists(ssn)) and id = "u1" or '],
    ["key", "key: id", "key: 'ssn = \"none\" ? login : id'"],
    ["username", "from: login", "from: [ssn, login]"],
    ["status", "from: state", "from: '$exists(ssn) or true ? state'"],
  ])("what makes or breaks a record is not guessed: %s", async (label, from, to) => {
    await edited(from, to);
    await expect(replay()).rejects.toMatchObject({
      code: "KEP002",
      message: `the records of \`acme/users\` are kept without \`ssn\`, which \`${label}\` reads`,
      fix: expect.stringContaining("--live"),
    });
    expect(await replay({ entity: "orgs" })).toMatchObject({ changesTotal: 0 });
  });

  test("nor by what a parent holds, or where in an org a role is held", async () => {
    world.roles[0] = { ...world.roles[0]!, ssn: "x" } as (typeof world.roles)[0];
    await edited("skip: ", "skip: ");
    await edit("role_members", "role: $parent.id", "role: $parent.id, org: $parent.ssn");
    await expect(replay({ entity: "role_members" })).rejects.toMatchObject({
      code: "KEP002",
      message: "the records of `acme/role_members` are kept without `ssn`, which `org` reads",
    });
    // Children are replayed with their parents.
    await expect(replay({ entity: "roles" })).rejects.toMatchObject({ code: "KEP002" });
  });
});

test("lists and links that the edited mapping states no more are revoked", async () => {
  await edit("users", "from: roles, type", "from: 'roles[$ != \"r2\"]', type");
  await edit("role_members", "user: user", "user: [as, user]");
  const lists = await replay();
  expect(lists.access.map(({ name, effect, target }) => [name, effect, target])).toEqual([
    ["Ann", "loses", "r2"],
    ["Bob", "loses", "r2"],
  ]);
  const links = await replay({ entity: "role_members" });
  expect(links.changes.map(({ entity, key, related, kind }) => [entity, key, related, kind])).toEqual([
    ["user_roles", "u1", "r2", "grant"],
    ["user_roles", "u3", "r2", "revoke"],
  ]);
  // Of children that are not all there, none counts as gone.
  await world.sql("delete from sync.raw_records where stream = 'role_members' and parent = 'r2'");
  expect(await replay({ entity: "role_members" })).toMatchObject({ changesTotal: 0 });
});

test("records that only now cannot be mapped are counted apart from those that never could", async () => {
  world.users.push({ id: "u4", login: null, state: "on" });
  await world.sync();
  expect(await replay()).toMatchObject({ newlyRejected: 0, rejects: [{ key: "u4", field: "username" }] });
  await edit("users", "display_name: name", "display_name: { from: nobody, required: true }");
  expect(await replay()).toMatchObject({
    newlyRejected: 3,
    rejects: [{ key: "u1" }, { key: "u2" }, { key: "u3" }, { key: "u4" }],
  });
  await edit("users", "display_name: { from: nobody, required: true }", "display_name: name");
  await edit("users", "from: login", "from: [login, id]");
  const healed = await replay();
  expect(healed).toMatchObject({ newlyRejected: 0, rejects: [], people: 1 });
  expect(healed.changes[0]).toMatchObject({ entity: "users", key: "u4", kind: "create" });
});

test("what a run would hold is said so, also beside a hold that waits already", async () => {
  world.users = Array.from({ length: 40 }, (_, n): Person => ({ id: `u${n}`, login: `l${n}`, state: "on", name: "N" }));
  await world.sync();
  world.users = [];
  expect(await world.sync()).toMatchObject({ outcome: "held" });
  await edit("users", "on: active", "on: disabled");
  const told = await replay();
  const ofUsers = told.held.filter(({ entity }) => entity === "users");
  expect(ofUsers.map(({ rule, count }) => [rule, count])).toEqual([["removals", 40]]);
  expect(told.access[0]).toMatchObject({ effect: "loses", held: true });
});

test("a mapping that rejects most is told to stop the run", async () => {
  world.users = Array.from({ length: 40 }, (_, n): Person => ({ id: `u${n}`, login: `l${n}`, state: "on", name: "N" }));
  await world.sync();
  await edit("users", "from: login", "from: nobody");
  expect(await replay()).toMatchObject({ error: { code: "RUN006" }, newlyRejected: 40, changesTotal: 0 });
});

test("a replay runs beside a run that holds the source", async () => {
  await world.sql(
    `update sync.sources set holder_run = 1, holder = 'x', lease_until = now() + interval '1 hour', holder_pid = pg_backend_pid(),
       holder_session_started = (select backend_start from pg_stat_activity where pid = pg_backend_pid())`,
  );
  expect(await replay()).toMatchObject({ changesTotal: 0 });
});

describe("where the records come from", () => {
  beforeEach(() => world.write("jobs/acme.yaml", JOB.replace(/\$\{UPSTREAM_URL\}/, world.upstream.url) + MEMBERS));

  test("without any, the word for the job is named", async () => {
    await world.sync();
    await expect(replay()).rejects.toMatchObject({ code: "KEP001", fix: expect.stringContaining("keepRaw: true") });
  });

  test("a file, a cassette where there is one, or the upstream itself", async () => {
    await world.sync();
    await edit("users", "off: disabled", "off: active");
    expect(await replay({ file: given(JSON.stringify(world.users)) })).toMatchObject({
      changesTotal: 1,
      records: { from: "file" },
    });
    await world.write(
      "cassettes/acme/users.jsonl",
      `${JSON.stringify(world.users[2])}\n\n${JSON.stringify(world.users[0])}`,
    );
    expect(await replay()).toMatchObject({
      changesTotal: 1,
      entities: { users: { fetched: 2 } },
      records: { from: "file", file: "cassettes/acme/users.jsonl" },
    });
    world.users = world.users.slice(1);
    expect(await replay({ live: true })).toMatchObject({ changesTotal: 1, records: { from: "live" } });
    await world.upstream.close();
    expect(await replay({ live: true })).toMatchObject({ error: { code: "UPS001" } });
  });

  test("a file that is none is refused", async () => {
    await expect(replay({ file: given("{") })).rejects.toMatchObject({ code: "USE008" });
  });

  test("a file holds no parents", async () => {
    await expect(replay({ entity: "role_members", file: given("[]") })).rejects.toMatchObject({ code: "KEP001" });
  });

  test("an entity that the job does not have is no entity", async () => {
    await expect(replay({ entity: "user" })).rejects.toMatchObject({ code: "USE003" });
  });
});

describe("as a command", () => {
  const said = (argv: readonly string[]): Promise<Said> =>
    command(["mapping", "replay", ...argv], { sources: app.sources, replayMapping: app.replayMapping });

  test("access first, and the exit code says whether anything would change", async () => {
    expect(await said(["acme/users", "--exit-code"])).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining("nothing would change"),
    });
    await edit("users", "off: disabled", "off: active");
    const { exitCode, out } = await said(["acme/users"]);
    expect(exitCode).toBe(0);
    expect(out.split("\n").slice(0, 3).join("\n")).toMatch(
      /acme\/users {2}1 change for 1 person\n.*run 1, .*\n.*`ssn`/,
    );
    expect(out.indexOf("gains sign-in")).toBeLessThan(out.indexOf("update"));
    expect((await said(["acme/users", "--exit-code", "-o", "json"])).exitCode).toBe(10);
  });

  test.each([["acme"], ["acme/"], ["/users"], ["a/b/c"]])("%s is no stream", async (address) => {
    expect(await said([address])).toMatchObject({ exitCode: 2, err: expect.stringContaining("USE001") });
  });

  test("a source that is none is said so", async () => {
    expect(await said(["acne/users"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("USE002") });
  });
});
