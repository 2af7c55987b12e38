import { once, setMaxListeners } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ScheduleFiles } from "../../config/schedule-files";
import type { MirrorFacts } from "../../domain/answers";
import type { App, OperateRequest } from "../../domain/app";
import { once as openOnce } from "../../domain/once";
import type { ApiServices } from "../../http/api/ports";
import { createHttpServer, type HttpServer } from "../../http/create-http-server";
import { createRunMetrics, type RunMetrics } from "../../http/run-metrics";
import { seeSameMirror } from "../../mirror/same-mirror";
import { type Clock, startClock } from "../../schedule/clock";
import { endAbandoned } from "../../schedule/end-abandoned";
import type { RunQueue } from "../../schedule/open-run-queue";
import type { RunWorker } from "../../schedule/serve-runs";
import type { Questions } from "../answers/questions";
import type { Jobs } from "../jobs";
import type { Logins } from "../logins";
import type { Notices } from "../notices/notices";
import type { Adapters } from "../open/adapters";
import { openApiServices } from "../open/open-api-services";
import type { Runs } from "../runs";
import { SEAL_INTERVAL, sealAudit } from "./audit-seals";
import { type Chore, keepDoing } from "./keep-doing";
import { UPKEEP_INTERVAL } from "./login-upkeep";
import { patiently } from "./patiently";
import { PRUNE_INTERVAL, pruneDaily } from "./prune";
import { lookAtReadiness } from "./readiness";
import { watchOverdue } from "./watch-overdue";
import { createSlotWork } from "./work-slots";

/** How long runs, and requests after them, may take to come to their end once the process is told to stop; supervisors kill after 30 s or so. */
const DRAIN_TIMEOUT = 20_000;
/** In milliseconds, for requests under way when the runs took all of it. */
const LEAST_GRACE = 1_000;
const REQUEUE_INTERVAL = 5_000;
const SWEEP_INTERVAL = 300_000;
const DEFAULT_PORT = 7077;

type Api = ReturnType<typeof openOnce<ApiServices>>;

interface Services {
  readonly adapters: Adapters;
  readonly jobs: Jobs;
  readonly runs: Runs;
  readonly questions: Questions;
  readonly notices: Notices;
  readonly logins: Logins;
  readonly app: App;
}

/** The parts of a process that start late; its readiness looks at them. */
interface Parts {
  clock: Clock | null;
  worker: RunWorker | null;
}

/** Runs the service, or parts of it, until the signal is aborted; then ends within 25 s. */
export async function operate(request: OperateRequest, services: Services): Promise<void> {
  const { adapters, jobs, logins, questions, notices } = services;
  const { database, queue, log } = adapters;
  const { signal } = request;
  // Every chore listens, and Node takes more than ten for a leak, in a line that is none of the log.
  setMaxListeners(0, signal);
  adapters.refuseEnvironment();
  const metrics = createRunMetrics({ facts: () => mirrorFacts(services), hashing: logins.hashing, log });
  const api = openOnce(() => openApiServices(services));
  const parts: Parts = { clock: null, worker: null };
  let chores: readonly Promise<void>[] = [];

  // Listens from the beginning, so that a process which still waits for its database can be probed, and says just that.
  const http = await listen(request, adapters, { api, parts, metrics });
  try {
    await patiently(database, signal, log);
    await patiently(() => rememberMirror(adapters), signal, log);
    // A process that only answers applications has nothing to do with runs.
    const runQueue = request.clock || request.worker ? await patiently(queue, signal, log) : null;
    if (request.worker && runQueue !== null)
      parts.worker = await patiently(() => startWorker(runQueue, services, metrics.observe), signal, log);
    if (request.clock && runQueue !== null) parts.clock = await startScheduler(runQueue, adapters);
    if (request.api) await patiently(api, signal, log);
    await tellReady(adapters, jobs, runQueue?.description ?? null);
    chores = beginChores(request, services, { usesQueue: runQueue !== null, ...(await database()) });
    if (request.clock) await watchOverdue(questions.status, notices.settleAll, signal, log);
    else if (!signal.aborted) await once(signal, "abort");
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    log.info("ending");
    const begun = performance.now();
    const ended = Promise.allSettled([parts.clock?.stop(), parts.worker?.close(), ...chores]).then(() => true);
    if (!(await Promise.race([ended, delay(DRAIN_TIMEOUT, false, { ref: false })])))
      log.warn("a run did not end in time and is cut off, which is safe: another process takes it up");
    // Whoever is being signed in meanwhile has what is left of the time, and a second at least.
    await http?.close(Math.max(DRAIN_TIMEOUT - (performance.now() - begun), LEAST_GRACE));
  }
}

