import type { Follower } from "../domain/app";
import { Failure } from "../domain/errors";
import type { Job } from "../domain/job";
import type { ExpressionFinding } from "../domain/mapping";
import { once } from "../domain/once";
import type { RunEvent } from "../domain/run-events";
import type { RunOptions, RunReport, RunSummary, Trigger } from "../domain/runs";
import { versionOf } from "../mapping/mapping-version";
import { asDatabaseFailure } from "../mirror/database-failure";
import { aboutSource, acrossSources } from "../mirror/one-source";
import { RunDesk } from "../mirror/run-desk";
import { HashSeal } from "../passwords/hash-seal";
import { endAbandoned } from "../schedule/end-abandoned";
import { followRun } from "../schedule/follow-run";
import { chooseStreams } from "../sync/choose-streams";
import { entityStream } from "../sync/run-rekey";
import { changedKeys } from "../sync/state/changed-keys";
import { workRun } from "../sync/work-run";
import { streamOf } from "./answers/known-entity";
import { compileKey, compileStream, maskOf } from "./compile-stream";
import type { Jobs } from "./jobs";
import type { Notices } from "./notices/notices";
import type { Adapters } from "./open/adapters";

/** How a run is queued, followed and worked, whatever it is to do. */
export function createRuns(
  { database, stores, peppers, queue, openUpstream, log }: Adapters,
  jobs: Jobs,
  notices: Pick<Notices, "look">,
) {
  const passwordSeal = once(async () => new HashSeal(await peppers()));

  /** Works a queued run in this process, no matter who asked for it. */
  async function work(run: number, onEvent: (event: RunEvent) => void, signal: AbortSignal): Promise<RunReport> {
    const opened = await database();
    const services = {
      desk: new RunDesk(opened, { passwordSeal }),
      loadJob: (source: string) => jobs.load(source),
      openUpstream,
      compile: compileStream,
      keyReader: compileKey,
      versionOf,
      maskOf,
      sealedUnder: async () => (await passwordSeal()).id,
      asFailure: (error: unknown) => asDatabaseFailure(error, opened.where),
      log,
    };
    const report = await workRun(run, services, { tell: onEvent, signal });
    await notices.look(report.source, signal);
    return report;
  }

  /** Says what would keep a run from being queued, before anything is done for it. */
  async function refuse(source: string, options: RunOptions): Promise<void> {
    // A revert needs none of the source's files: they may be what has to be mended.
    if (options.mode !== "revert") await refuseMistakes(source, options);
    // Out of reach?
    await queue();
  }

  /** Makes the run's row. No run is left which nobody can work. */
  async function make(source: string, options: RunOptions, trigger: Trigger): Promise<number> {
    await refuse(source, options);
    const { runs } = await stores();
    const opened = await queue();
    await acrossSources(() => endAbandoned({ runs, queue: opened }));
    return runs.queue(source, options, trigger);
  }

  /** Mistakes in what is asked for, and in the files that say how it is done. */
  async function refuseMistakes(source: string, options: RunOptions): Promise<void> {
    const job = await jobs.load(source, { findMore: (loaded) => findChangedKeys(loaded, options) });
    for (const name of options.only ?? []) streamOf(job, name);
    if (options.rekey !== undefined) entityStream(job, options.rekey.stream);
    const { planId: plan } = options;
    if (plan === null || (await (await stores()).plans.expiresAt(source, plan)) !== null) return;
    throw new Failure("USE003", `\`${source}\` has no plan \`${plan}\``, {
      fix: `make one: understudy plan ${source}`,
    });
  }

  /** Changed keys, which a run would refuse; here they can be shown at their place in the file. */
  async function findChangedKeys(job: Job, options: RunOptions): Promise<readonly ExpressionFinding[]> {
    if (options.planId !== null || options.mode === "rekey") return [];
    const { source } = job;
    const { mappings } = await stores();
    const streams = chooseStreams(job, options).map((stream) => ({ stream, version: versionOf(job, stream) }));
    return changedKeys(streams, {
      source,
      known: await mappings.known(source),
      live: (into) => mappings.live(source, into),
    });
  }

  return {
    refuse,
    work,
    /** Puts the run into the queue and follows it, or works it here when no worker is alive. */
    start: (source: string, options: RunOptions, { trigger, onEvent, signal }: Follower): Promise<RunReport> =>
      aboutSource(source, async () => {
        const run = await make(source, options, trigger);
        const { runs } = await stores();
        return followRun({ job: { run, source }, queue: await queue(), runs, handler: work, onEvent, signal, log });
      }),
    /** Puts the run into the queue, for any worker to take. */
    async detach(
      source: string,
      options: RunOptions,
      trigger: Trigger,
    ): Promise<{ readonly run: RunSummary; readonly workers: number }> {
      const run = await make(source, { ...options, detached: true }, trigger);
      const { runs } = await stores();
      const runQueue = await queue();
      await runQueue.putRun({ run, source });
      return { run: await runs.summary(run), workers: await runQueue.workers() };
    },
  };
}

export type Runs = ReturnType<typeof createRuns>;
