/** A run that a person asked for, followed from where they sit: with workers elsewhere, without any, and with all that goes wrong. */
import { EventEmitter, once } from "node:events";
import { Failure } from "../../src/domain/errors";
import { type Log, silentLog } from "../../src/domain/log";
import type { RunEvent } from "../../src/domain/run-events";
import type { RunReport } from "../../src/domain/runs";
import { FOLLOW_TERMS, type FollowedRuns, type Following, followRun } from "../../src/schedule/follow-run";
import { openRunQueue, type RunQueue } from "../../src/schedule/open-run-queue";
import type { RunHandler } from "../../src/schedule/work-one";
import { eventually } from "../support/eventually";
import { startQueueProcess } from "../support/queue-process";
import { QUEUE_SERVERS, type QueueServer, reportOf } from "../support/queue-servers";
import { isOwnRedisHere, startRedis } from "../support/redis-server";

const TOLD: readonly RunEvent[] = [
  { type: "phase", phase: "fetch" },
  ...Array.from({ length: 300 }, (_, pages) => progressOf(pages)),
  { type: "phase", phase: "apply" },
];

describe.each(QUEUE_SERVERS)("following a run on $kind", ({ start, isHere }) => {
  /** Most of a test is waiting, which they do beside each other. */
  const test = (name: string, body: (stage: Stage) => Promise<void>, patience?: number) =>
    (isHere ? globalThis.test.concurrent : globalThis.test.skip)(
      name,
      async () => {
        const server = await start();
        const stage = await setStage(server);
        await body(stage).finally(stage.close);
      },
      patience,
    );

  test("the same events in the same order and the same report, whoever works it", async ({ near, serve }) => {
    const runs = rememberRuns();
    const alone = follow(near, runs, 1, { handler: runs.working(TOLD) });
    expect(await alone.report).toEqual(runs.reportOf(1));
    await serve(runs.working(TOLD));
    const followed = follow(near, runs, 2, { handler: neverHere });
    expect(await followed.report).toEqual(runs.reportOf(2));
    expect(followed.events).toEqual(alone.events);
    expect(followed.events).toEqual(TOLD);
  });

  test("several at once, each with its own", async ({ near, serve }) => {
    const runs = rememberRuns();
    await serve(runs.working(TOLD));
    const all = [11, 12, 13].map((run) => follow(near, runs, run, { handler: neverHere }));
    for (const { report, events } of all) {
      expect((await report).outcome).toBe("ok");
      expect(events).toEqual(TOLD);
    }
  });

  test("a worker that dies before it begins: the run is worked here", async ({ server, near }) => {
    const runs = rememberRuns();
    const victim = startQueueProcess(server.options, null);
    await victim.ready;
    const followed = follow(near, runs, 3, { handler: runs.working(TOLD) });
    expect(await victim.took).toBe(3);
    await victim.kill();
    expect(await followed.report).toEqual(runs.reportOf(3));
    expect(followed.events).toEqual(TOLD);
  }, 120_000);

  test("a worker that dies at work: the run is ended, and that is its report", async ({ near, serve }) => {
    const runs = rememberRuns();
    const begun = new EventEmitter();
    const isBegun = once(begun, "begun");
    await serve(async (run, _tell, signal) => {
      runs.set(run, { state: "running", alive: true });
      begun.emit("begun");
      await once(signal, "abort");
      return reportOf(run);
    });
    const followed = follow(near, runs, 4, { handler: neverHere });
    await isBegun;
    runs.set(4, { alive: false });
    expect(await followed.report).toMatchObject({ run: 4, outcome: "interrupted" });
  });

  test("a run nobody takes while no worker does anything is worked here", async ({ server, near, serve }) => {
    const runs = rememberRuns();
    await serve(neverHere);
    const raw = server.queue("runs");
    await raw.pause();
    const followed = follow(near, runs, 5, { handler: runs.working(TOLD) }, { ...FOLLOW_TERMS, pickupTimeout: 1_000 });
    expect(await followed.report).toEqual(runs.reportOf(5));
    expect(followed.events).toEqual(TOLD);
    expect(await near.stateOf(5)).toBe("gone");
    await raw.close();
  });

  test("a job that was lost is put again", async ({ server, near, serve }) => {
    const runs = rememberRuns();
    await serve(runs.working(TOLD));
    const raw = server.queue("runs");
    await raw.pause();
    const followed = follow(near, runs, 6, { handler: neverHere });
    await eventually(
      () => near.stateOf(6),
      (state) => state === "waiting",
    );
    // Takes the pause with it, where the queue is in Redis.
    await raw.remove("run-6");
    await eventually(
      () => near.stateOf(6),
      (state) => state === "waiting",
    );
    await raw.resume();
    expect(await followed.report).toEqual(runs.reportOf(6));
    expect(followed.events).toEqual(TOLD);
    await raw.close();
  });

  test("stopped by the person before it was begun: it ends here, as interrupted", async ({ server, near, serve }) => {
    const runs = rememberRuns();
    const person = new AbortController();
    await serve(neverHere);
    const raw = server.queue("runs");
    await raw.pause();
    const followed = follow(near, runs, 7, { handler: runs.working(TOLD), signal: person.signal });
    await eventually(
      () => near.stateOf(7),
      (state) => state === "waiting",
    );
    person.abort();
    expect(await followed.report).toMatchObject({ outcome: "interrupted" });
    expect(runs.stops).toEqual([]);
    await raw.close();
  });

  test("stopped by the person at work: the worker is asked, once", async ({ near, serve }) => {
    const runs = rememberRuns();
    const person = new AbortController();
    await serve(async (run) => {
      runs.set(run, { state: "running", alive: true });
      person.abort();
      await eventually(
        async () => runs.stops.length,
        (count) => count > 0,
      );
      // Two looks later it would be asked again.
      await eventually(
        async () => runs.looks(),
        (
          (first) => (looks: number) =>
            looks > first + 3
        )(runs.looks()),
      );
      const report = reportOf(run, { outcome: "interrupted", exitCode: 130 });
      runs.set(run, { state: "finished", report, alive: false });
      return report;
    });
    const followed = follow(near, runs, 8, { handler: neverHere, signal: person.signal });
    expect(await followed.report).toMatchObject({ outcome: "interrupted" });
    expect(runs.stops).toEqual([8]);
  });

  test("connections that are cut cost progress at most", async ({ server, near, serve }) => {
    const runs = rememberRuns();
    await serve(async (run, tell, signal) => {
      runs.set(run, { state: "running", alive: true });
      tell({ type: "phase", phase: "fetch" });
      await server.upset();
      return runs.working(TOLD)(run, tell, signal);
    });
    const followed = follow(near, runs, 9, { handler: neverHere });
    expect(await followed.report).toEqual(runs.reportOf(9));
  });
});

