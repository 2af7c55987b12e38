/**
 * The known word a mistyped one most likely stands for; null when none is near: at most two edits, or three in a long word, and
 * none in a word of one character, which is as near to every other. `most` allows for fewer.
 */
export function nearest(word: string, known: Iterable<string>, most = 3): string | null {
  const typed = word.toLowerCase();
  const limit = Math.min(most, word.length > 7 ? 3 : word.length > 3 ? 2 : word.length > 1 ? 1 : 0);
  let best: string | null = null;
  let least = limit + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const edits = editsBetween(typed, candidate.toLowerCase());
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}

/** "did you mean `email`?"; when nothing is near, what else helps: by itself the choice there is. */
export function suggestion(word: string, known: readonly string[], otherwise?: string | null): string | null {
  const near = nearest(word, known);
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

/** Letters in another order are one slip of the fingers; anything else is Levenshtein's distance. */
const editsBetween = (from: string, to: string): number =>
  from !== to && sorted(from) === sorted(to) ? 1 : editDistance(from, to);

const sorted = (word: string): string => [...word].sort().join("");

/** A row of the table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
