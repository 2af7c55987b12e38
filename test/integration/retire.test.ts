import { cp, rm } from "node:fs/promises";
import { openApp } from "../../src/app";
import type { Trigger } from "../../src/domain/runs";
import { AuditStore } from "../../src/mirror/audit-store";
import { checkFence, claimSource, LEASE } from "../../src/mirror/fence";
import { HoldStore } from "../../src/mirror/hold-store";
import { IdentityStore } from "../../src/mirror/identity-store";
import { GrantStore } from "../../src/mirror/login/grant-store";
import { RetireStore } from "../../src/mirror/retire-store";
import { RunStore } from "../../src/mirror/run-store";
import { SourceStore } from "../../src/mirror/source-store";
import { SESSION } from "../support/session-row";
import { crowd, JOB, recordsOf, startWorld, type World } from "../support/world";

const trigger: Trigger = { kind: "cli", by: "ops@desk", reason: "contract ended" };

let world: World;
let retire: (choices?: { expect?: number; file?: string; source?: string }) => ReturnType<RetireStore["retire"]>;
beforeEach(async () => {
  world = await startWorld();
  await world.write("jobs/beta.yaml", JOB.replace("source: acme", "source: beta"));
  await cp(`${world.home}/mappings/acme`, `${world.home}/mappings/beta`, { recursive: true });
  for (const source of ["acme", "beta"]) await world.sync({ source });
  const store = new RetireStore(world.database);
  retire = ({ source = "acme", expect = 3, file } = {}) =>
    store.retire({ source, expect, file: file ?? null, trigger });
});
afterEach(() => world.close());

/** Everything that a retirement may touch, as it stands there. */
const state = async (): Promise<unknown> => {
  const tables = [
    ...["sync.sources", "sync.runs", "sync.holds", "sync.slots", "sync.schedules"],
    ...["login.verifiers", "login.sessions", "audit.entries"],
  ];
  const [row] = await world.sql<{ state: unknown }>(
    `select jsonb_build_object(${tables
      .map((table) => `'${table}', (select jsonb_agg(to_jsonb(t) order by to_jsonb(t)) from ${table} t)`)
      .join(", ")}) as state`,
  );
  return row?.state;
};

const signIns = async (): Promise<void> => {
  for (const source of ["acme", "beta"]) {
    await world.sql("insert into login.verifiers values ($1, 'u1', 'x', now())", [source]);
    await world.sql(SESSION, [source, "u1"]);
  }
};

