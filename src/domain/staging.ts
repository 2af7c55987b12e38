/**
 * What passes between a run and its stage; what they say to each other while that is compared is in `comparing.ts`, what the
 * safeguard asks of it in `weighing.ts`.
 */
import type { EntityName, Inactive, Into, LinkKind } from "./entities";
import type { Mark, WatermarkChange } from "./increments";
import type { Job, Stream } from "./job";
import type { JsonObject } from "./json";
import type { MappedRecord } from "./mapping";
import type { MappingVersion } from "./mapping-version";
import type { Digest, PageChanges, Position } from "./page-records";
import type { PasswordCounts, StagedPassword } from "./passwords";
import type { EntityCounts, LinkCounts, Reject, RunReport } from "./runs";

/** One page of one stream, mapped and folded, ready to be staged. */
export interface StagedPage {
  readonly stream: Stream;
  /** Counts up over the whole stream, so that a key met on two pages can be told from one met twice on a page. */
  readonly page: number;
  readonly records: readonly MappedRecord[];
  /** One a record, to be known by once the mirror has it; null where it is to be looked at again in any case. */
  readonly digests: readonly (Digest | null)[];
  readonly links: readonly StagedLink[];
  /** One a record of a mapping that reads passwords. */
  readonly passwords: readonly StagedPassword[];
  readonly rejects: readonly StagedReject[];
  /** The key is null where it could not be read, which matters to nobody: the record is left out. */
  readonly skips: readonly { readonly key: string | null; readonly because: "skip" | "deleted" }[];
  /** The raw records to be kept, without what may not be; none where the job keeps none. */
  readonly kept: readonly KeptRecord[];
}

export interface StagedReject extends Reject {
  readonly place: string;
  /** JSON text of the record, with personal data masked; null where it is not kept. */
  readonly payload: string | null;
  readonly inactive?: Inactive;
}

/** A raw record as it is kept. */
export interface KeptRecord {
  /** The record's; of a link its ends, of a reject without a key its place. */
  readonly key: string;
  /** Key of the parent's record, for child streams. */
  readonly parent: string | null;
  /** Key of the user whom it is about. */
  readonly person: string | null;
  readonly record: JsonObject;
}

/** A link as a child stream states it. */
export interface StagedLink {
  readonly links: LinkKind;
  readonly owner: string;
  readonly left: string;
  readonly right: string;
  readonly scope: string | null;
}

/** Local ids whose digests are stored together: `id / RECORDS_IN_CHUNK` is their chunk. */
export const RECORDS_IN_CHUNK = 1_024;

/** Digests of the records of one chunk, 16 bytes each at `id % RECORDS_IN_CHUNK`; zeros where there is none. */
export interface DigestChunk {
  readonly chunk: number;
  readonly packed: Buffer;
}

/** Which records of a chunk were met without having been parsed: one bit each, the least significant of a byte first. */
export interface MetChunk {
  readonly chunk: number;
  readonly met: Buffer;
}

/** What is counted while a stream is read. */
export interface StreamCounts {
  /** Records received, those folded on their page left out. */
  received: number;
  pages: number;
  /** Of the longest of its lists: each parent has its own. */
  pagesOfLongest: number;
  /** Met on a second page, as the mirror has them. */
  repeated: number;
  /** Where the first of these was. */
  repeatedAt: string | null;
  /** Told in a change feed, and otherwise later on the same page. */
  overtaken: number;
  /** As the upstream declared it last. */
  total: number | null;
  rejected: number;
  keyless: number;
  /** Where the first of these was. */
  keylessAt: string | null;
  /** Whether it was resumed where an interrupted run had stopped: what moved in between may have slipped through. */
  resumed: boolean;
  /** Why its only page may not be the only one. */
  doubt: string | null;
  /** The run that read its end; null while nobody has. */
  readBy: number | null;
  /** Why the enumeration proves nothing about what is absent; null while nothing speaks against it. */
  broken: string | null;
  /** Its delta link had expired, so it is read in full. */
  expired: boolean;
  /** Rejected before and not among what changed, so they were read by themselves. */
  again: number;
  mark: Mark;
}

/** How far a stream has come, with what was counted on the way. */
export interface StreamState {
  /** Its name. */
  readonly stream: string;
  /** Where it goes on; null at its end, and for a child stream, which goes on where its parent does. */
  readonly position: Position | null;
  readonly ended: boolean;
  readonly counted: Readonly<StreamCounts>;
}

/** How far a run has come: enough to go on from, together with what is staged. */
export interface Progress {
  /** A stream and its children, which come along together. */
  readonly streams: readonly StreamState[];
  /** Records of the stream that were met since it was last told. */
  readonly met: EntityMet | null;
  /** Of the run itself. */
  readonly usage: Usage;
}

