/**
 * A database that misbehaves in mid-run: sessions that end time and again, collisions with other transactions, commits whose
 * answer is lost, a way that is cut or hangs. The run itself ends as an undisturbed one, with every change told once.
 */

import { Client } from "pg";
import { Failure } from "../../src/domain/errors";
import { silentLog } from "../../src/domain/log";
import type { RunEvent } from "../../src/domain/run-events";
import { type Database, openDatabase } from "../../src/mirror/database";
import { LEASE, type LeaseTerms } from "../../src/mirror/fence";
import { createRunner, type RunChoices } from "../support/create-runner";
import { type Cuttable, startCuttable } from "../support/cuttable";
import { eventually } from "../support/eventually";
import { holderIsGone } from "../support/holder-is-gone";
import { processOf, type StatementWatch, watchStatements } from "../support/statements";
import { startTurningWorld, type TurningWorld } from "../support/turning-world";
import { recordsOf, type World } from "../support/world";

let turning: TurningWorld;
let world: World;
/** A session beside the run's. */
let second: Client;
beforeAll(async () => {
  turning = await startTurningWorld();
  world = turning.world;
  second = new Client({ connectionString: world.databaseUrl });
  await second.connect();
});
afterAll(async () => {
  await second.end();
  await world.close();
});
afterEach(() => jest.restoreAllMocks());

const watch = (act: StatementWatch) => watchStatements(act, second);

describe("sessions that end", () => {
  test("time and again end the run with them, and the next one does the work", async () => {
    await turning.turn(async () => {
      const spy = watch((query, session, isPromised, text) => {
        if (!isPromised || (!text.includes("sync.plan_stale_records") && !text.startsWith("insert into changes")))
          return query();
        return second.query("select pg_terminate_backend($1, 5000)", [processOf(session)]).then(query);
      });
      const retry = { timeout: 60_000, retries: 2 };
      expect(await world.sync({ retry })).toMatchObject({ outcome: "store", exitCode: 8, error: { code: "DB001" } });
      spy.mockRestore();
      expect(await world.sync()).toMatchObject({ outcome: "ok" });
    });
  });
});

describe("collisions with another transaction, after which all of it is written again", () => {
  const WRITES_USERS = /^\s*update mirror\.users/;

  const secondWaits = async (): Promise<void> => {
    const waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and pid = $1";
    await eventually(
      () => world.sql(waiting, [processOf(second)]),
      (rows) => rows.length > 0,
    );
  };

  test("a deadlock that Postgres ends with the transaction of the run", async () => {
    await turning.turn(async () => {
      // The run finds the deadlock, and so is the one that Postgres ends.
      await second.query("set deadlock_timeout = '1h'; begin; select from mirror.users where key = 'u1' for update");
      let waits: Promise<unknown> | null = null;
      let times = 0;
      watch((query, _session, _isPromised, text) => {
        if (!WRITES_USERS.test(text)) return query();
        times += 1;
        if (times > 1) return query();
        waits = second.query("select from sync.sources for update").then(() => second.query("commit"));
        return secondWaits().then(query);
      });
      expect(await world.sync()).toMatchObject({ outcome: "ok" });
      await waits;
      await second.query("reset deadlock_timeout");
      expect(times).toBeGreaterThan(2);
    });
  });

  test("a serialization failure", async () => {
    await turning.turn(async () => {
      let begun = 0;
      let times = 0;
      watch((send, session, _isPromised, text) => {
        if (text.startsWith("begin;")) {
          begun += 1;
          if (begun === 1)
            return session.query(text.replace("begin", "start transaction isolation level repeatable read"));
        }
        if (!WRITES_USERS.test(text)) return send();
        times += 1;
        return times === 1 ? second.query("update mirror.users set last_run = last_run").then(send) : send();
      });
      expect(await world.sync()).toMatchObject({ outcome: "ok" });
      expect([begun, times]).toEqual([2, 3]);
    });
  });

  test("a lock that is held for longer than anybody waits", async () => {
    await turning.turn(async () => {
      await second.query("begin; select from mirror.users where key = 'u1' for update");
      let times = 0;
      watch((query, session, _isPromised, text) => {
        if (text === "rollback" && times === 1) void second.query("commit");
        if (!WRITES_USERS.test(text)) return query();
        times += 1;
        return times === 1 ? session.query("set local lock_timeout = '50ms'").then(query) : query();
      });
      expect(await world.sync()).toMatchObject({ outcome: "ok" });
      expect(times).toBeGreaterThan(2);
    });
  });
});

