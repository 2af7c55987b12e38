import { Failure, InvalidFiles } from "../domain/errors";
import type { Job, Stream } from "../domain/job";
import type { Log } from "../domain/log";
import type { KeyVersion, MappingVersion } from "../domain/mapping-version";
import { onceEach } from "../domain/once";
import { readsPasswords } from "../domain/passwords";
import type { RunEvent } from "../domain/run-events";
import { EXIT_OF, NOTHING_READ, OUTCOMES, type Outcome, type QueuedRun, type RunReport } from "../domain/runs";
import type { Upstream } from "../domain/upstream";
import { reportHead, type WorkedRun } from "./conclude/report-head";
import { type Mappers, openMappers } from "./open-mappers";
import type { Mapper, RunStage } from "./ports";
import type { MaskRecord } from "./read/reject-payload";
import { runRekey } from "./run-rekey";
import { runRevert } from "./run-revert";
import { runSync } from "./run-sync";

/** Where runs are kept, and the one place that lets a run at a source. */
interface RunDesk {
  read(run: number): Promise<QueuedRun>;
  /**
   * Claims the source, opens a stage and gives both to `work`; afterwards the source is free again. Throws RUN001, naming the
   * holder, while another run lives, RUN003 for a run that was given up.
   *
   * @param signal ends the waiting for a database that is away
   */
  withStage(
    run: QueuedRun,
    steps: {
      /**
       * Called again, with another stage, when the database failed it on the way: it goes on from what was committed.
       * `overtaken` is aborted when another run took over.
       */
      readonly work: (
        stage: RunStage,
        overtaken: AbortSignal,
        expected: ReadonlyMap<string, number>,
      ) => Promise<RunReport>;
      /**
       * Hears what went wrong while the source is still held: an unfinished run without a holder would pass for one whose
       * process died.
       */
      readonly failed: (error: unknown) => Promise<unknown>;
      /** The database failed the run, which goes on as soon as that has passed. */
      readonly interrupted: (error: unknown) => void;
    },
    signal: AbortSignal,
  ): Promise<RunReport>;
  /** Ends a run that wrote nothing. */
  end(report: RunReport): Promise<void>;
}

export interface WorkServices {
  readonly desk: RunDesk;
  /** Reads the files anew; throws `InvalidFiles`. */
  readonly loadJob: (source: string) => Promise<Job>;
  readonly openUpstream: (job: Job, log: Log) => Upstream;
  readonly compile: (stream: Stream) => Mapper;
  /** Reads nothing but a key from the stream's records. */
  readonly keyReader: (stream: Stream, key: KeyVersion) => Mapper;
  readonly versionOf: (job: Job, stream: Stream) => MappingVersion;
  /** How records that cannot be mapped are kept; asked for once a stream and run. */
  readonly maskOf: (job: Job, stream: Stream) => MaskRecord;
  /** Of the secret that passwords are sealed with; asked for where a mapping reads any. */
  readonly sealedUnder: () => Promise<string>;
  /** Failures of the database library become `Failure`s; everything else is passed on. */
  readonly asFailure: (error: unknown) => unknown;
  readonly log: Log;
  readonly now: () => Date;
}

/**
 * Works one queued run from its files to its report. Whatever goes wrong, there is a report, and the run is ended with it;
 * a run that cannot even be read is thrown.
 */
