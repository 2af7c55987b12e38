import { LISTED } from "../../domain/answers";
import type { App } from "../../domain/app";
import { moment } from "../../domain/moment";
import { maskChanges } from "../../domain/personal-data";
import { EVERYTHING } from "../../domain/runs";
import { aboutSource } from "../../mirror/one-source";
import type { Jobs } from "../jobs";
import type { Notices } from "../notices/notices";
import type { Adapters } from "../open/adapters";
import type { Runs } from "../runs";

type HoldAnswers = Pick<App, "holds" | "heldBack" | "showHold" | "releaseHold" | "rejectHold">;

/** What waits for a person, and the person's yes or no. */
export function createHoldAnswers(
  { stores }: Pick<Adapters, "stores">,
  jobs: Jobs,
  runs: () => Runs,
  notices: Pick<Notices, "look">,
): HoldAnswers {
  /** A person who ended the run that was to use a release may think that it is withdrawn. */
  async function standing(run: number): Promise<readonly string[]> {
    // The database may be what ended the run.
    const hold = await stores()
      .then(({ holds }) => holds.one(run))
      .catch(() => null);
    if (hold?.state !== "released" || hold.expiresAt === null) return [];
    return [
      `the release of run ${run} stands until ${moment(hold.expiresAt)}: the next run applies it; to withdraw it: understudy hold reject ${run}`,
    ];
  }

  return {
    async holds(filter) {
      if (filter.source !== null) await jobs.refuseUnknown(filter.source);
      return (await stores()).holds.list(filter);
    },
    heldBack: async (source) => (await stores()).runs.heldBack(source),
    async showHold({ run, full }) {
      const { holds } = await stores();
      const hold = await holds.one(run);
      const isPersonal = await jobs.personalIn(hold.source);
      const limit = full ? null : LISTED;
      const access = await aboutSource(hold.source, () => holds.access(hold, limit));
      const changes = await aboutSource(hold.source, () => holds.changes(hold, limit));
      return {
        hold,
        ...maskChanges({ access: access.listed, changes: changes.listed }, isPersonal),
        accessTotal: access.total,
        changesTotal: changes.total,
      };
    },
    /** The source is read again, and only what the person saw is let through. */
    async releaseHold({ run, expect, ...follower }) {
      const { holds } = await stores();
      const { source } = await holds.one(run);
      const options = { mode: "sync", ...EVERYTHING, release: run } as const;
      // Or the release would stand all the same, for a run that comes once the mistake is mended.
      await aboutSource(source, () => runs().refuse(source, options));
      await holds.release(run, expect, follower.trigger.by, follower.trigger.reason);
      const report = await runs().start(source, options, follower);
      // A hold that the report tells says it by itself.
      return report.hold === null ? { ...report, notes: [...report.notes, ...(await standing(run))] } : report;
    },
    async rejectHold({ run, trigger }) {
      const rejected = await (await stores()).holds.reject(run, trigger.by, trigger.reason);
      await notices.look(rejected.source);
      return rejected;
    },
  };
}
