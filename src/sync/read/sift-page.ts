import { type Digest, digestAt, type PageRecords } from "../../domain/page-records";
import { type KnownRecords, MET_EARLIER, NOT_MET, wordsOf } from "../state/known-records";

/** The part of a page that is still to be mapped. */
export interface SiftedPage {
  /** Parsed: new, changed, or to be looked at again. */
  readonly raw: readonly unknown[];
  /** Where each of them stands on the page, from 0. */
  readonly places: readonly number[];
  /** One each; null where none is to be stored. */
  readonly digests: readonly (Digest | null)[];
  /** As the mirror has them. */
  readonly met: number;
  /** Met on an earlier page already, as the mirror has them. */
  readonly repeated: number;
  /** Where the first of these is, and was. */
  readonly repeatedAt: string | null;
}

/** Tells the records that are as the mirror has them from the others, and parses only these. Of a page that fails none is met. */
export function siftPage(records: PageRecords, known: KnownRecords | null, page: number): SiftedPage {
  const places: number[] = [];
  const digests: (Digest | null)[] = [];
  const packed = known === null ? null : records.digests();
  const words = packed === null ? null : wordsOf(packed);
  const found = new Int32Array(records.length).fill(-1);
  for (let place = 0; place < records.length; place += 1) {
    if (known !== null && words !== null) found[place] = known.find(words, place);
    if ((found[place] ?? -1) >= 0) continue;
    places.push(place);
    digests.push(packed === null ? null : digestAt(packed, place));
  }
  const raw = parsePlaces(records, places);
  return { raw, places, digests, ...meetFound(found, known, page) };
}

/** @param found by their places on the page, as `known` tells them; negative for those that it does not know */
function meetFound(
  found: Int32Array,
  known: KnownRecords | null,
  page: number,
): Pick<SiftedPage, "met" | "repeated" | "repeatedAt"> {
  let met = 0;
  let repeated = 0;
  let repeatedAt: string | null = null;
  for (let place = 0; place < found.length; place += 1) {
    const at = found[place] ?? -1;
    if (known === null || at < 0) continue;
    const before = known.meet(at, page);
    if (before === NOT_MET) met += 1;
    else if (before !== page) {
      repeated += 1;
      repeatedAt ??= `record ${place + 1} of page ${page} came on ${nameOf(before)} already`;
    }
  }
  return { met, repeated, repeatedAt };
}

const nameOf = (page: number): string => (page === MET_EARLIER ? "a page before the interruption" : `page ${page}`);

/** Neighbours are parsed at once. */
function parsePlaces(records: PageRecords, places: readonly number[]): readonly unknown[] {
  const raw: unknown[] = [];
  let begin = 0;
  for (let at = 1; at <= places.length; at += 1) {
    const [place, before] = [places[at], places[at - 1] ?? 0];
    if (place === before + 1) continue;
    for (const value of records.parse(places[begin] ?? 0, before + 1)) raw.push(value);
    begin = at;
  }
  return raw;
}
