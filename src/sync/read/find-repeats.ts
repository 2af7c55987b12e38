import { isDeepStrictEqual } from "node:util";
import { keyOf, type Mapped } from "../../domain/mapping";

/**
 * A record beside others of its key on the page. `differs`: two of them say different things, and nobody can tell which is true.
 * `folded`: it says what an earlier one said, to the letter. `overtaken`: of a change feed, in which a later one counts.
 */
type Repeat = "none" | "differs" | "folded" | "overtaken";

type RepeatOf = (result: Mapped, index: number) => Repeat;

/** Tells of each result of a page whether its key is on the page again; most often none is. */
export function findRepeats(raw: readonly unknown[], results: readonly Mapped[], isFeed: boolean): RepeatOf {
  if (!repeatsKey(results)) return () => "none";
  return isFeed ? findOvertaken(results) : findTwins(raw, results);
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

function findOvertaken(results: readonly Mapped[]): RepeatOf {
  const latest = new Map(results.map((result, index) => [keyOf(result), index]));
  // Nobody knows which records these are.
  latest.delete(null);
  return (result, index) => ((latest.get(keyOf(result)) ?? index) === index ? "none" : "overtaken");
}

interface Twins {
  /** Index of the first record with the key. */
  readonly first: number;
  /** Whether all records with the key are the same to the letter. */
  alike: boolean;
}

function findTwins(raw: readonly unknown[], results: readonly Mapped[]): RepeatOf {
  const twins = new Map<string | null, Twins>();
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
  return (result, index) => {
    const twin = twins.get(keyOf(result));
    if (twin === undefined) return "none";
    if (!twin.alike) return "differs";
    return twin.first === index ? "none" : "folded";
  };
}
