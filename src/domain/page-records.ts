/** 128 bits over a record, as 16 characters of one byte each. */
export type Digest = string;

/** The records of one page in their order, parsed only when they are asked for. */
export interface PageRecords {
  readonly length: number;
  /** Of every record, over what the upstream sent of it, without what the job tells to ignore; one after the other. */
  digests(): Buffer;
  /** The values of the records from `begin` to before `end`. Throws UPS011 when one is no JSON. */
  parse(begin: number, end: number): readonly unknown[];
}

/** Bytes of a digest. */
export const DIGEST_BYTES = 16;

/** One of several that stand one after the other. */
export const digestAt = (digests: Buffer, index: number): Digest =>
  digests.toString("latin1", index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);

/** Where the list of a page stands in its bytes, and the digests of its records one after the other. */
export interface PageCut {
  readonly begin: number;
  readonly end: number;
  readonly digests: Buffer;
}

/**
 * Remembers how pages were cut, by digests of them. What is remembered follows from a page's bytes alone: it may be forgotten
 * at any time, and is never wrong.
 */
export interface PageMemory {
  recall(page: Digest): PageCut | null;
  remember(page: Digest, cut: PageCut): void;
}

/** Where an enumeration goes on; plain JSON, and of no meaning to anybody but the one who made it. */
export type Position = Readonly<Record<string, unknown>>;

/** All records of a page, for those who need every one. */
export const parseAll = (records: PageRecords): readonly unknown[] => records.parse(0, records.length);

/** How a page was cut, by its digest. */
export interface RememberedPage extends PageCut {
  readonly page: Digest;
}

/** What a run learned about the pages of a stream. */
export interface PageChanges {
  readonly learned: readonly RememberedPage[];
  /** Of those remembered before the ones it did not meet. */
  readonly forgotten: readonly Digest[];
}
