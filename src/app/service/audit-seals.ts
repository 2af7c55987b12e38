import type { App } from "../../domain/app";
import type { Adapters } from "../open/adapters";
import type { Chore } from "./keep-doing";

/** How often a process that stays seals what was told to the audit; milliseconds. */
export const SEAL_INTERVAL = 10_000;
/** How long it waits for those who are writing, whose entries would come among the sealed ones; milliseconds. */
const WRITERS_TIMEOUT = 5_000;
/** Findings that an answer tells; all are counted. */
const TOLD = 100;

export function createAuditSeals({ database, stores, log }: Adapters): Pick<App, "sealAudit" | "verifyAudit"> {
  return {
    async sealAudit() {
      try {
        if ((await database.opened) !== null) await (await stores()).seals.seal(0);
      } catch (error) {
        log.debug("the latest audit entries are left for another process to seal", { error });
      }
    },
    verifyAudit: async (kept) => (await stores()).seals.verify(kept, TOLD),
  };
}

export const sealAudit = ({ stores }: Adapters): Chore => ({
  trouble: "the latest audit entries could not be sealed",
  work: async () => (await stores()).seals.seal(WRITERS_TIMEOUT),
});
