import type { MirrorFacts, ScheduleStatus, SourceFacts, SourceStatus } from "../../domain/answers";
import type { Schedule } from "../../domain/job";
import { LOCAL_SOURCE } from "../../domain/login";
import { refuseLocal } from "../../domain/no-source";
import { shareLook } from "../../domain/share-look";
import { overdueSince } from "../../schedule/overdue";
import { nextSlot } from "../../schedule/slot-times";
import { describeSource } from "../../sync/describe/describe-source";
import type { Jobs } from "../jobs";
import type { Adapters } from "../open/adapters";

/** Milliseconds; shorter than whoever asks for metrics waits for all of them. */
const QUEUE_TIMEOUT = 1_000;

/** What the mirror can say about its sources. */
export function createQuestions({ stores, queue, log }: Adapters, jobs: Jobs) {
  const lookAtQueue = shareLook(async () => (await queue()).counts(), {
    timeout: QUEUE_TIMEOUT,
    freshFor: 0,
    log,
    trouble: "the queue could not be asked for its metrics",
  });

  /** @param only null for all sources: then what the mirror says of them is asked for all at once */
  async function statusOf(only: string | null): Promise<readonly SourceStatus[]> {
    const { runs, holds, sources, slots } = await stores();
    const readable = bySource(await jobs.readable(only));
    const dead = await runs.dead();
    const facts = bySource((await sources.facts(only, dead)).filter(({ source }) => source !== LOCAL_SOURCE));
    const waiting = await holds.list({ source: only, all: false }, null);
    const heldBack = bySource((await runs.heldBack(only)).toReversed());
    const files = new Set((await jobs.names()).filter((source) => only === null || source === only));
    const names = [...new Set([...files, ...facts.keys()])].sort();
    const lastRuns = await runs.summaries(
      [...facts.values()].flatMap(({ lastRun }) => lastRun ?? []),
      dead,
    );
    // A file with mistakes does not stop the clock, so its source is late all the same.
    const remembered = await slots.schedules([...files].filter((source) => !readable.has(source)));
    const latest = await slots.latest(names);
    // Everything is as old as the database's clock says, on whichever machine that is asked.
    const { clockSeenAt, now } = await slots.clockSeenAt();
    const found: SourceStatus[] = [];
    for (const source of names) {
      const known = facts.get(source) ?? neverRead(source);
      const job = readable.get(source) ?? null;
      const status = describeSource({
        facts: known,
        lastRun: known.lastRun === null ? null : (lastRuns.get(known.lastRun) ?? null),
        holds: waiting.filter((hold) => hold.source === source),
        heldBackBy: heldBack.get(source) ?? null,
        hasFile: files.has(source),
        job,
        loginJob: job ?? (await jobs.findLogin(source)),
        schedule: scheduleOf(job?.schedule ?? remembered.get(source) ?? null, {
          lastComplete: known.lastComplete,
          last: latest.get(source) ?? null,
          clockSeenAt,
          now,
        }),
        now,
      });
      found.push(status);
    }
    return found;
  }

  const status = () => statusOf(null);

  return {
    status,
    /** A source is known by its job file, or by what the mirror still holds of it. */
    async showSource(source: string): Promise<SourceStatus> {
      await jobs.refuseUnknown(source);
      refuseLocal(source);
      const [found] = await statusOf(source);
      if (found === undefined) throw new Error(`${source} vanished while it was looked at`);
      return found;
    },
    /** For monitoring: numbers only. */
    async mirrorFacts(): Promise<FactsOfRuns> {
      const [described, counts] = await Promise.all([status(), lookAtQueue()]);
      return {
        sources: described.map((one) => ({
          source: one.source,
          lastComplete: one.lastComplete,
          overdue: one.schedule?.overdueSince != null,
          heldChanges: one.holds.reduce((sum, hold) => sum + hold.count, 0),
          rejects: one.rejects,
          counts: one.counts,
        })),
        queue: counts,
      };
    },
  };
}

const bySource = <T extends { readonly source: string }>(all: readonly T[]): ReadonlyMap<string, T> =>
  new Map(all.map((one) => [one.source, one]));

/** Without what logins add. */
type FactsOfRuns = Omit<MirrorFacts, "sources"> & {
  readonly sources: readonly Omit<MirrorFacts["sources"][number], "offline">[];
};

export type Questions = ReturnType<typeof createQuestions>;

function scheduleOf(
  schedule: Schedule | null,
  {
    lastComplete,
    now,
    ...seen
  }: Pick<ScheduleStatus, "last" | "clockSeenAt"> & { readonly lastComplete: string | null; readonly now: Date },
): ScheduleStatus | null {
  if (schedule === null) return null;
  return {
    cron: schedule.cron,
    timezone: schedule.timezone,
    next: nextSlot(schedule, now)?.toISOString() ?? null,
    overdueSince: overdueSince(schedule, lastComplete, now)?.toISOString() ?? null,
    ...seen,
  };
}

const neverRead = (source: string): SourceFacts => ({
  source,
  lastComplete: null,
  counts: {},
  stated: [],
  rejects: 0,
  dangling: 0,
  lastRun: null,
  busyWith: null,
  retiredAt: null,
});