describe("a retired source", () => {
  test("answers no questions, and nothing of it is lost", async () => {
    const [mirror, audit] = [await world.dump(), new AuditStore(world.database.knex)];
    const before = await audit.who("acme", "r1", null);
    const retired = await retire();
    expect(retired).toEqual({ source: "acme", run: 3, retiredAt: expect.stringMatching(/Z$/), users: 3 });
    expect(await world.dump()).toEqual(mirror);
    expect(await world.sql("select distinct source from mirror.identities")).toEqual([{ source: "beta" }]);
    const identities = new IdentityStore(world.database.knex);
    await expect(identities.person("acme", "u1")).rejects.toMatchObject({
      code: "USE005",
      message: `\`acme\` was retired at ${retired.retiredAt}, so it answers no questions any more`,
    });
    expect(await identities.person("beta", "u1")).toMatchObject({ username: "ann" });
    const after = await audit.who("acme", "r1", null);
    expect(after).toMatchObject({ holders: before.holders, note: expect.stringContaining("was retired at") });
    expect((await audit.who("acme", "r1", before.at)).note).toBeNull();
  });

  test("has a run and an audit row that say who did it, when and why", async () => {
    const { run, retiredAt } = await retire();
    expect(await new RunStore(world.database.knex).summary(run)).toMatchObject({
      run,
      source: "acme",
      mode: "retire",
      state: "finished",
      outcome: "ok",
      trigger,
      startedAt: retiredAt,
      finishedAt: retiredAt,
      report: { run, exitCode: 0, trigger, entities: {}, rejects: [], hold: null, error: null, requests: 0 },
    });
    expect(await world.sql("select * from audit.entries where run = $1", [run])).toMatchObject([
      {
        at: retiredAt,
        source: "acme",
        entity: "sources",
        key: "acme",
        kind: "tombstone",
        cause: "retired",
        actor: "ops@desk",
        reason: "contract ended",
        old: null,
        new: null,
      },
    ]);
    const facts = await new SourceStore(world.database.knex).facts();
    expect(facts.map((one) => [one.source, one.retiredAt, one.lastRun])).toEqual([
      ["acme", retiredAt, 1],
      ["beta", null, 2],
    ]);
  });

  test("ends the roles that were given in it, each in the audit", async () => {
    const role = { org: null, until: null, by: "ops@desk", reason: "stands in" };
    await new GrantStore(world.database).grant({ source: "acme", user: "u2", role: "r1", ...role });
    const held = async () =>
      (await new AuditStore(world.database.knex).who("acme", "r1", null)).holders.map((one) => one.key);
    expect(await held()).toEqual(["u1", "u2"]);
    const until = new Date(Date.now() + 60_000).toISOString();
    await new GrantStore(world.database).grant({ ...role, source: "acme", user: "u3", role: "r1", until });
    await world.sql(
      "update mirror.local_grants set expires_at = date_trunc('milliseconds', clock_timestamp()) where user_key = 'u3'",
    );
    const { run } = await retire();
    expect(await held()).toEqual(["u1"]);
    expect(
      await world.sql(
        "select kind, cause, actor, reason from audit.entries where key = 'u2' and origin = 'local' order by id",
      ),
    ).toEqual([
      { kind: "grant", cause: "local", actor: "ops@desk", reason: "stands in" },
      { kind: "revoke", cause: "retired", actor: "ops@desk", reason: "the source was retired: contract ended" },
    ]);
    // What was over before has ended by itself, when it was.
    expect(
      await world.sql(
        `select e.cause, e.at = g.expires_at as "atItsEnd" from audit.entries e join mirror.local_grants g on g.user_key = e.key
         where e.key = 'u3' and e.origin = 'local' and e.kind = 'revoke'`,
      ),
    ).toEqual([{ cause: "expired", atItsEnd: true }]);
    expect(run).toBeGreaterThan(0);
  });

  test("keeps no sign-in, asks nothing and is due no more; its neighbour is left alone", async () => {
    world.users = crowd(60);
    for (const source of ["acme", "beta"]) await world.sync({ source });
    world.users = [];
    for (const source of ["acme", "beta"]) expect(await world.sync({ source })).toMatchObject({ outcome: "held" });
    await world.sql("insert into sync.schedules select source, now(), '{}' from sync.sources");
    await world.sql("insert into sync.slots (source, slot) select source, now() from sync.sources");
    await signIns();
    await retire({ expect: 60 });
    const bySource = (query: string) => world.sql(`select source, ${query} order by 1, 2`);
    expect(await bySource("key from login.verifiers")).toEqual([{ source: "beta", key: "u1" }]);
    expect(await bySource("key from login.sessions")).toEqual([{ source: "beta", key: "u1" }]);
    expect(await bySource("state, decided_by, reason from sync.holds")).toEqual([
      { source: "acme", state: "expired", decided_by: "ops@desk", reason: "the source was retired: contract ended" },
      { source: "beta", state: "open", decided_by: null, reason: null },
    ]);
    expect(await bySource("state, note from sync.slots")).toEqual([
      { source: "acme", state: "missed", note: "the source was retired: contract ended" },
      { source: "beta", state: "due", note: null },
    ]);
    expect(await bySource("schedule from sync.schedules")).toEqual([{ source: "beta", schedule: {} }]);
  });

  test.each(["held", "held, and rejected"])(
    "comes back with its next complete run, and is asked again about what was %s",
    async (was) => {
      world.users = crowd(60);
      await world.sync();
      world.users = [];
      const { run, hold } = await world.sync();
      if (was !== "held") await new HoldStore(world.database.knex).reject(run, "ops@desk", "a wrong export");
      const history = await world.sql("select count(*)::int as entries from audit.entries where source = 'acme'");
      await retire({ expect: 60 });
      await world.sync({ user: "u1" });
      await world.sync({ only: ["roles"] });
      const retiredAt = async () => (await new SourceStore(world.database.knex).facts())[0]?.retiredAt;
      expect(await retiredAt()).not.toBeNull();
      expect(await world.sync()).toMatchObject({ outcome: "held", hold: { count: hold?.count, state: "open" } });
      expect(await retiredAt()).toBeNull();
      expect(await new IdentityStore(world.database.knex).person("acme", "u1")).toMatchObject({ username: "user1" });
      expect((await new AuditStore(world.database.knex).who("acme", "r2", null)).note).toBeNull();
      const [now, then] = [
        await world.sql("select count(*)::int as entries from audit.entries where source = 'acme'"),
        history,
      ];
      expect(now[0]?.entries).toBe(Number(then[0]?.entries) + 1);
    },
  );

  test("is not brought back by undoing its end, also when a later run has done that", async () => {
    const { run } = await retire();
    const undoing = { run, user: null, field: null, keepNewer: false, expect: -1 };
    const refused = async () => (await world.sync({ mode: "revert", revert: undoing })).error;
    expect(await refused()).toMatchObject({
      code: "RUN021",
      message: `run ${run} cannot be undone: its source is retired: nobody is answered from it`,
      fix: expect.stringContaining("put its job file back"),
    });
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
    expect(await refused()).toMatchObject({
      code: "RUN021",
      message: `run ${run} cannot be undone: it was the end of its source, which a later run has taken back`,
      fix: expect.stringContaining("nothing is left to undo"),
    });
  });

  test("is read anew when it comes back: nothing is known by what was kept, and nobody is gone at once", async () => {
    const job = JOB.replace("    one: /users/{key}\n", "");
    await world.write("jobs/acme.yaml", `keepRaw: true\n${job}`);
    await world.sync();
    world.users.pop();
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ absent: 1, unparsed: 2 });
    const known = () => world.sql("select stream, key from sync.raw_records where source = 'acme' order by 1, 2");
    const before = await known();
    // Whom an edited mapping has not reached.
    await world.sql("insert into sync.stale_records values ('acme', 'users', 'u3'), ('beta', 'users', 'u3')");
    await retire();
    expect(await known()).toEqual([]);
    expect(await world.sql("select source from sync.stale_records")).toEqual([{ source: "beta" }]);
    // A run that parses nobody would bring neither their raw records nor their passwords.
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ unparsed: 0, absent: 1, gone: 0 });
    expect(await known()).toEqual(before.filter(({ key }) => key !== "u3"));
    expect(recordsOf(await world.sync(), "users")).toMatchObject({ unparsed: 2, absent: 0, gone: 1 });
  });
});

