import { Failure } from "../../../src/domain/errors";
import type { RunReport } from "../../../src/domain/runs";
import type { RunChoices } from "../../support/create-runner";
import { watchStatements } from "../../support/statements";
import { crowd, JOB, type Person, recordsOf, startWorld, type World } from "../../support/world";

/** Everything lands, by batches of a page or two. */
const AT_ONCE = { rows: 30, checkpointEvery: 60_000, landsFrom: 1 };

const ODD = ["a\tb", 'q"uo\\te', "__proto__", "ü", "u\u0308", " space ", "\\N", "line\nbreak", "\u2028", "💥"];

function people(count: number): Person[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index < ODD.length ? (ODD[index] ?? "") : `k${(index * 37) % 1000}`,
    login: `User.${index}`,
    state: index % 7 === 0 ? "off" : "on",
    name: index % 5 === 0 ? null : `Näme \\ "${index}"\t${ODD[index % ODD.length]}`,
    email: index % 3 === 0 ? `u${index}@example.com` : null,
    orgs: index % 4 === 0 ? [] : ["o1", "nowhere"],
    roles: [["r1"], ["r2", "r1"], ["r3"], [{ role: "r2", org: "o2" }, "r2"]][index % 4] ?? [],
    since: ["2026-01-02", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.670+02:00", "0021-01-02T03:04:05.006Z"][
      index % 4
    ],
    department: index % 6 === 0 ? null : { deep: [1.5, "\\x", null, index] },
  }));
}

const FILES = {
  "mappings/acme/users.yaml": `
into: users
key: id
nulls: keep
skip: state = "staged"
fields:
  username: { from: login, required: true }
  status: { from: state, map: { on: active, off: disabled, _: disabled } }
  display_name: name
  email: { from: email, type: email, pii: true }
  valid_from: since
  orgs: { from: orgs, type: list }
  roles: { from: roles, type: list }
attributes:
  department: department
`,
};

async function startPeople(users: Person[], files: Readonly<Record<string, string>> = FILES): Promise<World> {
  const world = await startWorld(files);
  world.users = users;
  return world;
}

const land = (world: World, choices: RunChoices = {}): Promise<RunReport> =>
  world.sync({ batches: AT_ONCE, ...choices });

/** Everything a first load leaves behind, without ids, times and runs. */
async function leftBy(world: World): Promise<unknown> {
  const [left] = await world.sql<{ audit: unknown; digests: unknown; mappings: unknown; rejects: unknown }>(`
    select (select jsonb_agg(said order by said) from (
              select to_jsonb(e) - array['id', 'at', 'run'] as said from audit.entries e) entries) as audit,
           (select jsonb_agg(jsonb_build_object('key', key, 'digest', digest) order by key) from (
              select u.key, substring(d.packed from (u.id % 1024)::integer * 16 + 1 for 16) as digest
              from mirror.users u left join sync.digests d
                on d.source = u.source and d.entity = 'users' and d.chunk = u.id / 1024) told) as digests,
           (select jsonb_agg(to_jsonb(m) - array['run', 'at', 'last_run'] order by stream) from sync.mappings m) as mappings,
           (select jsonb_agg(to_jsonb(r) - array['first_run', 'first_at', 'last_run', 'last_at'] order by stream, record) from sync.rejects r) as rejects`);
  const dump = (await world.dump()) as Record<string, readonly Record<string, unknown>[]>;
  const tables = Object.entries(dump).map(([table, rows]) => [
    table,
    rows.map(({ id: _id, ...row }) => JSON.stringify(row)).sort(),
  ]);
  return { tables, ...left };
}

const landedIn = (report: RunReport): string | undefined =>
  report.notes.find((note) => note.includes("as they were read"));

test("who landed by a run that was interrupted, and then came with a name that somebody else wants, is rejected like any newcomer", async () => {
  const world = await startWorld();
  try {
    world.users = crowd(40);
    const told = new AbortController();
    const interrupted = await land(world, {
      signal: told.signal,
      tell: (event) => {
        if (event.type === "phase" && event.phase === "compare") told.abort(new Failure("RUN004", "told to end"));
      },
    });
    expect(interrupted).toMatchObject({ outcome: "interrupted" });
    world.users = [...crowd(40), { id: "x", login: "Wanted", state: "on" }];
    Object.assign(world.users[4] as Person, { login: "wanted" });
    const report = await world.sync({ full: true });
    expect(report).toMatchObject({ outcome: "rejects", error: null });
    expect(report.rejects).toMatchObject([{ key: "u5" }, { key: "x" }]);
    expect(recordsOf(report, "users")).toMatchObject({
      fetched: 41,
      same: 39,
      rejected: 2,
      before: 40,
      gone: 1,
      after: 39,
    });
  } finally {
    await world.close();
  }
});

