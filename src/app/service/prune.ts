import { Failure } from "../../domain/errors";
import type { Adapters } from "../open/adapters";
import type { Chore } from "./keep-doing";

/** Milliseconds between two looks of a process that stays: is it a day since it took away what was due? */
export const PRUNE_INTERVAL = 3_600_000;
/** The actor in the audit when nobody asked for it. */
const BY = "understudy";

const TROUBLE = "what has expired could not be taken away";

export const pruneDaily = ({ stores, log }: Adapters): Chore => ({
  trouble: TROUBLE,
  async work(signal) {
    try {
      const answer = await (await stores()).retention.pruneDaily(BY, signal);
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
      if (!(error instanceof Failure) || signal.aborted) throw error;
      // What does not go today may not go tomorrow either, and nobody would miss it.
      log.warn(`${TROUBLE}: ${error.message}`, { code: error.code, fix: error.fix });
    }
  },
});