const testWithRedis = isOwnRedisHere() ? test.concurrent : test.skip;

testWithRedis("when Redis goes away the run is followed by the database alone, and that is said once", async () => {
  const redis = await startRedis();
  if (redis === null) throw new Error("there is no Redis");
  const lines: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => void lines.push(message) };
  const options = { redisUrl: redis.url, postgres: {}, reconnectTimeout: 500, log };
  const [near, far] = [await openRunQueue(options), await openRunQueue({ ...options, lasting: true, log: silentLog })];
  const runs = rememberRuns();
  try {
    await far.serve({
      concurrency: 1,
      totalConcurrency: null,
      onSlot: async () => undefined,
      onRun: async (run, tell, signal) => {
        // It was taken and not begun when Redis went: nothing can be asked of the queue.
        await redis.stop();
        await eventually(
          async () => lines.length,
          (count) => count > 0,
        );
        return runs.working(TOLD)(run, tell, signal);
      },
    });
    const followed = follow(near, runs, 1, { handler: neverHere, log });
    expect(await followed.report).toEqual(runs.reportOf(1));
    expect(lines).toEqual([expect.stringMatching(/the queue at .* is out of reach: .*database alone/)]);
  } finally {
    await Promise.all([near.close(), far.close()]);
    await redis.stop();
  }
});

