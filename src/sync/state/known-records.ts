import { DIGEST_BYTES } from "../../domain/page-records";
import { type DigestChunk, type MetChunk, RECORDS_IN_CHUNK } from "../../domain/staging";
import type { RememberedPages } from "./remembered-pages";

/** 32 bits each, of a digest. */
const WORDS = 4;
/** Places in the table for every record. */
const ROOM = 1.6;
/** In the place of a page's number. */
export const NOT_MET = 0;
/** Met before the run was interrupted, nobody knows on which page. */
export const MET_EARLIER = 2 ** 32 - 1;

/**
 * The records that the mirror holds as the upstream sent them last, told by their digests alone: 20 bytes a record, however large
 * the records are, and a hash table of 8 more once they come in another order than they came in first. It remembers which of
 * them were met, and where.
 */
export class KnownRecords {
  /** Where the records of a chunk begin. */
  readonly #firstOf: ReadonlyMap<number, number>;
  /** Of the record at `chunk's place * RECORDS_IN_CHUNK + slot`; zeros where there is none. */
  readonly #words: Uint32Array;
  /** Latest page by which it was met. */
  readonly #pages: Uint32Array;
  /** Places in `#pages`, plus one, by their digest; 0 is free. Null until it is needed: a night without changes needs none. */
  #table: Uint32Array | null = null;
  /** Behind the record that was found last. */
  #next = 0;
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
    for (const [index, { packed }] of chunks.entries())
      this.#words.set(wordsOf(packed), index * RECORDS_IN_CHUNK * WORDS);
    let records = 0;
    for (let at = 0; at < this.#pages.length; at += 1) if (this.#holds(at)) records += 1;
    this.size = records;
  }

  /** Records met, each once. */
  get met(): number {
    return this.#met;
  }

  /** As `KnownUnmet` has it. */
  unmet(unknown = false): readonly number[] {
    const ids: number[] = [];
    for (const [chunk, first] of this.#firstOf)
      for (let slot = 0; slot < RECORDS_IN_CHUNK; slot += 1)
        if (this.#pages[first + slot] === NOT_MET && (unknown || this.#holds(first + slot)))
          ids.push(chunk * RECORDS_IN_CHUNK + slot);
    return ids;
  }

  /** The record whose digest is the `index`th of these, for `meet`; negative for one that is new, changed, or to be looked at again. */
  find(words: Uint32Array, index: number): number {
    const begin = index * WORDS;
    while (this.#next < this.#pages.length && !this.#holds(this.#next)) this.#next += 1;
    // Most lists come in the order they came in first.
    const at =
      this.#next < this.#pages.length && this.#isAt(this.#next, words, begin) ? this.#next : this.#find(words, begin);
    if (at >= 0) this.#next = at + 1;
    return at;
  }

  /**
   * Meets a record that was found.
   *
   * @param page from 1 over the whole stream
   * @returns the page on which it was met last: this one, an earlier one, `MET_EARLIER`, or `NOT_MET`
   */
  meet(at: number, page: number): number {
    const before = this.#pages[at] ?? NOT_MET;
    if (before === page) return before;
    // Where a record comes differently on several pages, the latest counts.
    this.#pages[at] = page;
    if (before !== NOT_MET) return before;
    this.#untold[Math.floor(at / RECORDS_IN_CHUNK)] = 1;
    this.#met += 1;
    return NOT_MET;
  }

  /** The latest page on which the record of a local id was met; null when it was not. */
  pageOf(id: number): number | null {
    const at = this.#placeOf(id);
    const page = at === null ? NOT_MET : this.#pages[at];
    if (page === undefined || page === NOT_MET) return null;
    return page === MET_EARLIER ? 0 : page;
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

  #isAt(at: number, sought: Uint32Array, begin: number): boolean {
    const words = this.#words;
    const first = at * WORDS;
    return (
      words[first] === sought[begin] &&
      words[first + 1] === sought[begin + 1] &&
      words[first + 2] === sought[begin + 2] &&
      words[first + 3] === sought[begin + 3]
    );
  }

  /** @param begin the place of a digest's first word in `sought` */
  #find(sought: Uint32Array, begin: number): number {
    this.#table ??= this.#tableOfAll();
    const table = this.#table;
    for (let slot = placeIn(table, sought[begin] ?? 0); ; slot = slot + 1 === table.length ? 0 : slot + 1) {
      const at = (table[slot] ?? 0) - 1;
      if (at < 0 || this.#isAt(at, sought, begin)) return at;
    }
  }

  #tableOfAll(): Uint32Array {
    const table = new Uint32Array(Math.ceil(this.size * ROOM) + 1);
    for (let at = 0; at < this.#pages.length; at += 1) {
      if (!this.#holds(at)) continue;
      let slot = placeIn(table, this.#words[at * WORDS] ?? 0);
      while (table[slot] !== 0) slot = slot + 1 === table.length ? 0 : slot + 1;
      table[slot] = at + 1;
    }
    return table;
  }
}

/** Where the search begins for a digest of this first word. A remainder of numbers beyond 31 bits would be one of floats, and slow. */
const placeIn = (table: Uint32Array, word: number): number => Math.floor((word * table.length) / 2 ** 32);

/** Digests as words, in the order of this machine's bytes; a view of them where they stand well for it. */
export const wordsOf = (digests: Buffer): Uint32Array => {
  const isAligned = digests.byteOffset % Uint32Array.BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset } = isAligned ? digests : new Uint8Array(digests);
  return new Uint32Array(buffer, byteOffset, (digests.length / DIGEST_BYTES) * WORDS);
};
