import { counted } from "../../domain/grouped";
import { isJsonObject, type Json } from "../../domain/json";
import type { Expression, ExpressionFinding, MappingSpec } from "../../domain/mapping";
import { ANYTHING, kindOfJson, type RecordShape } from "../../domain/record-shape";
import { checkPaths, type Shapes } from "./check-paths";

/** An object with more names than this is a list of its own, and its names are data. */
const MAX_NAMES = 60;

/** What may be told in a message; addresses and the like are data of persons even where they are names. */
const NAME = /^[A-Za-z_$][\w$-]{0,40}$/;

/** The shape that all of these values have. What none of them shows is not there; an empty list shows nothing of its items. */
export function shapeOfRecords(values: readonly unknown[]): RecordShape {
  const json = values as readonly Json[];
  if (json.length === 0) return ANYTHING;
  const objects = json.filter(isJsonObject);
  const all = new Set(objects.flatMap((object) => Object.keys(object)));
  const names = all.size > MAX_NAMES ? new Set<string>() : new Set([...all].filter((name) => NAME.test(name)));
  const others = all.size === 0 ? "unsaid" : names.size < all.size ? "any" : "none";
  return {
    ...ANYTHING,
    kinds: new Set(json.map(kindOfJson)),
    names,
    others,
    property(name) {
      const found = objects.filter((object) => Object.hasOwn(object, name)).map((object) => object[name]);
      if (found.length > 0) return shapeOfRecords(found);
      return others === "none" ? null : ANYTHING;
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
  const evidence = `(going by ${counted(count, "record")} of the API)`;
  return checkPaths(spec, deletes, shapes)
    .filter((finding) => !known.has(identity(finding)))
    .map((finding) => ({ ...finding, severity: "warning", message: `${finding.message} ${evidence}` }));
}