export async function workRun(
  run: number,
  {
    desk,
    loadJob,
    openUpstream,
    compile,
    keyReader,
    versionOf,
    maskOf,
    sealedUnder,
    asFailure,
    log,
    now,
  }: WorkServices,
  { tell, signal }: { readonly tell: (event: RunEvent) => void; readonly signal: AbortSignal },
): Promise<RunReport> {
  const queued = await desk.read(run);
  const startedAt = now();
  const runLog = log.child({ run, source: queued.source });
  runLog.info("run started", { mode: queued.options.mode, trigger: queued.trigger.kind });
  let upstream = null as Upstream | null;
  let mappers = null as Mappers | null;
  let ended = null as RunReport | null;

  async function endWith(error: unknown): Promise<RunReport> {
    const failure = asFailure(error);
    const report = reportOfFailure({ ...queued, startedAt }, failure, now(), upstream);
    if (!(failure instanceof Failure)) runLog.error("run failed", { error: failure });
    else runLog.warn("run ended without effect", { outcome: report.outcome, code: report.error?.code });
    // The database may be what failed; the report is the caller's all the same.
    await desk
      .end(report)
      .catch((cause: unknown) => runLog.warn("the end of the run could not be stored", { error: cause }));
    return report;
  }

  const told = {
    async failed(error: unknown): Promise<void> {
      ended = await endWith(error);
    },
    interrupted: (error: unknown) =>
      runLog.warn("the database failed the run; it goes on from what was written", { error: asFailure(error) }),
  };

  try {
    const report = queued.options.mode === "revert" ? await workRevert() : await workJob();
    runLog.info("run finished", { outcome: report.outcome, requests: report.requests, plan: report.plan });
    return report;
  } catch (error) {
    return ended ?? (await endWith(error));
  } finally {
    if (mappers !== null) signal.removeEventListener("abort", mappers.close);
    await Promise.all([upstream?.close(), mappers?.close()]);
  }

  /** Neither files nor the customer's system are needed, and either may be what is being mended. */
  function workRevert(): Promise<RunReport> {
    const work = (stage: RunStage, overtaken: AbortSignal): Promise<RunReport> =>
      runRevert({ ...queued, startedAt }, { stage, tell, now, signal: AbortSignal.any([signal, overtaken]) });
    return desk.withStage(queued, { work, ...told }, signal);
  }

  async function workJob(): Promise<RunReport> {
    const job = await loadJob(queued.source);
    mappers = openMappers(job.streams, compile);
    const { mapperOf } = mappers;
    signal.addEventListener("abort", mappers.close, { once: true });
    const isSealing = job.streams.some(({ mapping }) => readsPasswords(mapping));
    const sealing = { sealedUnder: isSealing ? await sealedUnder() : null };
    upstream = openUpstream(job, runLog);
    const client = upstream;
    const known = {
      versionOf: onceEach((stream: Stream) => versionOf(job, stream)),
      maskOf: onceEach((stream: Stream) => maskOf(job, stream)),
    };
    function work(stage: RunStage, overtaken: AbortSignal, expected: ReadonlyMap<string, number>): Promise<RunReport> {
      const request = { run, job, options: queued.options, trigger: queued.trigger, startedAt };
      const services = {
        upstream: client,
        stage,
        log: runLog,
        now,
        tell,
        keyReader,
        ...sealing,
        ...known,
        mapperOf,
        expected: (stream: Stream) => expected.get(stream.into) ?? null,
        signal: AbortSignal.any([signal, overtaken]),
      };
      return queued.options.mode === "rekey" ? runRekey(request, services) : runSync(request, services);
    }
    return desk.withStage(queued, { work, ...told }, signal);
  }
}

function reportOfFailure(worked: WorkedRun, error: unknown, finishedAt: Date, upstream: Upstream | null): RunReport {
  const failure =
    error instanceof Failure
      ? error
      : new Failure(
          "BUG001",
          "something that should never happen did; nothing was written beyond what had already landed",
          {
            fix: "please report it with the lines of the log",
          },
        );
  return {
    ...reportHead(worked, outcomeOf(failure), finishedAt),
    exitCode: failure.exitCode,
    ...NOTHING_READ,
    ...upstream?.usage,
    error: { code: failure.code, message: messageOf(failure), fix: failure.fix },
  };
}

/** Once the files are mended nobody could tell any more what was wrong with them. */
function messageOf(failure: Failure): string {
  const mistake =
    failure instanceof InvalidFiles ? failure.problems.find(({ severity }) => severity === "error") : undefined;
  if (mistake === undefined) return failure.message;
  return `${failure.message}; the first, at ${mistake.file}:${mistake.line}:${mistake.column}: ${mistake.message}`;
}

/** The outcome that ends with the exit code of the failure; `failed` for codes, as of invalid files, that none has. */
function outcomeOf({ exitCode }: Failure): Outcome {
  // An incomplete list, which has the exit code of an upstream out of reach, is no failure.
  const found = OUTCOMES.find((outcome) => EXIT_OF[outcome] === exitCode && outcome !== "incomplete");
  return found ?? "failed";
}
