import type { Ir } from "./ir";

/** Pairs of parts of a date's picture whose border the reader has to search for. */
const MOST_LOOSE_PAIRS = 3;

/**
 * Why these pictures (of dates, numbers) are not run: they are small programs, so only those written out are. JSONata
 * reads dates by a regular expression made of the picture: each place where two parts of no fixed width meet multiplies
 * its work by the length of the text.
 */
export const refusePictures =
  (...places: readonly number[]) =>
  (args: readonly (Ir | null)[]): string | null => {
    for (const place of places) {
      const arg = args[place];
      if (arg === undefined || arg?.op === "nothing") continue;
      if (arg?.op !== "const") return "a picture that is not written out";
      if (loosePairsIn(String(arg.value)) > MOST_LOOSE_PAIRS) return "a picture whose parts run into one another";
    }
    return null;
  };

/** Parts next to each other without a separator; digits followed by another number have their width, words hold separators. */
function loosePairsIn(picture: string): number {
  const pairs = picture.matchAll(/\[([^\]]*)\]([^[]*)(?=\[([^\]]*)\])/g);
  return [...pairs].filter(([, part = "", between = "", next = ""]) => {
    if (part.includes("w") || next.includes("w")) return true;
    const isFixed =
      between === "" && /^\s*[YMDdWwXxHhms]0*1?\d*$/.test(part) && /\d/.test(part) && /^\s*[YMDdWwXxHhmsf]/.test(next);
    return !isFixed && /^[A-Za-z0-9]*$/.test(between);
  }).length;
}
