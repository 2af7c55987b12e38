import type { MirrorFacts, ScheduleStatus, SourceFacts, SourceStatus } from "../domain/answers";
import type { Schedule } from "../domain/job";
import { LOCAL_SOURCE } from "../domain/login";
import { refuseLocal } from "../domain/no-source";
import { shareLook } from "../http/shared-look";
import { overdueSince } from "../schedule/overdue";
import { nextSlot } from "../schedule/slot-times";
import { describeSource } from "../sync/describe/describe-source";
import type { Adapters } from "./adapters";
import type { Jobs } from "./jobs";

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

  async function status(): Promise<readonly SourceStatus[]> {
    const { runs, holds, sources, slots } = await stores();
    const [readable, facts, waiting, heldBack, files, clockSeenAt] = [
      await jobs.readable(),
      (await sources.facts()).filter(({ source }) => source !== LOCAL_SOURCE),
      await holds.list({ source: null, all: false }),
      await runs.heldBack(null),
      await jobs.names(),
      await slots.clockSeenAt(),
    ];
    const names = [...new Set([...files, ...facts.map((fact) => fact.source)])].sort();
    return Promise.all(
      names.map(async (source) => {
        const known = facts.find((fact) => fact.source === source) ?? neverRead(source);
        const job = readable.find((one) => one.source === source) ?? null;
        return describeSource({
          facts: known,
          lastRun: known.lastRun === null ? null : await runs.summary(known.lastRun),
          holds: waiting.filter((hold) => hold.source === source),
          heldBackBy: heldBack.find((report) => report.source === source) ?? null,
          hasFile: files.includes(source),
          job,
          loginJob: job ?? (await jobs.findLogin(source)),
          // A file with mistakes does not stop the clock, so it is late all the same.
          schedule: scheduleOf(
            job === null && files.includes(source) ? await slots.remembered(source) : (job?.schedule ?? null),
            { lastComplete: known.lastComplete, last: await slots.latest(source), clockSeenAt },
          ),
        });
      }),
    );
  }

  return {
    status,
    /** A source is known by its job file, or by what the mirror still holds of it. */
    async showSource(source: string): Promise<SourceStatus> {
      await jobs.refuseUnknown(source);
      refuseLocal(source);
      const found = (await status()).find((one) => one.source === source);
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

/** Without what logins add. */
type FactsOfRuns = Omit<MirrorFacts, "sources"> & {
  readonly sources: readonly Omit<MirrorFacts["sources"][number], "offline">[];
};

export type Questions = ReturnType<typeof createQuestions>;

function scheduleOf(
  schedule: Schedule | null,
  { lastComplete, ...seen }: Pick<ScheduleStatus, "last" | "clockSeenAt"> & { readonly lastComplete: string | null },
): ScheduleStatus | null {
  if (schedule === null) return null;
  const now = new Date();
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