/** Records of an entity that were met without having been parsed. */
export interface EntityMet {
  readonly entity: EntityName;
  readonly chunks: readonly MetChunk[];
}

/** What was asked of an upstream; bytes after decompression. */
export interface Usage {
  readonly requests: number;
  readonly bytes: number;
}

/** What an interrupted run had read, and the stage still holds. */
interface EarlierRead {
  /** The run's own when it lost its database on the way. */
  readonly run: number;
  readonly streams: readonly StreamState[];
  readonly met: readonly EntityMet[];
  /** Of the runs before this one. */
  readonly usage: Usage;
}

/**
 * Why an interrupted run is not resumed.
 *
 * - `asked`: it was asked for something else
 * - `edited`: its job or its mappings were edited since, or its passwords are sealed with another secret
 * - `late`: its last checkpoint is too old
 * - `written`: another run wrote to the mirror since
 * - `released`: what a person has let through, before it began or since, waits for the source to be read again
 * - `gone`: the stage is not what the checkpoint says; after a crash of the database it is empty
 */
export type NotResumed = "asked" | "edited" | "late" | "written" | "released" | "gone";

/** How a run begins to read. */
export interface Beginning {
  /** Null: from nothing. */
  readonly earlier: EarlierRead | null;
  /** An interrupted run that this one does not go on from. */
  readonly notFrom: { readonly run: number; readonly because: NotResumed } | null;
}

/** What the stage counts of an entity; how many came, who waits and whether it is complete is for the run to say. */
export type RecordCounts = Omit<
  EntityCounts,
  "fetched" | "absent" | "absentAgain" | "duplicates" | "volatile" | "complete" | "incremental" | "incompleteBecause"
>;

export interface StageCounts {
  /** Null where no password was read. */
  readonly passwords: PasswordCounts | null;
  readonly entities: Readonly<Record<string, RecordCounts>>;
  readonly links: Readonly<Record<string, LinkCounts>>;
  /** Records that were written as they were read, by entity; of a first load alone. */
  readonly landed: Readonly<Record<string, number>>;
  /** Of the people left out those who went for being absent, and are told as disabled beside the list. */
  readonly stillGone: number;
}

/** The first of a run's rejects, and how many there are. */
export interface RejectList {
  readonly listed: readonly Reject[];
  readonly total: number;
}

/** A stream that was read, and the mapping it was read by. */
export interface MappedStream {
  readonly stream: Stream;
  readonly version: MappingVersion;
  /** The version is another than the one the mirror was kept by until now. */
  readonly edited: boolean;
  /** Read completely: everybody in it was met. */
  readonly ended: boolean;
  /** Whose records state the stream's links: its own, or for links those of its parents. */
  readonly owners: EntityName | null;
}

/** A plan as it was stored; its hold is the one that waits now. */
export interface StoredPlan {
  readonly report: RunReport;
  /** Whether every stream was read to its proven end for it, either in full or for its changes only. */
  readonly isUpToDate: boolean;
  /** Those that it was made from. */
  readonly streams: readonly { readonly name: string; readonly into: Into }[];
}

export interface ApplyRequest {
  readonly actor: string;
  readonly reason: string | null;
  /** What the job describes now: what was kept of anything else goes. */
  readonly job: Pick<Job, "streams" | "keepRaw" | "login">;
  /** Live records after the run by entity; the transaction is refused when the mirror disagrees. */
  readonly after: Readonly<Record<string, number>>;
  /** Streams that were read. */
  readonly streams: readonly Stream[];
  /** By entity: the fingerprint under which the digests of what was staged are kept. */
  readonly fingerprints: ReadonlyMap<EntityName, string>;
  /** `read`: what was read of them counts; `undescribed`: from this run on no mapping says where they stand. */
  readonly passwords: "read" | "as-before" | "undescribed";
  /** By stream. */
  readonly pages: ReadonlyMap<string, PageChanges>;
  /** Of `streams` the ones whose enumeration came to its end: their rejects without a key are known anew. */
  readonly ended: readonly Stream[];
  /** Of `streams` the ones read completely: their rejects are known in full. */
  readonly complete: readonly Stream[];
  /**
   * Set when every stream of the job was read to its proven end, in full or only what changed; the source answers questions from
   * then on.
   */
  readonly completeAt: string | null;
  /** From where on the next run asks for changes. */
  readonly watermarks: readonly WatermarkChange[];
  /** The files, as a fingerprint, that somebody has looked at by this run, or that were shown to remove nobody; else null. */
  readonly lookedAt: string | null;
  /** Called last, so that the report tells the time of the commit. */
  readonly report: () => RunReport;
}

/** How the undoing of a run is written. */
export interface ApplyRevertRequest {
  /** The run that is undone. */
  readonly reverted: number;
  readonly actor: string;
  readonly reason: string | null;
  /** Called last, so that the report tells the time of the commit. */
  readonly report: () => RunReport;
}
