import type { HoldAnswer, PlanAnswer, RevertPlan } from "../domain/answers";
import type { Follower, SyncRequest } from "../domain/app";
import { Failure } from "../domain/errors";
import type { Job } from "../domain/job";
import type { ExpressionFinding } from "../domain/mapping";
import { once } from "../domain/once";
import { pause } from "../domain/pause";
import { maskAccess, maskChange } from "../domain/personal-data";
import type { RevertRequest } from "../domain/reversal";
import type { RunEvent } from "../domain/run-events";
import { EVERYTHING, type RunOptions, type RunReport, type RunSummary, type Trigger } from "../domain/runs";
import { versionOf } from "../mapping/mapping-version";
import { asDatabaseFailure } from "../mirror/database-failure";
import { rehearseRevert } from "../mirror/rehearse";
import { RunDesk } from "../mirror/run-desk";
import { HashSeal } from "../passwords/hash-seal";
import { endAbandoned } from "../schedule/end-abandoned";
import { followRun } from "../schedule/follow-run";
import { chooseStreams } from "../sync/choose-streams";
import { entityStream } from "../sync/run-rekey";
import { changedKeys } from "../sync/state/changed-keys";
import { workRun } from "../sync/work-run";
import type { Adapters } from "./adapters";
import { compileKey, compileStream, maskOf } from "./compile-stream";
import type { Jobs } from "./jobs";
import { streamOf } from "./known-entity";
import type { Notices } from "./notices";
import { openUpstream } from "./open-upstream";

type Asked = Pick<SyncRequest, "only" | "user" | "full" | "planId">;

/** How much of a plan is listed; the rest is counted. */
const LISTED = 1_000;
const LOOK_AGAIN_AFTER = 500;

