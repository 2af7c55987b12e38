import type { RecordShape } from "../domain/record-shape";
import type { Entry } from "./entry";
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
  (entry?.items() ?? []).map((item) => {
    const path = readPath(item);
    if (path.length === 0) item.report({ message: `\`${item.written()}\` is not a path`, hint: "e.g. `profile.ssn`" });
    else if (shapes.length > 0 && shapes.every((shape) => shape !== null && !mayHold(shape, path))) {
      const message = `no record of the API has \`${item.written()}\`: if it is misspelt, ${consequence}`;
      item.report({ message, severity: "warning" });
    }
    return path;
  });

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
