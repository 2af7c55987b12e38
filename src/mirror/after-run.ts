import { CODES, type Code } from "../domain/error-codes";
import type { RunReport } from "../domain/runs";
import { CRASHES_AT_MOST } from "../domain/slots";

/** How a slot's run is tried again when waiting may help. */
export interface RetryTerms {
  /** Attempts at most, the first included. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; doubled for each further one. */
  readonly pause: number;
}

export const RETRY: RetryTerms = { attempts: 5, pause: 60_000 };

/** A run that could not even begin, because the source was taken at that moment, comes back after this. */
const BUSY_PAUSE = 2_000;

export interface SlotSoFar {
  /** The one that has just ended included. */
  readonly attempts: number;
  /** Processes that died of it. */
  readonly crashes: number;
  /** Milliseconds until no attempt may begin any more. */
  readonly left: number;
}

export interface AfterRun {
  readonly state: "done" | "failed" | "due";
  /** Milliseconds until it is due again. */
  readonly again: number;
  readonly attempts: number;
  readonly crashes: number;
  readonly note: string | null;
}

/**
 * What becomes of a slot when its run has ended:
 *
 *     ok, rejects, held                             done
 *     its process died                              due at once; set aside after the third time
 *     told to end, or its source was taken          due, and this was no attempt
 *     what waiting can mend: the customer's system
 *     out of reach, a list not proved complete,
 *     our own database                              due after a pause, five attempts at most, and within grace
 *     anything else                                 failed
 *
 * Notes hold codes and their titles only; the run's report has the whole message.
 */
export function afterRun({ error }: Pick<RunReport, "error">, slot: SlotSoFar, terms: RetryTerms): AfterRun {
  const { attempts, crashes, left } = slot;
  const untried = { state: "due", attempts: attempts - 1, crashes } as const;
  switch (error?.code) {
    case undefined:
      return { state: "done", again: 0, attempts, crashes, note: null };
    case "RUN007":
      if (crashes + 1 < CRASHES_AT_MOST)
        return { state: "due", again: 0, attempts, crashes: crashes + 1, note: "the process that worked it died" };
      return { state: "failed", again: 0, attempts, crashes: crashes + 1, note: SET_ASIDE };
    case "RUN004":
      return { ...untried, again: 0, note: "its worker was told to end" };
    case "RUN001":
    case "RUN003":
      return { ...untried, again: BUSY_PAUSE, note: "its source was being worked on" };
  }
  const known = CODES[error?.code as Code];
  const note = `${error?.code}: ${known?.title ?? "a failure"}`;
  const again = terms.pause * 2 ** (attempts - 1);
  const failed = (why: string): AfterRun => ({ state: "failed", again: 0, attempts, crashes, note: note + why });
  if (!known?.retry) return failed("");
  if (attempts >= terms.attempts) return failed(`, after ${attempts} attempts`);
  if (again > left) return failed(", and too late to try again within grace");
  return { state: "due", again, attempts, crashes, note };
}

const SET_ASIDE = `set aside: the process that worked it died ${CRASHES_AT_MOST} times`;
