/** How long what is kept, and what went when its time was over. Plain values, JSON as they stand. */

/** What a person may choose, within floors. */
export interface KeptFor {
  readonly auditMonths: number;
  readonly tombstoneDays: number;
  readonly rejectDays: number;
}

export interface PruneRequest {
  /** Tell what is due, and leave it. */
  readonly dryRun: boolean;
  /** The day it is (UTC, `2026-11-28`), as the caller says: for a database whose clock nobody has watched. */
  readonly today: string | null;
  /** Whom the audit names. */
  readonly by: string;
}

/** What of one kind is due, or is gone. */
export interface Pruned {
  readonly what: string;
  /** Null of what is about no single source. */
  readonly source: string | null;
  /** Of records that are gone; null of all else. */
  readonly entity: string | null;
  /** Such as `24 months`. */
  readonly keptFor: string;
  /** What is older than this goes. */
  readonly before: string;
  readonly count: number;
  /** Why it is still there, for people; null when it is gone, or would go. */
  readonly waits: string | null;
}

export interface PruneAnswer {
  readonly dryRun: boolean;
  /** By the database's clock. */
  readonly at: string;
  /** From when on the audit is whole; null while no month was dropped. */
  readonly auditSince: string | null;
  readonly pruned: readonly Pruned[];
  /** Why nothing would go, for people: the clock is not believed. */
  readonly refused: string | null;
}
