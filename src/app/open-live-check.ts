import type { Job } from "../domain/job";
import type { LiveCheck } from "../domain/live-check";
import type { Log } from "../domain/log";
import type { LoginPolicy } from "../domain/login";
import { createLiveCheck } from "../upstream/login/create-live-check";

interface Services {
  readonly findKey: (source: string, username: string) => Promise<string | null>;
  readonly log: Log;
}

/** How the customer's system is asked about logins, as one job says. */
export function openLiveCheck(job: Job, policy: LoginPolicy, { findKey, log }: Services): LiveCheck {
  return createLiveCheck({
    ...{ job, policy, log, findKey },
    evaluate: async () => ({ problem: "expressions are not worked out yet" }),
    issuers: { load: async () => null, save: async () => undefined },
    used: { claim: async () => true },
  });
}