test("who landed by a run that was interrupted, and has not been read since, counts in no book when somebody wants their name", async () => {
  const world = await startWorld();
  try {
    world.users = crowd(40);
    const list = world.upstream.serveList("/users", () => world.users, {
      ...({ paging: "offset", pageSize: 10, total: "body" } as const),
    });
    const told = new AbortController();
    const tell: RunChoices["tell"] = (event) => {
      if (event.type === "phase" && event.phase === "compare") told.abort(new Failure("RUN004", "told to end"));
    };
    expect(await land(world, { signal: told.signal, tell })).toMatchObject({ outcome: "interrupted" });
    await world.sql("update sync.checkpoints set at = at - interval '2 hours'");

    world.users = [{ id: "x", login: world.users[34]?.login ?? null, state: "on" }, ...world.users];
    list.fault(3, "html");
    const report = await world.sync();
    expect(report).toMatchObject({ outcome: "incomplete" });
    expect(report.rejects).toMatchObject([{ key: "u35" }, { key: "x" }]);
    expect(recordsOf(report, "users")).toMatchObject({
      fetched: 20,
      unparsed: 19,
      same: 19,
      new: 0,
      rejected: 1,
      before: 40,
      gone: 1,
      after: 39,
    });
  } finally {
    await world.close();
  }
});

test.each(["ok", "incomplete"] as const)(
  "who landed by a run that was interrupted is guarded like anybody once one that was %s has told of them",
  async (outcome) => {
    const world = await startWorld({ "jobs/acme.yaml": JOB.replace("one: /users/{key}", "") });
    try {
      world.users = crowd(40);
      const orgs = world.upstream.serveList("/orgs", () => world.orgs);
      const told = new AbortController();
      const tell: RunChoices["tell"] = (event) => {
        if (event.type === "phase" && event.phase === "compare") told.abort(new Failure("RUN004", "told to end"));
      };
      expect(await land(world, { signal: told.signal, tell })).toMatchObject({ outcome: "interrupted" });
      await world.sql("update sync.checkpoints set at = at - interval '2 hours'");
      if (outcome === "incomplete") orgs.fault(1, "html");
      const next = await world.sync();
      expect(next).toMatchObject({ outcome });
      expect(recordsOf(next, "users")).toMatchObject({ unparsed: 40, same: 40 });
      orgs.heal();

      world.users = crowd(40).slice(1);
      expect(recordsOf(await world.sync(), "users")).toMatchObject({ absent: 1, gone: 0, after: 40 });
      world.users = crowd(3);
      const broken = await world.sync();
      expect(broken).toMatchObject({ outcome: "held" });
      expect(recordsOf(broken, "users")).toMatchObject({ gone: 0, after: 40 });
    } finally {
      await world.close();
    }
  },
);

test("a first load that lands leaves what an ordinary one leaves", async () => {
  const users = people(57);
  users[20] = { id: "bad", login: null, state: "on" };
  users[21] = { id: "later", login: "later", state: "staged" };
  const [ordinary, landed] = [await startPeople(users), await startPeople(users)];
  try {
    const staged = await ordinary.sync();
    const report = await land(landed);

    expect(landedIn(staged)).toBeUndefined();
    expect(landedIn(report)).toContain(` ${recordsOf(staged, "users").new} users written`);
    expect(await leftBy(landed)).toEqual(await leftBy(ordinary));
    expect(report).toMatchObject({
      outcome: staged.outcome,
      plan: null,
      entities: staged.entities,
      rejects: staged.rejects,
    });
    expect(staged.plan).not.toBeNull();
    const after = await land(landed);
    expect(recordsOf(after, "users")).toMatchObject({
      unparsed: recordsOf(staged, "users").new,
      new: 0,
      changed: 0,
      skipped: 1,
    });
    expect(after.plan).not.toBeNull();
  } finally {
    await ordinary.close();
    await landed.close();
  }
});