/** Runs that a person asks for, and how any run is worked in this process. */
export function createRuns(
  { database, stores, peppers, queue, log }: Adapters,
  jobs: Jobs,
  notices: Pick<Notices, "look">,
) {
  const passwordSeal = once(async () => new HashSeal(await peppers()));

  /** Works a run that is queued: here, whoever asked for it. */
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
      now: () => new Date(),
    };
    const report = await workRun(run, services, { tell: onEvent, signal });
    await notices.look(report.source, signal);
    return report;
  }

  /** Makes the run's row. Whatever would keep it from being queued is found before: a run that cannot be queued is none. */
  async function make(source: string, options: RunOptions, trigger: Trigger): Promise<number> {
    const job = await jobs.load(source, true, (loaded) => findChangedKeys(loaded, options));
    for (const name of options.only ?? []) streamOf(job, name);
    await refuseUnknownPlan(source, options.planId);
    return queued(source, options, trigger);
  }

  async function queued(source: string, options: RunOptions, trigger: Trigger): Promise<number> {
    const { runs } = await stores();
    // What is out of reach is found before there is a row.
    await endAbandoned({ runs, queue: await queue() });
    return runs.queue(source, options, trigger);
  }

  /** Keys that a run would refuse; here they can be shown where they stand. */
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

  /** Puts the run into the queue and follows it, or works it here when no worker is alive. */
  async function start(
    source: string,
    options: RunOptions,
    { trigger, onEvent, signal }: Follower,
  ): Promise<RunReport> {
    const run = await make(source, options, trigger);
    return followed({ run, source }, { onEvent, signal });
  }

  async function followed(
    job: { readonly run: number; readonly source: string },
    { onEvent, signal }: Pick<Follower, "onEvent" | "signal">,
  ): Promise<RunReport> {
    const { runs } = await stores();
    const runQueue = await queue();
    return followRun({ job, queue: runQueue, runs, handler: work, onEvent, signal, log });
  }

  /** Before there is a run: a mistyped plan must not leave a failed run behind. */
  async function refuseUnknownPlan(source: string, plan: string | null): Promise<void> {
    if (plan === null || (await (await stores()).plans.expiresAt(source, plan)) !== null) return;
    throw new Failure("USE003", `\`${source}\` has no plan \`${plan}\``, {
      fix: `make one: understudy plan ${source}`,
    });
  }

  async function untilFree(source: string, signal: AbortSignal): Promise<void> {
    const { sources } = await stores();
    while ((await sources.busyWith(source)) !== null && !signal.aborted) await pause(LOOK_AGAIN_AFTER, signal);
  }

  return {
    work,
    async sync(request: SyncRequest & { readonly wait: boolean }): Promise<RunReport> {
      for (;;) {
        if (request.wait) await untilFree(request.source, request.signal);
        const report = await start(request.source, optionsOf("sync", request), request);
        // Somebody else was quicker.
        if (report.outcome !== "busy" || !request.wait || request.signal.aborted) return report;
      }
    },
    async detach(
      request: Asked & { readonly source: string; readonly trigger: Trigger },
    ): Promise<{ readonly run: RunSummary; readonly workers: number }> {
      const options = { ...optionsOf("sync", request), detached: true } as const;
      const run = await make(request.source, options, request.trigger);
      const { runs } = await stores();
      const runQueue = await queue();
      await runQueue.putRun({ run, source: request.source });
      return { run: await runs.summary(run), workers: await runQueue.workers() };
    },
    async plan(request: Omit<SyncRequest, "planId">): Promise<PlanAnswer> {
      const made = await start(request.source, optionsOf("plan", { ...request, planId: null }), request);
      const { plans } = await stores();
      const isPersonal = await jobs.personalIn(request.source);
      const limit = request.full ? null : LISTED;
      const access = await plans.access(request.source, made.plan ?? "", limit);
      const changes = await plans.changes(request.source, made.plan ?? "", limit);
      // What went wrong before anything was planned is nothing to apply; its id would be the hash of nothing.
      const report = made.error !== null && changes.total === 0 ? { ...made, plan: null } : made;
      return {
        report,
        access: access.listed.map((one) => maskAccess(one, isPersonal)),
        accessTotal: access.total,
        changes: changes.listed.map((change) => maskChange(change, isPersonal)),
        changesTotal: changes.total,
        expiresAt: report.plan === null ? null : await plans.expiresAt(request.source, report.plan),
      };
    },
    async rekey({
      source,
      entity,
      expect,
      ...follower
    }: { source: string; entity: string; expect: number | null } & Follower): Promise<RunReport> {
      entityStream(await jobs.load(source), entity);
      const options = optionsOf("rekey", EVERYTHING);
      return start(source, { ...options, rekey: { stream: entity, expect } }, follower);
    },
    async planRevert({ full, ...request }: RevertRequest & { full: boolean }): Promise<RevertPlan> {
      const { source } = await (await stores()).runs.summary(request.run);
      const isPersonal = await jobs.personalIn(source);
      const { facts, changes } = await rehearseRevert(await database(), {
        source,
        request,
        limit: full ? null : LISTED,
      });
      return {
        source,
        ...request,
        ...facts,
        applied: false,
        access: changes.access.map((one) => maskAccess(one, isPersonal)),
        accessTotal: changes.accessTotal,
        listed: changes.changes.map((change) => maskChange(change, isPersonal)),
      };
    },
    /** Without the files of the source: they may be what has to be mended. */
    async revert({
      expect,
      trigger,
      onEvent,
      signal,
      ...request
    }: RevertRequest & { expect: number } & Follower): Promise<RunReport> {
      const { source } = await (await stores()).runs.summary(request.run);
      const options = optionsOf("revert", EVERYTHING);
      const run = await queued(source, { ...options, revert: { ...request, expect } }, trigger);
      return followed({ run, source }, { onEvent, signal });
    },
    async showHold({ run, full }: { run: number; full: boolean }): Promise<HoldAnswer> {
      const { holds } = await stores();
      const hold = await holds.one(run);
      const isPersonal = await jobs.personalIn(hold.source);
      const limit = full ? null : LISTED;
      const access = await holds.access(hold, limit);
      const changes = await holds.changes(hold, limit);
      return {
        hold,
        access: access.listed.map((one) => maskAccess(one, isPersonal)),
        accessTotal: access.total,
        changes: changes.listed.map((change) => maskChange(change, isPersonal)),
        changesTotal: changes.total,
      };
    },
    /** The source is read again for it, and what is let through is what was seen. */
    async releaseHold({ run, expect, ...follower }: { run: number; expect: number } & Follower): Promise<RunReport> {
      const { holds } = await stores();
      const { source } = await holds.release(run, expect, follower.trigger.by, follower.trigger.reason);
      const options = optionsOf("sync", EVERYTHING);
      return start(source, { ...options, release: run }, follower);
    },
  };
}

export type Runs = ReturnType<typeof createRuns>;

const optionsOf = (mode: RunOptions["mode"], { only, user, full, planId }: Asked): RunOptions => ({
  mode,
  only,
  user,
  full,
  planId,
});