async function listen(
  request: OperateRequest,
  adapters: Adapters,
  { api, parts, metrics }: { readonly api: Api; readonly parts: Parts; readonly metrics: RunMetrics },
): Promise<HttpServer | null> {
  const { environment, log } = adapters;
  const { settings } = environment;
  const port = request.port ?? settings.httpPort ?? (request.listens ? DEFAULT_PORT : null);
  if (port === null) return null;
  const host = request.host ?? settings.httpHost;
  const readiness = () =>
    lookAtReadiness(adapters, {
      silence: request.clock ? (parts.clock?.silence() ?? null) : undefined,
      takesRuns: request.worker ? parts.worker !== null : undefined,
      usesQueue: request.clock || request.worker,
      api: request.api ? api.opened : undefined,
    });
  const server = await createHttpServer({ host, port, readiness, metrics, log, api: request.api ? api : null });
  log.info("listening", { url: server.url });
  return server;
}

async function mirrorFacts({ adapters, questions, logins }: Services): Promise<MirrorFacts> {
  if ((await adapters.database.opened)?.isLoginReader) return { sources: [], queue: {} };
  const facts = await questions.mirrorFacts();
  const offline = await logins.offlineFacts();
  return { ...facts, sources: facts.sources.map((one) => ({ ...one, offline: offline.get(one.source) ?? null })) };
}

/** The one that this process is for, from its beginning on. */
async function rememberMirror({ database, stores }: Adapters): Promise<void> {
  seeSameMirror(await database(), await (await stores()).sources.mirrorId());
}

function startWorker(
  runQueue: RunQueue,
  { adapters: { environment, stores }, runs }: Services,
  observe: RunMetrics["observe"],
): Promise<RunWorker> {
  const { workerConcurrency: concurrency, queueConcurrency: totalConcurrency } = environment.settings;
  return runQueue.serve({ concurrency, totalConcurrency, ...createSlotWork({ stores, runs, observe }) });
}

async function startScheduler(runQueue: RunQueue, { home, environment, stores, log }: Adapters): Promise<Clock> {
  const { slots } = await stores();
  const files = new ScheduleFiles({ home, env: environment.env });
  return startClock({ slots, put: (due) => runQueue.putSlots(due), schedules: () => files.read(), log });
}

/** What the process does again and again until the signal is aborted. */
function beginChores(
  { api, signal }: OperateRequest,
  { adapters, logins, notices }: Services,
  { usesQueue, isLoginReader }: { readonly usesQueue: boolean; readonly isLoginReader: boolean },
): readonly Promise<void>[] {
  const every = (interval: number, chore: Chore) => keepDoing(chore, { interval, signal, log: adapters.log });
  return [
    ...(usesQueue ? [every(REQUEUE_INTERVAL, requeueLost(adapters))] : []),
    ...(api ? [every(SWEEP_INTERVAL, sweepSessions(adapters))] : []),
    every(UPKEEP_INTERVAL, logins.upkeep),
    // A process that may only answer logins leaves the rest to those that may do it.
    ...(isLoginReader
      ? []
      : [
          every(SEAL_INTERVAL, sealAudit(adapters)),
          every(PRUNE_INTERVAL, pruneDaily(adapters)),
          notices.serve(signal),
        ]),
  ];
}

/**
 * Puts runs that were left to a worker into the queue again, in case it lost them; adding one that is there does
 * nothing. Runs that nobody will take are ended.
 */
const requeueLost = ({ stores, queue }: Adapters): Chore => ({
  trouble: "the queued runs could not be looked after",
  async work() {
    const { runs } = await stores();
    const runQueue = await queue();
    for (const job of await runs.leftToWorkers()) await runQueue.putRun(job);
    await endAbandoned({ runs, queue: runQueue });
  },
});

const sweepSessions = ({ stores }: Adapters): Chore => ({
  trouble: "sessions that are over could not be deleted",
  work: async () => (await stores()).sessions.sweep(),
});

async function tellReady({ home, database, log }: Adapters, jobs: Jobs, queue: string | null): Promise<void> {
  const sources = await jobs.names();
  // Not an error, since job files may come later. But mostly another folder was meant.
  if (sources.length === 0)
    log.warn("there is no job file, so nothing will be read; name another folder with -C DIR", {
      folder: join(home, "jobs"),
    });
  log.info("ready", { home, sources, database: (await database()).where, queue });
}
