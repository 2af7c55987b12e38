/** 128 bits over a record, as 16 characters of one byte each. */
export type Digest = string;

/** The records of one page in their order, each parsed only when it is asked for. */
export interface PageRecords {
  readonly length: number;
  /** Over what the upstream sent of the record, without what the job tells to ignore. */
  digest(index: number): Digest;
  /** The record's value. Throws UPS011 for what is no JSON. */
  parse(index: number): unknown;
}

/** Where an enumeration goes on; plain JSON, and of no meaning to anybody but the one who made it. */
export type Position = Readonly<Record<string, unknown>>;

/** All records of a page, for those who need every one. */
export const parseAll = (records: PageRecords): readonly unknown[] =>
  Array.from({ length: records.length }, (_, index) => records.parse(index));
