/** What a replay answers: an edited mapping run over records that are there already. */
import type { AccessChange } from "./answers";
import type { Change } from "./changes";
import type { HoldEvidence } from "./holds";
import type { Reject, RunReport } from "./runs";

/** The changes a run would make that only rehearses. */
export interface RehearsedChanges {
  readonly access: readonly AccessChange[];
  readonly accessTotal: number;
  readonly changes: readonly Change[];
  readonly changesTotal: number;
  /** Of how many people something changes. */
  readonly people: number;
  /** Records that cannot be mapped, and could in the last run. */
  readonly newlyRejected: number;
}

/** Where a replay has its records from. Times are RFC 3339 in UTC. */
export interface ReplayedRecords {
  readonly from: "kept" | "file" | "live";
  /** The file; null for the others. */
  readonly file: string | null;
  /** The latest run that found a kept record new or changed, and when. */
  readonly run: number | null;
  readonly at: string | null;
  /** Paths left out of kept records. */
  readonly without: readonly string[];
}

export interface ReplayAnswer extends RehearsedChanges {
  readonly source: string;
  /** The stream asked for; its parents or children are replayed with it. */
  readonly entity: string;
  readonly records: ReplayedRecords;
  /** Fields that read what is not kept, and so are not compared. */
  readonly notCompared: readonly string[];
  readonly entities: RunReport["entities"];
  readonly rejects: readonly Reject[];
  /** Rejects beyond those listed. */
  readonly rejectsOmitted: number;
  /** What a run would hold, by which limit. */
  readonly held: readonly HoldEvidence[];
  /** What kept records from being read, or most of them from being mapped. */
  readonly error: RunReport["error"];
}
