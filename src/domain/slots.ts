/** Scheduled moments. Instants are RFC 3339 text in UTC unless they are `Date`s inside a calculation. */

/** One scheduled moment of a source. The pair is unique, whichever process ticks. */
export interface SlotRef {
  readonly source: string;
  readonly slot: string;
}

/**
 * due: waits for its moment or for a worker · running: a run works on it · done: its run ended, whatever it found ·
 * failed: given up, after the last attempt, or because nothing a retry could mend was wrong · skipped: a run of the source was
 * still going · missed: nothing was running at its moment, and it was too late, or not to be caught up · covered: missed, and
 * caught up together with a later one.
 */
type SlotState = "due" | "running" | "done" | "failed" | "skipped" | "missed" | "covered";

/** A slot of which so many processes died is set aside. */
export const CRASHES_AT_MOST = 3;

/** What the clock decides about a slot when its moment has come. */
export interface SlotDecision {
  readonly slot: Date;
  readonly state: "due" | "skipped" | "missed" | "covered";
  /** The slot, with the source's jitter added. */
  readonly dueAt: Date;
  /** The later slot that catches this one up. */
  readonly coveredBy: Date | null;
  /** Why, for people, unless it is simply due. */
  readonly note: string | null;
}

/** What the clock must know of a source to decide about its slots. */
export interface SettleFacts {
  readonly source: string;
  /** All slots up to here were decided. */
  readonly settledUntil: Date;
  /** The database's clock, which is the one clock of all processes. */
  readonly now: Date;
  /** The run that reads the whole source at this moment. */
  readonly runningRun: number | null;
}

export interface SlotSummary extends SlotRef {
  readonly state: SlotState;
  readonly dueAt: string;
  /** The run of the latest attempt; for a covered slot that of the slot which covers it. */
  readonly run: number | null;
  readonly attempts: number;
  readonly crashes: number;
  readonly note: string | null;
}
