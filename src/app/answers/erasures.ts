import type { App } from "../../domain/app";
import type { Jobs } from "../jobs";
import type { Adapters } from "../open/adapters";

/** How long it waits for those who are writing entries, of whichever source; milliseconds. */
const WRITERS_TIMEOUT = 5_000;

export function createErasures({ stores }: Pick<Adapters, "stores">, jobs: Jobs): Pick<App, "erasePerson"> {
  return {
    async erasePerson(request) {
      await jobs.refuseUnknown(request.source);
      const { seals, erasures } = await stores();
      // What is not in the chain when it goes would leave no trace there.
      await seals.seal(WRITERS_TIMEOUT);
      return erasures.erase(request);
    },
  };
}