describe("what cannot stand", () => {
  let world: World;
  beforeEach(async () => {
    world = await startPeople(crowd(45));
    world.roles = [
      { id: "r1", name: "Admin" },
      { id: "r2", name: "Reader" },
      { id: "r3", name: "Guest" },
    ];
  });
  afterEach(() => world.close());

  const live = async (): Promise<readonly string[]> =>
    (await world.sql<{ key: string }>("select key from mirror.users where tombstoned_at is null order by key")).map(
      ({ key }) => key,
    );
  const accessOf = (key: string) =>
    world.sql<{ kind: string; related: string; cause: string }>(
      "select kind, related, cause from audit.entries where key = $1 and entity = 'user_roles' order by id",
      [key],
    );

  test("of two with one name both are rejected, also when one has landed; the others stay", async () => {
    world.users[11] = { id: "early", login: "same", state: "on", roles: ["r1"] };
    world.users[38] = { id: "late", login: "SAME", state: "on", roles: ["r1"] };
    const report = await land(world);
    expect(landedIn(report)).toContain(" users written");
    expect(report.rejects).toEqual([
      expect.objectContaining({ key: "early", code: "MAP031", reason: "its `username` is also that of users/late" }),
      expect.objectContaining({ key: "late", code: "MAP031", reason: "its `username` is also that of users/early" }),
    ]);
    expect(recordsOf(report, "users")).toMatchObject({
      fetched: 45,
      new: 43,
      rejected: 2,
      gone: 0,
      before: 0,
      after: 43,
      complete: true,
    });
    expect(await accessOf("early")).toEqual([
      { kind: "grant", related: "r1", cause: "upstream" },
      { kind: "revoke", related: "r1", cause: "end-gone" },
    ]);
    expect(report.hold).toBeNull();

    // The next night finds the same, and a rename heals both.
    expect(recordsOf(await land(world), "users")).toMatchObject({ fetched: 45, same: 43, rejected: 2, gone: 0 });
    world.users[38] = { id: "late", login: "other", state: "on", roles: ["r1"] };
    expect(recordsOf(await land(world), "users")).toMatchObject({ new: 1, restored: 1, rejected: 0, after: 45 });
    expect(await live()).toEqual(expect.arrayContaining(["early", "late"]));
  });

  test("two with one name in one batch are staged with all that follow", async () => {
    world.users[25] = { id: "one", login: "same", state: "on" };
    world.users[26] = { id: "two", login: "same", state: "on" };
    const report = await land(world);
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 45, new: 43, rejected: 2, after: 43, complete: true });
    expect(await live()).toHaveLength(43);
  });

  test("a key that comes again counts once: the later page says what is true, and nothing is proved complete", async () => {
    world.users[12] = { id: "again", login: "first", state: "on", roles: ["r1", "r2"] };
    world.users[40] = { id: "again", login: "second", state: "off", roles: ["r2", "r3"] };
    const report = await land(world);
    expect(report).toMatchObject({ outcome: "incomplete", plan: null });
    expect(recordsOf(report, "users")).toMatchObject({
      fetched: 44,
      new: 44,
      changed: 0,
      duplicates: 1,
      before: 0,
      after: 44,
    });
    expect(await world.sql("select username, status from mirror.users where key = 'again'")).toEqual([
      { username: "second", status: "disabled" },
    ]);
    expect(await accessOf("again")).toEqual([
      { kind: "grant", related: "r1", cause: "upstream" },
      { kind: "grant", related: "r2", cause: "upstream" },
      { kind: "revoke", related: "r1", cause: "upstream" },
      { kind: "grant", related: "r3", cause: "upstream" },
    ]);
    const held = await world.sql("select role_key from mirror.user_roles where user_key = 'again' order by 1");
    expect(held).toEqual([{ role_key: "r2" }, { role_key: "r3" }]);
  });

  test("a key that comes again on the last page of a stream does not fail what the next stream asks meanwhile", async () => {
    world.roles = Array.from({ length: 90 }, (_, n) => ({ id: `r${n % 70}`, name: `Role ${n % 70}` }));
    let copies = 0;
    const asked: (() => void)[] = [];
    watchStatements((send, _session, isPromised, text) => {
      if (text.startsWith("copy mirror.roles")) {
        copies += 1;
        const sent = send();
        if (copies === 2) for (const ask of asked) ask();
        return sent;
      }
      // What the stream of users begins with is asked while the second batch of roles is on its way.
      if (copies !== 1 || !isPromised || !text.includes("from sync.digests")) return send();
      return new Promise<void>((resolve) => asked.push(resolve)).then(send);
    });
    const report = await land(world);
    jest.restoreAllMocks();
    expect(copies).toBe(2);
    expect(recordsOf(report, "roles")).toMatchObject({ fetched: 70, new: 70, duplicates: 20, after: 70 });
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 45, new: 45, after: 45 });
  });

  test("a key that is rejected on another page is taken back", async () => {
    world.users[12] = { id: "again", login: "first", state: "on", roles: ["r1"] };
    world.users[40] = { id: "again", login: null, state: "on" };
    const report = await land(world);
    expect(recordsOf(report, "users")).toMatchObject({
      fetched: 44,
      new: 43,
      rejected: 1,
      duplicates: 1,
      gone: 0,
      after: 43,
    });
    expect(await live()).not.toContain("again");
  });

  test("a key that is left out on another page stays", async () => {
    world.users[12] = { id: "again", login: "first", state: "on" };
    world.users[40] = { id: "again", login: "first", state: "staged" };
    const report = await land(world);
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 44, new: 44, skipped: 0, duplicates: 1, after: 44 });
  });

  test("most of a stream in vain: it lands no more, and nothing else of it is applied", async () => {
    world.users = [
      ...crowd(30),
      ...Array.from({ length: 60 }, (_, i) => ({ id: `bad${i}`, login: null, state: "on" })),
    ];
    const report = await land(world);
    expect(report).toMatchObject({ outcome: "incomplete", error: { code: "RUN006" } });
    // How much had landed by then is a matter of time.
    const { fetched, new: landed, same, rejected, after } = recordsOf(report, "users");
    expect({ fetched, rejected, after }).toEqual({ fetched: 90, rejected: 60, after: landed });
    expect([landed + same, landed > 0]).toEqual([30, true]);
  });

  test("what names a role that nobody has dangles, and heals when it comes", async () => {
    world.roles = world.roles.filter(({ id }) => id !== "r3");
    world.users = [{ id: "u1", login: "u1", state: "on", roles: ["r1", "r3"] }];
    const first = await land(world);
    expect(first.entities.user_roles).toMatchObject({ granted: 2, dangling: 1, before: 0, after: 2 });
    expect(await accessOf("u1")).toEqual([{ kind: "grant", related: "r1", cause: "upstream" }]);
    world.roles.push({ id: "r3", name: "Guest" });
    await land(world);
    expect((await accessOf("u1")).at(-1)).toEqual({ kind: "grant", related: "r3", cause: "end-returned" });
  });

  test("orgs in a circle are rejected, and whoever belongs to them has no part in it", async () => {
    world.orgs = [
      { id: "o1", name: "One", parent: "o3" },
      { id: "o2", name: "Two", parent: "o1" },
      { id: "o3", name: "Three", parent: "o2" },
      { id: "o4", name: "Four" },
    ];
    world.users = [{ id: "u1", login: "u1", state: "on", orgs: ["o1", "o4"] }];
    const report = await land(world);
    expect(recordsOf(report, "orgs")).toMatchObject({ fetched: 4, new: 1, rejected: 3, after: 1 });
    expect(report.entities.user_orgs).toMatchObject({ granted: 2, dangling: 1, after: 2 });
    expect(await world.sql("select org_key, effective from mirror.user_orgs order by 1")).toEqual([
      { org_key: "o1", effective: false },
      { org_key: "o4", effective: true },
    ]);
  });

  test("an entity that has records, or a source that has answered, is compared", async () => {
    await world.sync();
    world.orgs = [];
    const before = world.users;
    world.users = [
      ...before,
      ...crowd(5).map((person) => ({ ...person, id: `n${person.id}`, login: `n${person.login}` })),
    ];
    const report = await land(world);
    expect(report.plan).not.toBeNull();
    expect(landedIn(report)).toBeUndefined();
  });

  test("a plan lands nothing", async () => {
    const report = await world.plan({ batches: AT_ONCE });
    expect(report.plan).toMatch(/^p_/);
    expect(await live()).toEqual([]);
  });
});
