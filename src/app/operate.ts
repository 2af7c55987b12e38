import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { ScheduleFiles } from "../config/load-schedules";
import type { OperateRequest } from "../domain/app";
import { Failure } from "../domain/errors";
import type { RunEvent, RunReport } from "../domain/runs";
import type { SlotRef } from "../domain/slots";
import { createHttpServer } from "../http/create-http-server";
import { createRunMetrics } from "../http/run-metrics";
import { type Clock, startClock } from "../schedule/clock";
import type { Adapters } from "./adapters";
import type { Jobs } from "./jobs";
import type { Notices } from "./notices";
import { patiently } from "./patiently";
import type { Questions } from "./questions";
import { lookAtReadiness } from "./readiness";
import type { Runs } from "./runs";
import { watchOverdue } from "./watch-overdue";

/** How long runs may take to come to their end once the process is told to stop; supervisors kill after 30 s or so. */
const DRAIN = 20_000;
/** How often a run looks whether the person who asked for it now asks for its end. */
const LOOK_FOR_STOP_EVERY = 1_000;
const PUT_AGAIN_EVERY = 5_000;
const DEFAULT_PORT = 7077;

type Worker = Awaited<ReturnType<Awaited<ReturnType<Adapters["queue"]>>["serve"]>>;

interface Services {
  readonly adapters: Adapters;
  readonly jobs: Jobs;
  readonly runs: Runs;
  readonly questions: Questions;
  readonly notices: Notices;
}

/** Is the service, or parts of it, until the signal is aborted; then ends within 25 s. */
export async function operate(request: OperateRequest, services: Services): Promise<void> {
  const { adapters, jobs, runs, questions, notices } = services;
  const { home, environment, database, stores, queue, log } = adapters;
  const { settings } = environment;
  const { signal } = request;
  adapters.refuseEnvironment();
  const metrics = createRunMetrics({ facts: questions.mirrorFacts, log });
  let clock: Clock | null = null;
  let worker: Worker | null = null;
  let putting: ReturnType<typeof setInterval> | undefined;

  // Listens from the beginning, so that whoever probes a process that waits for its database learns just that.
  const http = await listen();
  try {
    await patiently(database, signal, log);
    const runQueue = await patiently(queue, signal, log);
    if (request.worker) {
      const { workerConcurrency: concurrency, queueConcurrency: totalConcurrency } = settings;
      const how = { concurrency, totalConcurrency, onRun: workRun, onSlot: workSlot };
      worker = await patiently(() => runQueue.serve(how), signal, log);
    }
    if (request.clock) {
      const { slots } = await stores();
      const files = new ScheduleFiles({ home, env: environment.env });
      clock = startClock({ slots, put: (due) => runQueue.putSlots(due), schedules: () => files.read(), log });
    }
    log.info("ready", {
      home,
      sources: await jobs.names(),
      database: (await database()).where,
      queue: runQueue.description,
    });
    putting = setInterval(() => void putAgain(), PUT_AGAIN_EVERY);
    await putAgain();
    const telling = notices.serve(signal);
    if (request.clock) await watchOverdue(questions.status, notices.settleAll, signal, log);
    else if (!signal.aborted) await once(signal, "abort");
    await telling;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    log.info("ending");
    clearInterval(putting);
    const ended = Promise.allSettled([clock?.stop(), worker?.close()]).then(() => true);
    if (!(await Promise.race([ended, delay(DRAIN, false, { ref: false })])))
      log.warn("a run did not end in time and is cut off, which is safe: another process takes it up");
    await http?.close();
  }

  async function listen() {
    const port = request.port ?? settings.httpPort ?? (request.listens ? DEFAULT_PORT : null);
    if (port === null) return null;
    const host = request.host ?? settings.httpHost;
    const readiness = () =>
      lookAtReadiness(adapters, {
        silence: request.clock ? (clock?.silence() ?? null) : undefined,
        takesRuns: request.worker ? worker !== null : undefined,
      });
    const server = await createHttpServer({ host, port, readiness, metrics, log });
    log.info("listening", { url: server.url });
    return server;
  }

  /** Runs that were left to a worker are in the queue, whatever has become of that. Adding what is there does nothing. */
  async function putAgain(): Promise<void> {
    try {
      const [{ runs: store }, runQueue] = [await stores(), await queue()];
      for (const job of await store.leftToWorkers()) await runQueue.putRun(job);
    } catch (error) {
      log.debug("the runs left to workers could not be put again", { error });
    }
  }

  /** What waits for the same source goes on at once, the oldest first, and not with the clock's next round. */
  async function workSlot(first: SlotRef, tell: (event: RunEvent) => void, ending: AbortSignal): Promise<void> {
    const { slots } = await stores();
    let next: SlotRef | undefined = first;
    while (next !== undefined && !ending.aborted) {
      const begun = await slots.begin(next);
      if (begun.state !== "begun") return;
      await slots.end(next, await workRun(begun.run, tell, ending));
      next = (await slots.due()).find(({ source }) => source === first.source);
    }
  }

  async function workRun(run: number, tell: (event: RunEvent) => void, ending: AbortSignal): Promise<RunReport> {
    const { runs: store } = await stores();
    const stopped = new AbortController();
    const stop = (): void => stopped.abort(new Failure("RUN004", "ended as asked by the person who had started it"));
    const look = setInterval(() => {
      // What cannot be asked now is asked again.
      void store.stopRequested(run).then(
        (asked) => void (asked && stop()),
        () => undefined,
      );
    }, LOOK_FOR_STOP_EVERY);
    try {
      const report = await runs.work(run, tell, AbortSignal.any([ending, stopped.signal]));
      if ((await store.read(run)).options.mode === "sync") metrics.observe(report);
      return report;
    } finally {
      clearInterval(look);
    }
  }
}
