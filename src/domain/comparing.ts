/** What a run and its stage say to each other while what was read is compared with the mirror. */
import type { Stream } from "./job";

/** On which pages records were met as they are known, by their local ids. */
export interface KnownPages {
  pageOf(id: number): number | null;
  /** Takes back that it was met. */
  unmeet(id: number): void;
}

/** Records known by their digests. */
export interface KnownUnmet {
  /** All that are known. */
  readonly size: number;
  /**
   * Local ids of those that were not met.
   *
   * @param unknown also those between them of whom nothing is known; some may be nobody's
   */
  unmet(unknown?: boolean): readonly number[];
}

/** By page: the key of the parent that was asked. A page that an interrupted run has read is not among them. */
export type ParentOf = ReadonlyMap<number, string>;

/** How the records of a stream were read that are to be settled. */
export interface SettledReading {
  readonly known: KnownPages;
  /** Its records are changes in the order in which they happened: the latest of one counts. */
  readonly isFeed: boolean;
  /** Null unless it is a child stream. */
  readonly parentOf: ParentOf | null;
}

/** The records of a stream once every key stands in the stage once. */
export interface SettledRecords {
  readonly distinct: number;
  /** Rows that were dropped for another of the same key. */
  readonly duplicates: number;
  /** Rows of a feed that a later page tells otherwise. */
  readonly overtaken: number;
  /** Of a record that came twice, which and where; null where that is not known. */
  readonly repeatedAt: string | null;
  /** Rejected only now: records that map to something else below each of several parents. */
  readonly torn: number;
}

/** What a run read, as far as its records and links count. */
export interface BelievedStreams {
  readonly streams: readonly Stream[];
  /** Also what is absent from it counts. */
  readonly isComplete: (stream: Stream) => boolean;
}

/** Changes that are compared together, in this order. */
export type ComparedKind = "records" | "revokes" | "grants";

/** A removal that rests on absence alone. */
export interface Absence {
  readonly key: string;
  /** A run before the one that read the list missed the record too. */
  readonly again: boolean;
}

/** Which absences are asked for. */
export interface AbsenceFilter {
  /** Those that are held too. */
  readonly held: boolean;
  /** The run that read the list. */
  readonly readBy: number;
}

/** How absences are taken back. */
export interface AbsenceWithdrawal {
  /** They are first witnesses; else none any more. */
  readonly remember: boolean;
  /** Those that are held too. */
  readonly held: boolean;
}