describe("a way to the database", () => {
  let way: Cuttable;
  let database: Database;
  let lease: LeaseTerms;
  beforeEach(async () => {
    const { host, port, user, password, database: name } = new Client({ connectionString: world.databaseUrl });
    way = await startCuttable(host.startsWith("/") ? `${host}/.s.PGSQL.${port}` : port);
    const url = `postgresql://${user}:${encodeURIComponent(String(password))}@127.0.0.1:${way.port}/${name}`;
    database = await openDatabase({ url, home: world.home, log: silentLog });
    lease = LEASE;
  });
  afterEach(async () => {
    await database.close();
    await way.close();
  });

  /** A run whose every connection goes that way. */
  const sync = (choices: RunChoices = {}) =>
    createRunner({ database, home: world.home, upstreamUrl: world.upstream.url, lease })(choices);
  const inPhase = (phase: string, act: () => unknown): { tell: (event: RunEvent) => void } => {
    let isDone = false;
    return {
      tell(event) {
        if (isDone || event.type !== "phase" || event.phase !== phase) return;
        isDone = true;
        act();
      },
    };
  };

  describe.each(["before it", "after it"] as const)("that is cut at a commit, %s came through", (when) => {
    test("of the claim", async () => {
      await turning.turn(async () => {
        const cut = way.cutAt("commit", when);
        expect(await sync()).toMatchObject({ outcome: "ok" });
        await cut;
        expect(await world.sql("select from sync.sources where holder_run is not null")).toEqual([]);
      });
    });

    test("of all that a run writes", async () => {
      await turning.turn(async () => {
        const cut: Promise<void>[] = [];
        const report = await sync(inPhase("apply", () => cut.push(way.cutAt("commit", when))));
        expect(report).toMatchObject({ outcome: "ok" });
        await Promise.all(cut);
        // Not what a second look has found: that there is nothing left to do.
        expect(recordsOf(report, "users")).toMatchObject({ changed: 3, gone: 1 });
        expect(await world.sql("select from sync.sources where holder_run is not null")).toEqual([]);
        const [kept] = await world.sql<{ report: unknown }>("select report from sync.runs where id = $1", [report.run]);
        expect(kept?.report).toEqual(JSON.parse(JSON.stringify(report)));
      });
    });

    test("of a plan that is applied", async () => {
      await turning.turn(async () => {
        const { plan } = await world.plan();
        const cut: Promise<void>[] = [];
        const report = await sync({ planId: plan, ...inPhase("apply", () => cut.push(way.cutAt("commit", when))) });
        await Promise.all(cut);
        expect(report).toMatchObject({ outcome: "ok", plan });
      });
    });

    test("of a plan", async () => {
      await turning.turn(async () => {
        const cut: Promise<void>[] = [];
        const plan = await sync({ mode: "plan", ...inPhase("confirm", () => cut.push(way.cutAt("commit", when))) });
        await Promise.all(cut);
        expect(await world.sql("select id from sync.plans where run = $1", [plan.run])).toEqual([{ id: plan.plan }]);
        expect(await world.sync({ planId: plan.plan })).toMatchObject({ outcome: "ok" });
      });
    });
  });

  test.each(["fetch", "compare", "confirm", "apply"])("that is cut in the phase %s and mended", async (phase) => {
    await turning.turn(async () => {
      const report = await sync(
        inPhase(phase, () => {
          way.cut();
          void second.query("select").then(() => way.mend());
        }),
      );
      expect(report).toMatchObject({ outcome: "ok" });
    });
  });

  test("that hangs is given up when the lease is over, not waited for", async () => {
    lease = { length: 0.3, renewEvery: 100 };
    await turning.turn(async () => {
      const report = await sync({ ...inPhase("compare", () => way.hang()), warned: () => way.mend() });
      expect(report).toMatchObject({ outcome: "ok" });
    });
  });

  test("that stays cut: exit 8, and the next run does the work", async () => {
    await turning.turn(async () => {
      const retry = { timeout: 200, retries: 5 };
      const report = await sync({ retry, ...inPhase("apply", () => way.cut()) });
      expect(report).toMatchObject({ outcome: "store", exitCode: 8, error: { code: "DB001" } });
      await holderIsGone(world);
      expect(await world.sync()).toMatchObject({ outcome: "ok" });
    });
  });

  test("that is cut until another run has taken over: exit 7, and nothing of the first is written", async () => {
    await turning.turn(async () => {
      const first = sync(
        inPhase("apply", () => {
          way.cut();
          void holderIsGone(world)
            .then(() => world.sync({ by: "second@desk" }))
            .then(() => way.mend());
        }),
      );
      expect(await first).toMatchObject({ outcome: "busy", exitCode: 7, error: { code: "RUN003" } });
    });
  });

  test("that is cut is not waited for by a run that is told to end", async () => {
    await turning.turn(async () => {
      const controller = new AbortController();
      const report = await sync({
        ...inPhase("apply", () => way.cut()),
        signal: controller.signal,
        warned: () => controller.abort(new Failure("RUN004", "told to end")),
      });
      expect(report).toMatchObject({ outcome: "interrupted", exitCode: 130, error: { code: "RUN004" } });
      way.mend();
      await holderIsGone(world);
      expect(await world.sync()).toMatchObject({ outcome: "ok" });
    });
  });
});
