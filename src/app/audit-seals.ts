import type { App } from "../domain/app";
import { pause } from "../domain/pause";
import type { Adapters } from "./adapters";

/** How often a process that stays seals what was told to the audit; milliseconds. */
const SEAL_EVERY = 10_000;
/** How long it waits for those who are writing, whose entries would come among the sealed ones; milliseconds. */
const PATIENCE = 5_000;
/** Findings that an answer tells; all are counted. */
const TOLD = 100;

export function createAuditSeals({ database, stores, log }: Adapters): Pick<App, "sealAudit" | "verifyAudit"> {
  return {
    async sealAudit() {
      try {
        if ((await database.opened) !== null) await (await stores()).seals.seal(0);
      } catch (error) {
        log.debug("what was told to the audit is left for others to seal", { error });
      }
    },
    verifyAudit: async (kept) => (await stores()).seals.verify(kept, TOLD),
  };
}

/** For a process that stays, until the signal is aborted. */
export async function keepAuditSealed({ stores, log }: Adapters, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await stores()
      .then(({ seals }) => seals.seal(PATIENCE))
      .catch((error: unknown) => log.debug("what was told to the audit could not be sealed", { error }));
    await pause(SEAL_EVERY, signal);
  }
}
