import type { Log } from "../../domain/log";
import type { LoginSources } from "../open/login-sources";
import type { LoginStores } from "../open/login-stores";
import type { Chore } from "./keep-doing";
import { Probes } from "./probes";

/** How often a process that stays looks at what is out of reach; milliseconds. */
export const UPKEEP_INTERVAL = 1_000;

const TIDY_INTERVAL = 600_000;

interface Services {
  readonly stores: () => Promise<LoginStores>;
  readonly sources: LoginSources;
  /** Queues a run that reads the source; false while another one does something there. */
  readonly readAnew: (source: string, reason: string) => Promise<boolean>;
  readonly log: Log;
}

/**
 * What logins leave to be done: customers' systems that are away are probed until they answer, people whom the mirror
 * let in meanwhile are checked again, and what has expired is ended.
 */
export function createLoginUpkeep({ stores, sources, readAnew, log }: Services) {
  let tidyAt = 0;
  const probes = new Probes({
    sources,
    log,
    now: Date.now,
    breakers: async () => (await stores()).breakers,
  });

  /** Where another run is at work, that may be reading one person alone: then after it. */
  async function lookAgain(source: string): Promise<void> {
    const { breakers } = await stores();
    try {
      if (!(await readAnew(source, "the mirror let people in during an outage"))) await breakers.returnReading(source);
    } catch (error) {
      log.warn("the people whom the mirror let in could not be checked again yet", { source, error });
    }
  }

  async function round(): Promise<void> {
    await probes.round();
    const { isLoginReader, breakers, journal, grants } = await stores();
    await journal.saw(Date.now(), await journal.seenAt());
    // The rest needs to read about the people concerned, which a login reader may not.
    if (isLoginReader) return;
    for (const source of await breakers.claimReadings(Date.now())) await lookAgain(source);
    await grants.expire();
    if (performance.now() < tidyAt) return;
    tidyAt = performance.now() + TIDY_INTERVAL;
    await journal.tidy(Date.now());
  }

  const upkeep: Chore = { trouble: "logins could not be looked after", work: round };
  return { probes, upkeep };
}
