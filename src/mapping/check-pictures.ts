import type { ExpressionFinding } from "../domain/mapping";
import { type AstNode, isNode, nodeAt, nodesAt } from "./ast";

type PictureFinding = Pick<ExpressionFinding, "code" | "message" | "offset" | "length" | "hint">;

/**
 * What is wrong with the pictures that calls of `$toMillis` and `$fromMillis` write out: one without a year, for which JSONata would
 * fill in today, and one without any part, as in the languages that write `dd.MM.yyyy`, which fits nothing and says nothing.
 *
 * @param nodes all of one expression
 * @param local names that the expression itself defines
 */
export function checkPictures(nodes: readonly AstNode[], local: ReadonlySet<string>): readonly PictureFinding[] {
  const piped = new Set(nodes.filter(({ type }) => type === "apply").map((node) => nodeAt(node, "rhs")));
  return nodes.flatMap((node) => {
    const procedure = nodeAt(node, "procedure");
    if (!isNode(procedure) || procedure.type !== "variable") return [];
    const name = String(procedure.value);
    if (!(name === "toMillis" || name === "fromMillis") || local.has(name)) return [];
    // `~>` puts the text in front of what is written.
    const picture = nodesAt(node, "arguments")[piped.has(node) && node.type === "function" ? 0 : 1];
    if (picture?.type !== "string") return [];
    const parts = partsOf(String(picture.value));
    if (parts.length === 0) return [withoutParts(name, picture)];
    return name === "toMillis" && !parts.includes("Y") ? [readerOfToday(procedure)] : [];
  });
}

/** `[[` is a bracket and no part. */
const partsOf = (picture: string): readonly string[] =>
  [...picture.replaceAll("[[", "").matchAll(/\[\s*([^\]\s])[^\]]*\]/g)].map(([, part = ""]) => part);

/** JSONata takes from today what stands left of the first part that a picture has, and with a year nothing does. */
function readerOfToday({ position = 0 }: AstNode): PictureFinding {
  const message =
    "mappings may not use `$toMillis` with a picture that has no year `[Y]`: it fills in the date of the run, so the same record would give another value";
  const hint = 'put what is missing before both, e.g. `$toMillis("1970-01-01 " & …, "[Y]-[M]-[D] …")`';
  const { length } = "$toMillis";
  return { code: "MAP042", message, offset: Math.max(0, position - length), length, hint };
}

function withoutParts(name: "toMillis" | "fromMillis", { value, position = 0 }: AstNode): PictureFinding {
  const picture = String(value);
  const consequence = name === "toMillis" ? "no text ever fits it" : "every time becomes the same text";
  const length = picture.length + 2;
  return {
    code: "MAP057",
    message: `this picture has no part in brackets: ${consequence}`,
    offset: Math.max(0, position - length),
    length,
    hint: `write \`${translated(picture) ?? "[D01].[M01].[Y0001]"}\``,
  };
}

/** What most other languages write for the parts of a time. */
const PARTS: ReadonlyMap<string, string> = new Map([
  ...["yyyy", "YYYY", "uuuu"].map((letters) => [letters, "[Y0001]"] as const),
  ...[["MMMM", "[MNn]"] as const, ["MMM", "[MNn,*-3]"] as const, ["MM", "[M01]"] as const, ["M", "[M1]"] as const],
  ...["dd", "DD"].map((letters) => [letters, "[D01]"] as const),
  ...["d", "D"].map((letters) => [letters, "[D1]"] as const),
  ...[["HH", "[H01]"] as const, ["H", "[H1]"] as const, ["hh", "[h01]"] as const, ["h", "[h1]"] as const],
  ...[["mm", "[m01]"] as const, ["ss", "[s01]"] as const, ["SSS", "[f001]"] as const],
  ...["a", "A"].map((letters) => [letters, "[P]"] as const),
  ...[["T", "T"] as const, ["'T'", "T"] as const],
]);

/** Null where a letter could mean anything. */
function translated(picture: string): string | null {
  const words = picture.match(/'T'|([A-Za-z])\1*|[^A-Za-z]/g) ?? [];
  const parts = words.map((word) => PARTS.get(word) ?? (/^[\d\s./:,-]$/.test(word) ? word : null));
  return parts.some((part) => part?.startsWith("[")) && !parts.includes(null) ? parts.join("") : null;
}
