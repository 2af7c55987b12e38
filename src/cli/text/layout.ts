/** Numbers, times, names, columns and sections as people read them. */
import { counted, grouped } from "../../domain/grouped";
import { moment } from "../../domain/moment";
import { plain } from "../../domain/plain";
import type { Reject } from "../../domain/runs";

export { counted, grouped, moment };

/** Between two RFC 3339 times: "0.4 s", "6.8 s", "2 min 5 s". */
export function elapsed(from: string, to: string): string {
  const seconds = Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${grouped(Math.floor(whole / 60))} min ${whole % 60} s`;
}

/** What is `plain`, of a text whose lines are meant. */
export const plainLines = (text: string): string => text.split("\n").map(plain).join("\n");

/** "Depot clerk (depot-clerk)"; of what has no name, or its key for one, the key alone. */
export const named = (name: string | null, key: string): string =>
  plain(name === null || name === key ? key : `${name} (${key})`);

/** Rows with their cells under each other, two spaces apart. Cells are made plain, so they hold no colours. */
export function columns(raw: readonly (readonly string[])[]): readonly string[] {
  const rows = raw.map((row) => row.map(plain));
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

export const indented = (lines: readonly string[], by = "  "): readonly string[] =>
  lines.map((line) => (line === "" ? "" : by + line));

/** Lines with a blank one between the sections; of a section without lines nothing is seen. */
export const inSections = (sections: readonly (readonly string[])[]): string =>
  sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");

/** Words with commas between, on lines of at most so many characters. */
export function wrapped(words: readonly string[], longest = 72): readonly string[] {
  const lines: string[] = [];
  for (const word of words.map(plain)) {
    const joined = `${lines.at(-1) ?? ""}, ${word}`;
    if (lines.length > 0 && joined.length <= longest) lines.splice(-1, 1, joined);
    else lines.push(word);
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line},` : line));
}

/** The first `limit` of `all`, made into lines, and a line that tells how to see the rest of `total`. */
export function firstFew<T>(
  all: readonly T[],
  { limit, total = all.length, rest }: { readonly limit: number; readonly total?: number; readonly rest: string },
  linesOf: (item: T) => readonly string[],
): readonly string[] {
  const shown = all.slice(0, limit);
  const more = total - shown.length;
  return [...shown.flatMap(linesOf), ...(more > 0 ? [`… and ${grouped(more)} more: ${rest}`] : [])];
}

/** The key of a rejected record; of one without, its place, by which `mapping record` finds it. */
export const rejectedName = ({ key, place }: Pick<Reject, "key" | "place">): string =>
  key ?? (place === undefined ? "(no key)" : `(no key: ${place})`);