describe("nothing is done", () => {
  const refused = async (attempt: Promise<unknown>, failure: object): Promise<void> => {
    const before = await state();
    await expect(attempt).rejects.toMatchObject(failure);
    expect(await state()).toEqual(before);
  };

  test("while its job file is there", () =>
    refused(retire({ file: "jobs/acme.yaml" }), {
      code: "USE004",
      message: "`acme` still has its job file: its next run would bring it back",
      fix: "remove jobs/acme.yaml first",
    }));

  test("when its size is another than the person saw", () =>
    refused(retire({ expect: 30 }), {
      code: "USE004",
      message: "`acme` has 3 live users, not 30; nothing was done",
      fix: expect.stringContaining("--expect 3"),
    }));

  test("to a source that was never read", () => refused(retire({ source: "gamma", expect: 0 }), { code: "USE002" }));

  test("twice", async () => {
    const { retiredAt } = await retire();
    await refused(retire(), {
      code: "USE004",
      message: expect.stringContaining(`retired already, since ${retiredAt}`),
    });
  });

  test("while a run works on it", () =>
    world.database.withClient(async (session) => {
      const run = await queued();
      await claimSource(session, { run, source: "acme", holder: "night@desk" }, LEASE);
      await refused(retire(), {
        code: "RUN001",
        message: `\`acme\` is being worked on by run ${run} (night@desk)`,
        fix: `wait for it: understudy show ${run}`,
      });
      await session.query("update sync.sources set holder_run = null");
    }));

  test("when its audit row cannot be written", async () => {
    await signIns();
    await world.sql("alter table audit.entries add constraint broken check (entity <> 'sources')");
    await refused(retire(), { message: expect.stringContaining("broken") });
  });
});

test("a run that was silent for too long is told as dead, and can write nothing more", () =>
  world.database.withClient(async (session) => {
    const run = await queued();
    const fence = await claimSource(session, { run, source: "acme", holder: "night@desk" }, LEASE);
    await world.sql("update sync.sources set lease_until = now() - interval '1 s' where source = 'acme'");
    await retire();
    const context = { client: session, run, source: "acme", fence };
    await expect(checkFence(context)).rejects.toMatchObject({ code: "RUN003" });
    expect(await new RunStore(world.database.knex).summary(run)).toMatchObject({
      state: "finished",
      outcome: "interrupted",
      report: { error: { code: "RUN007" } },
    });
  }));

test("of two people who retire it at once, one does", async () => {
  const results = await Promise.allSettled([retire(), retire(), retire()]);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const result of results)
    if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "USE004" });
  expect(await world.sql("select from audit.entries where entity = 'sources'")).toHaveLength(1);
});

const queued = (): Promise<number> => {
  const options = { mode: "sync", only: null, user: null, full: false, planId: null } as const;
  return new RunStore(world.database.knex).queue("acme", options, { kind: "cli", by: "night@desk", reason: null });
};

test("through the app: first the file goes, then the source, and status says so", async () => {
  const app = await openApp({ home: world.home, env: { DATABASE_URL: world.databaseUrl }, logLevel: "error" });
  const acme = async () => (await app.status()).find(({ source }) => source === "acme");
  try {
    const request = { source: "acme", expect: 3, trigger };
    await expect(app.retireSource(request)).rejects.toMatchObject({
      code: "USE004",
      fix: "remove jobs/acme.yaml first",
    });
    await rm(`${world.home}/jobs/acme.yaml`);
    expect(await acme()).toMatchObject({ state: "retired", sentence: expect.stringContaining("still answered from") });
    expect(await app.showPerson("acme", "u1")).toMatchObject({ status: "active" });
    await app.retireSource(request);
    expect(await acme()).toMatchObject({ state: "retired", sentence: expect.stringContaining("answers no questions") });
    await expect(app.showPerson("acme", "u1")).rejects.toMatchObject({ code: "USE005" });
    await world.write("jobs/acme.yaml", JOB);
    expect(await acme()).toMatchObject({ state: "retired", sentence: expect.stringContaining("brings it back") });
    await world.sync();
    expect(await acme()).toMatchObject({ state: "fresh" });
  } finally {
    await app.close();
  }
});
