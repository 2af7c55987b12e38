import type { Digest } from "../domain/page-records";
import { type DigestChunk, type MetChunk, RECORDS_IN_CHUNK } from "../domain/staging";
import type { RememberedPages } from "./remembered-pages";

/** Four words of 32 bits. */
const WORDS = 4;
/** Places in the table for every record. */
const ROOM = 1.6;
const NOT_MET = 0;
/** Met before the run was interrupted, nobody knows on which page. */
const MET_EARLIER = 2 ** 32 - 1;

/**
 * - `unknown`: new, changed, or to be looked at again
 * - `met`: as the mirror has it, and met for the first time
 * - `folded`: met on this very page already
 * - `again`: met on an earlier page
 */
export type Meeting = "unknown" | "met" | "folded" | "again";

/**
 * The records that the mirror holds as the upstream sent them last, told by their digests alone: a hash table of 28 bytes a
 * record, however large the records are. It remembers which of them were met, and where.
 */
export class KnownRecords {
  /** Where the records of a chunk begin. */
  readonly #firstOf: ReadonlyMap<number, number>;
  /** Of the record at `chunk's place * RECORDS_IN_CHUNK + slot`; zeros where there is none. */
  readonly #words: Uint32Array;
  /** Latest page by which it was met. */
  readonly #pages: Uint32Array;
  /** Places in `#pages`, plus one, by their digest; 0 is free. */
  readonly #table: Uint32Array;
  /** By the place of a chunk: 1 where that changed since it was told last. */
  readonly #untold: Uint8Array;
  /** Records known. */
  readonly size: number;
  #met = 0;

  /** @param pages how they were cut; null remembers none */
  constructor(
    chunks: readonly DigestChunk[],
    readonly pages: RememberedPages | null = null,
  ) {
    this.#firstOf = new Map(chunks.map(({ chunk }, index) => [chunk, index * RECORDS_IN_CHUNK]));
    this.#pages = new Uint32Array(chunks.length * RECORDS_IN_CHUNK);
    this.#untold = new Uint8Array(chunks.length);
    this.#words = new Uint32Array(this.#pages.length * WORDS);
    let place = 0;
    for (const { packed } of chunks)
      for (let at = 0; at < packed.length; at += 4) this.#words[place++] = packed.readUInt32LE(at);
    let records = 0;
    for (let at = 0; at < this.#pages.length; at += 1) if (this.#holds(at)) records += 1;
    this.size = records;
    this.#table = new Uint32Array(Math.ceil(records * ROOM) + 1);
    for (let at = 0; at < this.#pages.length; at += 1) if (this.#holds(at)) this.#insert(at);
  }

  /** Records met, each once. */
  get met(): number {
    return this.#met;
  }

  /** Local ids of those that were not met. */
  unmet(): readonly number[] {
    const ids: number[] = [];
    for (const [chunk, first] of this.#firstOf)
      for (let slot = 0; slot < RECORDS_IN_CHUNK; slot += 1)
        if (this.#pages[first + slot] === NOT_MET && this.#holds(first + slot))
          ids.push(chunk * RECORDS_IN_CHUNK + slot);
    return ids;
  }

  /** @param page from 1 over the whole stream */
  meet(digest: Digest, page: number): Meeting {
    const at = this.#find(word(digest, 0), word(digest, 4), word(digest, 8), word(digest, 12));
    if (at < 0) return "unknown";
    const before = this.#pages[at];
    if (before === page) return "folded";
    // Where a record comes differently on several pages, the latest counts.
    this.#pages[at] = page;
    if (before !== NOT_MET) return "again";
    this.#untold[Math.floor(at / RECORDS_IN_CHUNK)] = 1;
    this.#met += 1;
    return "met";
  }

  /** The latest page on which the record of a local id was met; null when it was not. */
  pageOf(id: number): number | null {
    const at = this.#placeOf(id);
    const page = at === null ? NOT_MET : this.#pages[at];
    if (page === undefined || page === NOT_MET) return null;
    return page === MET_EARLIER ? 0 : page;
  }

  /** The page on which the record of a digest was met, in words. */
  placeOf(digest: Digest): string {
    const at = this.#find(word(digest, 0), word(digest, 4), word(digest, 8), word(digest, 12));
    const page = at < 0 ? NOT_MET : this.#pages[at];
    return page === MET_EARLIER ? "a page before the interruption" : `page ${page}`;
  }

  /** Takes back that the record of a local id was met. */
  unmeet(id: number): void {
    const at = this.#placeOf(id);
    if (at === null || this.#pages[at] === NOT_MET) return;
    this.#pages[at] = NOT_MET;
    this.#untold[Math.floor(at / RECORDS_IN_CHUNK)] = 1;
    this.#met -= 1;
  }

  /** Which local ids were met, of the chunks in which that changed since this was asked last. */
  takeMet(): readonly MetChunk[] {
    const told: MetChunk[] = [];
    for (const [chunk, first] of this.#firstOf) {
      if (this.#untold[first / RECORDS_IN_CHUNK] === 0) continue;
      this.#untold[first / RECORDS_IN_CHUNK] = 0;
      const met = Buffer.alloc(RECORDS_IN_CHUNK / 8);
      for (let slot = 0; slot < RECORDS_IN_CHUNK; slot += 1)
        if (this.#pages[first + slot] !== NOT_MET) met[slot >> 3] = (met[slot >> 3] ?? 0) | (1 << (slot & 7));
      told.push({ chunk, met });
    }
    return told;
  }

  /** Counts as met what an interrupted run had met and told. */
  meetAgain(chunks: readonly MetChunk[]): void {
    for (const { chunk, met } of chunks) {
      const first = this.#firstOf.get(chunk);
      if (first === undefined) continue;
      for (let slot = 0; slot < RECORDS_IN_CHUNK; slot += 1) {
        const at = first + slot;
        const wasMet = ((met[slot >> 3] ?? 0) & (1 << (slot & 7))) !== 0;
        if (!wasMet || !this.#holds(at) || this.#pages[at] !== NOT_MET) continue;
        this.#pages[at] = MET_EARLIER;
        this.#met += 1;
      }
    }
  }

  #placeOf(id: number): number | null {
    const first = this.#firstOf.get(Math.floor(id / RECORDS_IN_CHUNK));
    return first === undefined ? null : first + (id % RECORDS_IN_CHUNK);
  }

  #holds(at: number): boolean {
    const first = at * WORDS;
    const words = this.#words;
    return (words[first] || words[first + 1] || words[first + 2] || words[first + 3]) !== 0;
  }

  #insert(at: number): void {
    const table = this.#table;
    let slot = (this.#words[at * WORDS] ?? 0) % table.length;
    while (table[slot] !== 0) slot = slot + 1 === table.length ? 0 : slot + 1;
    table[slot] = at + 1;
  }

  #find(a: number, b: number, c: number, d: number): number {
    const table = this.#table;
    const words = this.#words;
    for (let slot = a % table.length; ; slot = slot + 1 === table.length ? 0 : slot + 1) {
      const at = (table[slot] ?? 0) - 1;
      if (at < 0) return -1;
      const first = at * WORDS;
      if (words[first] === a && words[first + 1] === b && words[first + 2] === c && words[first + 3] === d) return at;
    }
  }
}

/** Four characters, the least significant byte first. */
const word = (digest: Digest, at: number): number =>
  (digest.charCodeAt(at) |
    (digest.charCodeAt(at + 1) << 8) |
    (digest.charCodeAt(at + 2) << 16) |
    (digest.charCodeAt(at + 3) << 24)) >>>
  0;
