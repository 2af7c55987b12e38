import type { RecordShape } from "../../domain/record-shape";
import { suggestion } from "../../domain/suggest";
import type { Entry } from "../yaml/entry";
import { parsePath } from "./quantities";
import { readPath } from "./read-paging";

/**
 * Paths into records that something is done with, such as leaving out what stands there.
 *
 * @param shapes of the records, any of which may be meant: nothing else would show that a path is misspelt
 * @param consequence of a misspelt one
 */
export const readRecordPaths = (
  entry: Entry | null,
  shapes: readonly (RecordShape | null)[],
  consequence: string,
): readonly (readonly string[])[] =>
  (entry?.items() ?? []).flatMap((item) => {
    const path = readPath(item);
    if (path.length > 0) {
      checkRecordPath(item, path, shapes, consequence);
      return [path];
    }
    item.report({ message: `\`${item.written()}\` is not a path`, hint: "e.g. `profile.ssn`" });
    return [];
  });

/** Warns of a path that no record has; the parameters are those of `readRecordPaths`. */
export function checkRecordPath(
  entry: Entry,
  path: readonly string[],
  shapes: readonly (RecordShape | null)[],
  consequence: string,
): void {
  if (shapes.length === 0 || shapes.some((shape) => shape === null || mayHold(shape, path))) return;
  const message = `no record of the API has \`${entry.written()}\`: if it is misspelt, ${consequence}`;
  entry.report({ message, severity: "warning" });
}

/** `{parent.id}` in what a child asks for is a path of its parent's records, as `$parent.id` is in its mapping. */
export function checkParentPaths(entry: Entry, parent: string, shape: RecordShape): void {
  for (const match of (entry.written() ?? "").matchAll(/(?<!\$)\{parent\.([^{}]*)\}/g)) {
    const [template, written = ""] = match;
    const path = parsePath(written);
    if (path === null || mayHold(shape, path)) continue;
    const message = `the records of \`${parent}\` have no \`${written}\`, so nothing fills \`${template}\``;
    const names = path.length === 1 ? [...shape.names] : [];
    const hint = suggestion(written, names, null);
    entry.report({ code: "MAP047", message, hint, part: { index: match.index, length: template.length } });
  }
}

/** Whether records can hold something at a path; a list on the way stands for each of its items. */
const mayHold = (shape: RecordShape, path: readonly string[]): boolean => {
  const [name, ...rest] = path;
  if (name === undefined) return true;
  const holders = shape.kinds?.has("array") === true ? [shape, shape.items()] : [shape];
  return holders.some((holder) => {
    const inside = holder.kinds?.has("object") === false ? null : holder.property(name);
    return inside !== null && mayHold(inside, rest);
  });
};