testWithRedis("when Redis goes away before anybody took the run, it is worked here all the same", async () => {
  const redis = await startRedis();
  if (redis === null) throw new Error("there is no Redis");
  const options = { redisUrl: redis.url, postgres: {}, reconnectTimeout: 500, log: silentLog };
  const [near, far] = [await openRunQueue(options), await openRunQueue({ ...options, lasting: true })];
  const runs = rememberRuns();
  try {
    let isBusy = (): void => {};
    const busy = new Promise<void>((resolve) => {
      isBusy = resolve;
    });
    await far.serve({
      concurrency: 1,
      totalConcurrency: null,
      onRun: neverHere,
      onSlot: async (_slot, _tell, signal) => {
        isBusy();
        await once(signal, "abort");
      },
    });
    await far.putSlots([{ source: "acme", slot: "2026-11-24T02:00:00.000Z", crashes: 0 }]);
    await busy;
    const handler = runs.working(TOLD);
    const followed = follow(near, runs, 2, { handler }, { ...FOLLOW_TERMS, pickupTimeout: 1_000 });
    await eventually(
      () => near.stateOf(2),
      (state) => state === "waiting",
    );
    await redis.stop();
    expect(await followed.report).toEqual(runs.reportOf(2));
    expect(followed.events).toEqual(TOLD);
  } finally {
    await Promise.all([near.close(), far.close()]);
    await redis.stop();
  }
});

type Stage = Awaited<ReturnType<typeof setStage>>;

async function setStage(server: QueueServer) {
  const near = await openRunQueue(server.options);
  const far = await openRunQueue({ ...server.options, lasting: true });
  return {
    server,
    near,
    serve: (onRun: RunHandler) =>
      far.serve({ concurrency: 1, totalConcurrency: null, onRun, onSlot: async () => undefined }),
    async close() {
      await Promise.all([near.close(), far.close()]);
      await server.stop();
    },
  };
}

const neverHere: RunHandler = async (run) => {
  throw new Error(`run ${run} is not to be worked here`);
};

function follow(
  queue: RunQueue,
  runs: FollowedRuns,
  run: number,
  changes: Partial<Following> & Pick<Following, "handler">,
  terms = FOLLOW_TERMS,
): { readonly report: Promise<RunReport>; readonly events: RunEvent[] } {
  const events: RunEvent[] = [];
  const following: Following = {
    job: { run, source: "acme" },
    queue,
    runs,
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
    log: silentLog,
    ...changes,
  };
  return { report: followRun(following, terms), events };
}

type State = Awaited<ReturnType<FollowedRuns["runState"]>>;

/** Runs as the database keeps them. A run never seen is queued. */
function rememberRuns() {
  const states = new Map<number, State>();
  const stops: number[] = [];
  let looks = 0;
  const stateOf = (run: number): State => states.get(run) ?? { state: "queued", report: null, alive: false };
  const set = (run: number, changes: Partial<State>) => void states.set(run, { ...stateOf(run), ...changes });
  return {
    stops,
    set,
    looks: () => looks,
    reportOf: (run: number) => stateOf(run).report,
    runState: async (run: number) => {
      looks += 1;
      return stateOf(run);
    },
    endDead: async (run: number) => {
      const { alive, report } = stateOf(run);
      if (alive) throw new Failure("RUN001", "it lives");
      return report ?? reportOf(run, { outcome: "interrupted", exitCode: 130 });
    },
    requestStop: async (run: number) => void stops.push(run),
    /** Claims a queued run, tells these events, and ends it with a report of its own. */
    working:
      (events: readonly RunEvent[]): RunHandler =>
      async (run, tell, signal) => {
        if (stateOf(run).state === "finished") throw new Failure("RUN003", "it was given up");
        set(run, { state: "running", alive: true });
        if (!signal.aborted) for (const event of events) tell(event);
        const outcome = signal.aborted ? "interrupted" : "ok";
        const report = reportOf(run, { outcome, notes: [`run ${run}`] });
        set(run, { state: "finished", report, alive: false });
        return report;
      },
  };
}

function progressOf(pages: number): RunEvent {
  return { type: "progress", stream: "users", fetched: pages * 100, expected: 400, pages };
}
