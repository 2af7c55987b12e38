import { isDeepStrictEqual } from "node:util";
import type { Stream } from "../domain/job";
import type { Mapped, MappedRecord } from "../domain/mapping";
import type { Reject } from "../domain/runs";
import type { StagedLink, StagedPage } from "./ports";

export interface FoldedPage extends StagedPage {
  /** Records that said the same as another one on this page, to the letter. */
  readonly folded: number;
  /** Rejects without a key: nobody can say who they are, so absence proves nothing. */
  readonly keyless: number;
}

/**
 * Turns one page's records and what they map to into what is staged. Two records with one key on a page: identical ones are
 * folded into one, different ones are both rejected, for nobody can tell which of them is true.
 *
 * @param page counts from 1 over the whole stream
 * @param owner for child streams, the key of the parent that was asked
 */
export function foldPage(
  stream: Stream,
  page: number,
  raw: readonly unknown[],
  mapped: readonly Mapped[],
  owner: string | null,
): FoldedPage {
  const records: MappedRecord[] = [];
  const links: StagedLink[] = [];
  const rejects: (Reject & { place: string })[] = [];
  const skips: { key: string; because: "skip" | "deleted" }[] = [];
  const same = findSameKeys(mapped);
  let folded = 0;
  let keyless = 0;

  mapped.forEach((result, index) => {
    const place = owner === null ? `page ${page}, record ${index + 1}` : `${owner}, page ${page}, record ${index + 1}`;
    const key = result.outcome === "link" ? null : result.key;
    const twins = key === null ? undefined : same.get(key);
    if (key !== null && twins !== undefined) {
      const first = twins[0] ?? index;
      if (twins.every((twin) => isDeepStrictEqual(raw[twin], raw[first]))) {
        if (index !== first) {
          folded += 1;
          return;
        }
      } else {
        rejects.push({
          entity: stream.into,
          key,
          field: null,
          code: "MAP030",
          reason: "two records on one page have this key and differ",
          place,
        });
        return;
      }
    }
    switch (result.outcome) {
      case "record":
        records.push(result);
        break;
      case "link":
        links.push({ ...result, owner: owner ?? "" });
        break;
      case "skipped":
        if (result.key === null) keyless += 1;
        else skips.push({ key: result.key, because: result.because });
        break;
      case "rejected":
        if (result.key === null) keyless += 1;
        rejects.push({
          entity: stream.into,
          key: result.key,
          field: result.field,
          code: result.code,
          reason: result.reason,
          place,
        });
        break;
    }
  });
  return { stream, page, records, links, rejects, skips, folded, keyless };
}

/** Indexes of the records that share a key, for the keys that more than one has. */
function findSameKeys(mapped: readonly Mapped[]): ReadonlyMap<string, readonly number[]> {
  const first = new Map<string, number>();
  const same = new Map<string, number[]>();
  mapped.forEach((result, index) => {
    if (result.outcome === "link" || result.key === null) return;
    const earlier = first.get(result.key);
    if (earlier === undefined) first.set(result.key, index);
    else same.set(result.key, [...(same.get(result.key) ?? [earlier]), index]);
  });
  return same;
}
