import { isJsonObject, type Json } from "../../domain/json";
import type { Expression, ExpressionFinding, MappingSpec } from "../../domain/mapping";
import { ANYTHING, kindOfJson, type RecordShape } from "../../domain/record-shape";
import { checkPaths, type Shapes } from "./check-paths";

/** The shape that all of these values have. What none of them shows is not there; an empty list shows nothing of its items. */
export function shapeOfRecords(values: readonly unknown[]): RecordShape {
  const json = values as readonly Json[];
  if (json.length === 0) return ANYTHING;
  const objects = json.filter(isJsonObject);
  const names = new Set(objects.flatMap((object) => Object.keys(object)));
  return {
    ...ANYTHING,
    kinds: new Set(json.map(kindOfJson)),
    names,
    others: names.size === 0 ? "unsaid" : "none",
    property(name) {
      if (names.size === 0) return ANYTHING;
      const found = objects.filter((object) => Object.hasOwn(object, name)).map((object) => object[name]);
      return found.length === 0 ? null : shapeOfRecords(found);
    },
    requires: (name) => objects.every((object) => Object.hasOwn(object, name)),
    items: () => shapeOfRecords(json.flatMap((value): readonly Json[] => (Array.isArray(value) ? value : []))),
  };
}

/**
 * What `checkPaths` finds by records that were looked at. They are evidence, no proof: other records may differ, so it
 * warns. What is found without them is left out.
 *
 * @param shapes of the sample, where there is no document
 * @param count how many records were looked at
 */
export function checkBySample(
  spec: MappingSpec,
  deletes: Expression | null,
  documented: Shapes,
  shapes: Shapes,
  count: number,
): readonly ExpressionFinding[] {
  const identity = ({ code, at, offset, message }: ExpressionFinding) =>
    `${code} ${at.file}:${at.line}:${at.column}+${offset} ${message}`;
  const known = new Set(checkPaths(spec, deletes, documented).map(identity));
  const evidence = `(going by ${count} ${count === 1 ? "record" : "records"} of the API)`;
  return checkPaths(spec, deletes, shapes)
    .filter((finding) => !known.has(identity(finding)))
    .map((finding) => ({ ...finding, severity: "warning", message: `${finding.message} ${evidence}` }));
}
