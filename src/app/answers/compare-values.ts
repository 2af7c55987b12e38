import { isDeepStrictEqual } from "node:util";
import { FIELDS, type FieldSpec } from "../../domain/entities";
import { isJsonList, type Json } from "../../domain/json";
import { leavingOut, type RecordTrace } from "../../domain/trace";
import { storedValue } from "../../mapping/stored-value";

/** What the record would make of the field, where that differs; `because` when the record itself comes to nothing. */
export function otherThan(
  own: Json,
  label: string,
  trace: RecordTrace,
): { readonly value: Json; readonly because: string | null } | null {
  const { result } = trace;
  switch (result.outcome) {
    case "rejected":
      return {
        value: null,
        because: `the record is rejected, so the old value stays: ${result.reason} (${result.code})`,
      };
    case "skipped":
      return {
        value: null,
        because: `the record is left out: \`${leavingOut(trace)}\` says so`,
      };
    default: {
      const would = storedValue("users", label, result);
      const spec = FIELDS.users.find(({ name }) => name === label);
      return isDeepStrictEqual(comparable(would, spec), comparable(own, spec)) ? null : { value: would, because: null };
    }
  }
}

/** Lists without their order, moments without their spelling, objects without the order of their names. */
function comparable(value: Json, spec: FieldSpec | undefined): Json {
  if (spec?.links !== undefined && isJsonList(value)) return inOrder(value);
  if (spec?.type === "timestamp" && typeof value === "string") return new Date(value).toISOString();
  return value;
}

/** A set of keys, each once, so that two can be compared. */
export const inOrder = (items: readonly Json[]): readonly Json[] =>
  [...new Map(items.map((item) => [JSON.stringify(item), item] as const))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, item]) => item);
