import { isDeepStrictEqual } from "node:util";
import { LINK_ENDS } from "../../domain/entities";
import type { KeepRaw, Stream } from "../../domain/job";
import { isJsonObject } from "../../domain/json";
import type { Mapped, MappedRecord } from "../../domain/mapping";
import type { Digest } from "../../domain/page-records";
import type { StagedPassword } from "../../domain/passwords";
import type { KeptRecord, StagedLink, StagedPage, StagedReject } from "../../domain/staging";
import { keptRecord, linkName } from "./kept-record";
import { rejectOverlong } from "./reject-overlong";
import { type MaskRecord, payloadOf } from "./reject-payload";

export interface FoldedPage extends StagedPage {
  /** Records that said the same as another one on this page, to the letter. */
  readonly folded: number;
  /** Records of a change feed that are told otherwise later on this page. */
  readonly overtaken: number;
  /** Rejects without a key: nobody can say who they are, so absence proves nothing. */
  readonly keyless: number;
  /** Where the first of these is. */
  readonly keylessAt: string | null;
}

/** Which page of which enumeration. */
export interface PageOrigin {
  readonly stream: Stream;
  /** From 1 over the whole stream. */
  readonly page: number;
  /** For child streams: the parent that was asked, and the page among its own. */
  readonly parent: { readonly key: string; readonly page: number } | null;
  /** Of a change feed the last of a record counts, whatever it says. */
  readonly isFeed?: boolean;
  /** How raw records are kept; without it none are. */
  readonly keep?: KeepRaw | null;
  /** Masks the record that is stored with a reject; without it no record is stored. */
  readonly mask?: MaskRecord | null;
}

/** What is known of records that are only a part of their page. */
interface PartOfPage {
  /** Where each stands on the page, from 0; all of them in their order when left out. */
  readonly places?: readonly number[];
  /** One each, null where none is to be stored; none at all when left out. */
  readonly digests?: readonly (Digest | null)[];
}

/**
 * Turns one page's records and what they map to into what is staged. Two records with one key on a page: identical ones are
 * folded into one, different ones are both rejected, for nobody can tell which of them is true.
 */
export function foldPage(
  { stream, page, parent, isFeed = false, keep: keepRaw = null, mask = null }: PageOrigin,
  raw: readonly unknown[],
  mapped: readonly Mapped[],
  { places, digests: given }: PartOfPage = {},
): FoldedPage {
  const records: MappedRecord[] = [];
  const digests: (Digest | null)[] = [];
  const links: StagedLink[] = [];
  const passwords: StagedPassword[] = [];
  const rejects: StagedReject[] = [];
  const skips: { key: string | null; because: "skip" | "deleted" }[] = [];
  const kept: KeptRecord[] = [];
  const results = mapped.map((result) => rejectOverlong(stream.into, result));
  const twins = isFeed ? NO_TWINS : findTwins(raw, results);
  const latest = isFeed && repeatsKey(results) ? findLatest(results) : null;
  const pageName = parent === null ? `page ${page}` : `${parent.key}, page ${parent.page}`;
  let folded = 0;
  let overtaken = 0;
  let keyless = 0;
  let keylessAt: string | null = null;

  const keep = (index: number, key: string, person: string | null): void => {
    const record = raw[index];
    if (keepRaw === null || !isJsonObject(record)) return;
    kept.push({ key, parent: parent?.key ?? null, person, record: keptRecord(record, keepRaw) });
  };
  const placeOf = (index: number): string => `${pageName}, record ${(places?.[index] ?? index) + 1}`;
  const reject = (index: number, key: string | null, field: string | null, code: string, reason: string): void => {
    const place = placeOf(index);
    rejects.push({ entity: stream.into, key, field, code, reason, place, payload: payloadOf(raw[index], mask) });
    keep(index, key ?? place, stream.into === "users" ? key : null);
  };

  results.forEach((result, index) => {
    if ((latest?.get(keyOf(result)) ?? index) !== index) {
      overtaken += 1;
      return;
    }
    const twin = twins.size === 0 ? undefined : twins.get(keyOf(result));
    if (twin?.alike === false) {
      reject(index, keyOf(result), null, "MAP030", "two records on one page have this key and differ");
      return;
    }
    if (twin !== undefined && twin.first !== index) {
      folded += 1;
      return;
    }
    switch (result.outcome) {
      case "record":
        records.push(result);
        if (result.password !== undefined) passwords.push({ key: result.key, password: result.password });
        digests.push(given?.[index] ?? null);
        keep(index, result.key, stream.into === "users" ? result.key : null);
        break;
      case "link":
        links.push({ ...result, owner: parent?.key ?? "" });
        if (keepRaw !== null)
          keep(index, linkName(result), LINK_ENDS[result.links].left === "users" ? result.left : null);
        break;
      case "skipped":
        // Left out on purpose, whoever it is: it need not have a key.
        skips.push({ key: result.key, because: result.because });
        break;
      case "rejected":
        if (result.key === null) {
          keyless += 1;
          keylessAt ??= placeOf(index);
        }
        reject(index, result.key, result.field, result.code, result.reason);
        break;
    }
  });
  const staged = { stream, page, records, digests, links, passwords, rejects, skips, kept };
  return { ...staged, folded, overtaken, keyless, keylessAt };
}

const keyOf = (result: Mapped): string | null => (result.outcome === "link" ? null : result.key);

interface Twins {
  /** Index of the first record with the key. */
  readonly first: number;
  /** Whether all records with the key are the same to the letter. */
  alike: boolean;
}

const NO_TWINS: ReadonlyMap<string | null, Twins> = new Map();

/** Where the last record with each key is. */
function findLatest(results: readonly Mapped[]): ReadonlyMap<string | null, number> {
  const latest = new Map(results.map((result, index) => [keyOf(result), index]));
  // Who these are nobody knows.
  latest.delete(null);
  return latest;
}

/** The keys that more than one record of a page has; most often none. */
function findTwins(raw: readonly unknown[], results: readonly Mapped[]): ReadonlyMap<string | null, Twins> {
  const twins = new Map<string | null, Twins>();
  if (!repeatsKey(results)) return twins;
  const first = new Map<string, number>();
  results.forEach((result, index) => {
    const key = keyOf(result);
    if (key === null) return;
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, index);
      return;
    }
    const known = twins.get(key) ?? { first: earlier, alike: true };
    known.alike &&= isDeepStrictEqual(raw[earlier], raw[index]);
    twins.set(key, known);
  });
  return twins;
}

function repeatsKey(results: readonly Mapped[]): boolean {
  const keys = new Set<string>();
  let withKey = 0;
  for (const result of results) {
    const key = keyOf(result);
    if (key === null) continue;
    keys.add(key);
    withKey += 1;
  }
  return keys.size < withKey;
}
