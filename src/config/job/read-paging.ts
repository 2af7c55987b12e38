import { EACH_VALUE, type Paging, type Place } from "../../domain/job";
import { oneOf } from "../check-shape";
import type { Entry } from "../yaml/entry";
import { parsePath, parseSize } from "./quantities";

/** The words that name a way of paging, and the other words each of them takes beside `size` and `total`. */
const WAYS: Readonly<Record<string, { readonly needs: readonly string[]; readonly takes: readonly string[] }>> = {
  link: { needs: [], takes: [] },
  "next-url": { needs: [], takes: [] },
  cursor: { needs: ["as"], takes: ["as"] },
  offset: { needs: [], takes: ["from"] },
  number: { needs: [], takes: ["from"] },
  keyset: { needs: ["as"], takes: ["as", "unique"] },
};

/** `page:`. Without it one page is the whole list. */
export function readPaging(entry: Entry | null): Paging {
  const nothing: Paging = { kind: "none", size: null, total: null };
  if (entry === null || !entry.isMap)
    return entry?.text() === "link-header" ? { ...nothing, kind: "link", rel: "next" } : nothing;

  const ways = entry.entries().filter((word) => word.name in WAYS);
  const [way, second] = ways;
  if (way === undefined) {
    // A word that is mistyped or planned has been told about.
    const isUnderstood = entry.entries().every(({ name }) => ["as", "unique", "from", "size", "total"].includes(name));
    if (isUnderstood)
      entry.report({ message: `this does not say how the next page is found: ${oneOf(Object.keys(WAYS))}` });
    return nothing;
  }
  if (second !== undefined) {
    second.report({
      message: `\`${way.name}\` and \`${second.name}\` are two ways of paging; there can be one`,
      atKey: true,
    });
  }
  checkCompanions(entry, way);

  const text = (name: string) => entry.get(name)?.text() ?? "";
  const sized = {
    size: parseSize(text("size")),
    total: entry.get("total") === null ? null : readPlace(entry.get("total")),
  };
  checkNames([way.name === "offset" || way.name === "number" ? way : entry.get("as"), entry.get("size")]);
  const from = (least: number) => entry.get("from")?.number() ?? least;
  switch (way.name) {
    case "link":
      return { kind: "link", rel: text("link"), ...sized };
    case "next-url":
      return { kind: "next-url", at: readPath(way), ...sized };
    case "cursor":
      return { kind: "cursor", at: readPlace(way), as: text("as"), ...sized };
    case "offset":
      return { kind: "offset", as: text("offset"), from: from(0), ...sized };
    case "number":
      return { kind: "number", as: text("number"), from: from(1), ...sized };
    default:
      return {
        kind: "keyset",
        field: readPath(way),
        as: text("as"),
        isUnique: entry.get("unique")?.boolean() ?? false,
        ...sized,
      };
  }
}

function checkCompanions(entry: Entry, way: Entry): void {
  const { needs, takes } = WAYS[way.name] ?? { needs: [], takes: [] };
  for (const word of needs.filter((name) => entry.get(name) === null)) {
    const message = `\`${word}\` is missing: \`${way.name}\` needs the name of its query parameter`;
    way.report({
      code: "CFG004",
      message,
      hint: `e.g. \`{ ${way.name}: ${way.text() ?? "…"}, as: after }\``,
      atKey: true,
    });
  }
  for (const word of entry
    .entries()
    .filter(({ name }) => ["as", "unique", "from"].includes(name) && !takes.includes(name))) {
    word.report({ message: `\`${word.name}\` means nothing beside \`${way.name}\``, hint: "remove it", atKey: true });
  }
}

/** One query parameter holds one value: which of the two words had it would be chance. */
function checkNames([one, size]: readonly (Entry | null)[]): void {
  const name = one?.text() ?? "";
  if (one == null || size == null || name === "" || parseSize(size.text() ?? "")?.name !== name) return;
  const message = `\`${one.name}\` and \`size\` both name the query parameter \`${name}\`, which has one value`;
  size.report({ message, hint: "name the one that asks for a page size, e.g. `size: per_page=100`" });
}

/** Where the records of a list are, or one by itself: a path, or one that ends with `*`, which stands for the values of an object. */
export const readPlaceOfRecords = (entry: Entry): readonly string[] => readPath(entry, true);

/** Property names with dots between. */
export function readPath(entry: Entry | null, mayBeEach = false): readonly string[] {
  const written = entry?.text() ?? "";
  const names = written.replaceAll(/`[^`]*`/g, "-").split(".");
  if (names.slice(0, mayBeEach ? -1 : undefined).includes(EACH_VALUE)) {
    const message = "`*` means the values of an object, and only at the end of `records`";
    entry?.report({ message, hint: "a property of that name stands in backticks" });
  }
  if (/^@[^.`]*\./.test(written)) {
    // Read as two names it would be absent from every page, and the first page would pass for the last.
    const hint = `a name that holds a dot stands in backticks: '\`${written}\`'`;
    entry?.report({ message: `\`${written}\` is read as two names`, hint });
  }
  const meant = meantBy(written);
  if (meant === null) return parsePath(written) ?? [];
  const path = parsePath(meant);
  entry?.report({
    message: `\`${written}\` is taken for the very name of a property; a path is names of properties with dots between`,
    hint: path === null ? "what is meant is the whole: leave it out" : `write \`${meant}\``,
  });
  return path ?? [];
}

/** What other languages write as `$.users`, `/users`, `users[*]`; null for a path of ours. A name that is so stands in backticks. */
function meantBy(written: string): string | null {
  if (written.includes("`") || !/^\$(\.|\[|$)|^\/|\[(\*|\d*|:)\]/.test(written)) return null;
  const names = written.startsWith("/") ? written.slice(1).replaceAll("/", ".") : written;
  return names
    .replaceAll(/\[(\*|\d*|:)\]/g, "")
    .replace(/^\$\.?/, "")
    .replace(/\.$/, "");
}

function readPlace(entry: Entry | null): Place {
  const header = /^header:(.+)$/.exec(entry?.text() ?? "");
  return header?.[1] === undefined
    ? { in: "body", path: readPath(entry) }
    : { in: "header", name: header[1].toLowerCase() };
}
