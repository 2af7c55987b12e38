import { Failure } from "../domain/errors";
import type { Adapters } from "./adapters";
import type { Chore } from "./keep-doing";

/** How often a process that stays looks whether it is a day since what was due went; milliseconds. */
export const PRUNE_INTERVAL = 3_600_000;
/** Whom the audit names when it went by itself. */
const BY = "understudy";

export const pruneDaily = ({ stores, log }: Adapters): Chore => ({
  trouble: "what is older than it is kept could not be taken away",
  async work() {
    try {
      const answer = await (await stores()).retention.pruneDaily(BY);
      for (const { what, source, entity, before, count, waits } of answer?.pruned ?? [])
        log.info(waits === null ? "took away what is older than it is kept" : "what is older than it is kept waits", {
          what,
          source,
          entity,
          before,
          count,
          waits,
        });
    } catch (error) {
      // A clock that is wrong is a person's to mend.
      if (!(error instanceof Failure) || error.code !== "RET001") throw error;
      log.warn(error.message, { code: error.code, fix: error.fix });
    }
  },
});
