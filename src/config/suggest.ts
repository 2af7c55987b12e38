import { distance } from "fastest-levenshtein";

/** The known word closest to a mistyped one, or null when none is close enough to be meant. */
export function closest(word: string, known: Iterable<string>): string | null {
  const typed = word.toLowerCase();
  let best: { word: string; edits: number } | null = null;
  for (const candidate of known) {
    const edits = editsBetween(typed, candidate.toLowerCase());
    if (edits < (best?.edits ?? Number.POSITIVE_INFINITY)) best = { word: candidate, edits };
  }
  return best !== null && best.edits <= (word.length < 4 ? 1 : Math.floor(word.length / 3) + 1) ? best.word : null;
}

/** Letters in another order are one slip of the fingers. */
const editsBetween = (a: string, b: string): number => (a !== b && lettersOf(a) === lettersOf(b) ? 1 : distance(a, b));

const lettersOf = (word: string): string => [...word].sort().join("");

/** "did you mean `email`?"; when nothing is near, what else helps: by itself the choice there is. */
export function suggestion(word: string, known: readonly string[], otherwise?: string | null): string | null {
  const near = closest(word, known);
  if (near !== null) return `did you mean \`${near}\`?`;
  if (otherwise !== undefined) return otherwise;
  return known.length === 0 || known.length > 12 ? null : `known: ${listed(known)}`;
}

/** "`a`, `b` and `c`". */
export function listed(words: readonly string[], conjunction = "and"): string {
  const quoted = words.map((word) => `\`${word}\``);
  return quoted.length < 2
    ? quoted.join("")
    : `${quoted.slice(0, -1).join(", ")} ${conjunction} ${quoted.at(-1) ?? ""}`;
}
