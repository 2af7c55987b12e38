import { Failure } from "../domain/errors";
import type { Adapters } from "./adapters";
import type { Chore } from "./keep-doing";

/** Milliseconds between two looks of a process that stays: is it a day since it took away what was due? */
export const PRUNE_INTERVAL = 3_600_000;
/** The actor in the audit when nobody asked for it. */
const BY = "understudy";

export const pruneDaily = ({ stores, log }: Adapters): Chore => ({
  trouble: "what has expired could not be taken away",
  async work() {
    try {
      const answer = await (await stores()).retention.pruneDaily(BY);
      for (const { what, source, entity, before, count, waits } of answer?.pruned ?? [])
        log.info(waits === null ? "took away what has expired" : "what has expired waits", {
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
