import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ScheduleFiles } from "../config/load-schedules";
import type { MirrorFacts } from "../domain/answers";
import type { App, OperateRequest } from "../domain/app";
import { once as openOnce } from "../domain/once";
import { createHttpServer } from "../http/create-http-server";
import { createRunMetrics } from "../http/run-metrics";
import { type Clock, startClock } from "../schedule/clock";
import { endAbandoned } from "../schedule/end-abandoned";
import type { Adapters } from "./adapters";
import { SEAL_INTERVAL, sealAudit } from "./audit-seals";
import type { Jobs } from "./jobs";
import { type Chore, keepDoing } from "./keep-doing";
import type { Logins } from "./logins";
import type { Notices } from "./notices";
import { patiently } from "./patiently";
import { PRUNE_INTERVAL, pruneDaily } from "./prune";
import type { Questions } from "./questions";
import { lookAtReadiness } from "./readiness";
import type { Runs } from "./runs";
import { openApi } from "./serve-api";
import { watchOverdue } from "./watch-overdue";
import { createSlotWork } from "./work-slots";

/** How long runs may take to come to their end once the process is told to stop; supervisors kill after 30 s or so. */
const DRAIN_TIMEOUT = 20_000;
const REQUEUE_INTERVAL = 5_000;
const SWEEP_INTERVAL = 300_000;
const DEFAULT_PORT = 7077;

type Worker = Awaited<ReturnType<Awaited<ReturnType<Adapters["queue"]>>["serve"]>>;

interface Services {
  readonly adapters: Adapters;
  readonly jobs: Jobs;
  readonly runs: Runs;
  readonly questions: Questions;
  readonly notices: Notices;
  readonly logins: Logins;
  readonly app: App;
}

/** Is the service, or parts of it, until the signal is aborted; then ends within 25 s. */
export async function operate(request: OperateRequest, services: Services): Promise<void> {
  const { adapters, jobs, runs, questions, notices, logins, app } = services;
  const api = openOnce(() => openApi({ adapters, app, logins }));
  const { home, environment, database, stores, queue, log } = adapters;
  const { settings } = environment;
  const { signal } = request;
  adapters.refuseEnvironment();
  const metrics = createRunMetrics({ facts: mirrorFacts, hashing: logins.hashing, log });
  let clock: Clock | null = null;
  let worker: Worker | null = null;
  /** What is done beside until the signal is aborted. */
  const chores: Promise<void>[] = [];

  // Listens from the beginning, so that whoever probes a process that waits for its database learns just that.
  const http = await listen();
  try {
    await patiently(database, signal, log);
    // Who only answers applications has nothing to do with runs.
    const runQueue = request.clock || request.worker ? await patiently(queue, signal, log) : null;
    if (request.worker && runQueue !== null) {
      const { workerConcurrency: concurrency, queueConcurrency: totalConcurrency } = settings;
      const work = createSlotWork({ stores, runs, observe: metrics.observe });
      const how = { concurrency, totalConcurrency, ...work };
      worker = await patiently(() => runQueue.serve(how), signal, log);
    }
    if (request.clock && runQueue !== null) {
      const { slots } = await stores();
      const files = new ScheduleFiles({ home, env: environment.env });
      clock = startClock({ slots, put: (due) => runQueue.putSlots(due), schedules: () => files.read(), log });
    }
    if (request.api) await patiently(api, signal, log);
    await tellReady(adapters, jobs, runQueue?.description ?? null);
    const every = (interval: number, chore: Chore) => void chores.push(keepDoing(chore, { interval, signal, log }));
    if (runQueue !== null) every(REQUEUE_INTERVAL, requeueLost(adapters));
    if (request.api) every(SWEEP_INTERVAL, sweepSessions(adapters));
    chores.push(logins.maintain(signal));
    // Who may only answer logins leaves the rest to those who may do it.
    if (!(await database()).isLoginReader) {
      every(SEAL_INTERVAL, sealAudit(adapters));
      every(PRUNE_INTERVAL, pruneDaily(adapters));
      chores.push(notices.serve(signal));
    }
    if (request.clock) await watchOverdue(questions.status, notices.settleAll, signal, log);
    else if (!signal.aborted) await once(signal, "abort");
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    log.info("ending");
    const ended = Promise.allSettled([clock?.stop(), worker?.close(), ...chores]).then(() => true);
    if (!(await Promise.race([ended, delay(DRAIN_TIMEOUT, false, { ref: false })])))
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
        usesQueue: request.clock || request.worker,
        api: request.api ? api.opened : undefined,
      });
    const server = await createHttpServer({ host, port, readiness, metrics, log, api: request.api ? api : null });
    log.info("listening", { url: server.url });
    return server;
  }

  async function mirrorFacts(): Promise<MirrorFacts> {
    if ((await database.opened)?.isLoginReader) return { sources: [], queue: {} };
    const facts = await questions.mirrorFacts();
    const offline = await logins.offlineFacts();
    return { ...facts, sources: facts.sources.map((one) => ({ ...one, offline: offline.get(one.source) ?? null })) };
  }
}

/**
 * Runs that were left to a worker are in the queue, whatever has become of that; adding what is there does nothing. Those
 * that nobody will take are ended.
 */
const requeueLost = ({ stores, queue }: Adapters): Chore => ({
  trouble: "the queued runs could not be seen to",
  async work() {
    const { runs } = await stores();
    const runQueue = await queue();
    for (const job of await runs.leftToWorkers()) await runQueue.putRun(job);
    await endAbandoned({ runs, queue: runQueue });
  },
});

const sweepSessions = ({ stores }: Adapters): Chore => ({
  trouble: "sessions that are over could not be taken away",
  work: async () => (await stores()).sessions.sweep(),
});

async function tellReady({ home, database, log }: Adapters, jobs: Jobs, queue: string | null): Promise<void> {
  const sources = await jobs.names();
  // No error: job files may come later. But mostly it is another folder than the one that was meant.
  if (sources.length === 0)
    log.warn("there is no job file, so nothing will be read; name another folder with -C DIR", {
      folder: join(home, "jobs"),
    });
  log.info("ready", { home, sources, database: (await database()).where, queue });
}
