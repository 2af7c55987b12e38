/** Reading only what changed upstream: how a job describes it, and what a run makes of that. */

import type { Position } from "./mapping";

/** How a stream is read when only what changed is asked for. Durations and moments are milliseconds. */
export type Increments = SinceIncrements | DeltaIncrements;

export interface SinceIncrements {
  readonly kind: "since";
  /** Where a record tells when it was changed last; null where none does. */
  readonly field: readonly string[] | null;
  /** Query parameters that ask for what changed; `{since}` stands for the moment. */
  readonly query: Readonly<Record<string, string>>;
  /** How `{since}` is written. */
  readonly format: SinceFormat;
  /** How much earlier than the watermark changes are asked for. */
  readonly overlap: number;
  readonly full: FullCadence | null;
}

interface DeltaIncrements {
  readonly kind: "delta";
  /** Where the last page says how to ask for what changes from then on. */
  readonly link: readonly string[];
  /** The query parameter that takes what stands there; null where it is an address by itself. */
  readonly as: string | null;
  /** What a record holds that tells of a removal. */
  readonly removed: readonly string[] | null;
  /** Where that stands in the job file. */
  readonly removedAt: Position | null;
  /** Statuses that say that changes are no longer told from there on. */
  readonly expired: readonly number[];
  readonly full: FullCadence | null;
}

export const SINCE_FORMATS = ["rfc3339", "seconds", "milliseconds", "date"] as const;
export type SinceFormat = (typeof SINCE_FORMATS)[number];

/** When a full pass is due: on days of the week (0 is Sunday) in a time zone, or so long after the last one. */
export type FullCadence = { readonly on: readonly number[]; readonly timezone: string } | { readonly after: number };

/** How a run reads a stream, and its children with it. */
export type Pass = FullPass | IncrementalPass;

export interface FullPass {
  readonly kind: "full";
  /** Why it does not ask for changes alone; null where nobody would expect it to. */
  readonly because: string | null;
  /** The moment up to which changes were known before, where that still holds. */
  readonly former: number | null;
  /** Where removals are told that no list of what is there holds; null where none are, or nobody knows from where on. */
  readonly removals: ToldRemovals | null;
}

export interface ToldRemovals {
  readonly since: DeltaPass;
  /** Nothing was edited since that link was given, so that it is to be answered. */
  readonly holds: boolean;
}

export type IncrementalPass =
  /** `since` is asked for: the watermark `former` without the overlap. */
  { readonly kind: "since"; readonly since: number; readonly former: number } | DeltaPass;

interface DeltaPass {
  readonly kind: "delta";
  /** As good as a credential. */
  readonly link: string;
  /** The one that was given it. */
  readonly run: number;
}

export const FULL: FullPass = { kind: "full", because: null, former: null, removals: null };

/** The point from which changes are not yet known; committed with the run that read everything before it. */
interface Watermark {
  readonly stream: string;
  /** Of all that decides what was read and what became of it: it holds under this one alone. */
  readonly fingerprint: string;
  /** A moment as RFC 3339, or a delta link. */
  readonly value: string;
}

export interface KnownWatermark extends Watermark {
  /** The run that committed it. */
  readonly run: number;
  /** When the last complete full pass began; RFC 3339. */
  readonly fullAt: string;
}

/** What a run leaves behind for the next one. */
export interface WatermarkChange {
  readonly stream: string;
  /** Null: the next run reads everything. */
  readonly mark: Omit<Watermark, "stream"> | null;
  /** When the complete full pass began that this run made; null for an incremental one. */
  readonly fullAt: string | null;
}

/** What decides whether a run may ask for changes alone. */
export interface IncrementFacts {
  readonly watermarks: readonly KnownWatermark[];
  /** Keys of records that are rejected, by stream: a change of theirs may lie before the watermark. */
  readonly rejected: ReadonlyMap<string, readonly string[]>;
  /** Records that were absent once, by entity: a second complete run is to miss them, too. Those that are held wait for a person. */
  readonly absent: ReadonlyMap<string, KnownAbsences>;
}

interface KnownAbsences {
  readonly count: number;
  /** The newest run that missed one of them first. */
  readonly run: number;
}

/** What is noted of a stream on the way to its next watermark. */
export interface Mark {
  /** The upstream's clock when the first page was asked for. */
  readonly begunAt: number | null;
  /** The latest moment that a record told, up to `until`. */
  readonly newest: number | null;
  /** Whether it told one; `begunAt` is otherwise what records told. */
  readonly tellsClock: boolean;
  /** Later moments are not believed: by the upstream's clock when the page was asked for, or by the database's when the run began. */
  readonly until: number | null;
  /** The latest of those. */
  readonly beyond: number | null;
  /** Whether records were looked at for their times: those that are known are not. */
  readonly looked: boolean;
  /** What stood on the last page. */
  readonly link: string | null;
}
