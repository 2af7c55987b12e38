import { isJsonObject, type Json, type JsonObject } from "../domain/json";
import { kindOf, Misfit } from "./misfit";

/** Far beyond any real record, far below what exhausts the stack. */
const MAX_DEPTH = 500;

/** 2 to this power characters weigh as much as a value. */
const LONG_TEXT = 5;

/** JSONata takes an object with such a property for a function and would run what the record says. */
const RESERVED_PREFIX = "_jsonata_";

export interface PreparedRecord {
  readonly record: JsonObject;
  /** How many values it holds, at all depths, a long text counting as several: what bounds the work of an expression. */
  readonly size: number;
}

/**
 * A raw record as expressions see it: an object of bounded depth, its nulls removed unless `keepNulls`
 * (JSONata's functions throw on null). A record without nulls is handed on as it is, not copied.
 * Throws a `Misfit` (MAP034, MAP035, MAP033).
 */
export function prepareRecord(raw: unknown, keepNulls: boolean): PreparedRecord {
  if (!isJsonObject(raw)) throw new Misfit("MAP035", `the record is ${kindOf(raw)}, not an object`);
  const seen = { values: 0, nulls: 0 };
  visit(raw, 0, seen);
  return { record: seen.nulls > 0 && !keepNulls ? objectWithoutNulls(raw) : raw, size: seen.values };
}

/** Visits the whole record, so that its depth and names are checked too. */
function visit(value: Json, depth: number, seen: { values: number; nulls: number }): void {
  seen.values += typeof value === "string" ? 1 + (value.length >> LONG_TEXT) : 1;
  if (value === null) seen.nulls += 1;
  if (typeof value !== "object" || value === null) return;
  if (depth === MAX_DEPTH) throw new Misfit("MAP034", `the record is nested more than ${MAX_DEPTH} levels deep`);
  if (isList(value)) {
    for (const item of value) visit(item, depth + 1, seen);
    return;
  }
  for (const name in value) {
    if (name.startsWith(RESERVED_PREFIX)) {
      throw new Misfit("MAP033", `the record has a property name that starts with \`${RESERVED_PREFIX}\``);
    }
    visit(value[name] ?? null, depth + 1, seen);
  }
}

function withoutNulls(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  return isList(value) ? value.filter((item) => item !== null).map(withoutNulls) : objectWithoutNulls(value);
}

function objectWithoutNulls(object: JsonObject): JsonObject {
  const copy: Record<string, Json> = {};
  for (const name in object) {
    const value = object[name];
    if (value === null || value === undefined) continue;
    if (name === "__proto__") Object.defineProperty(copy, name, { ...PLAIN, value: withoutNulls(value) });
    else copy[name] = withoutNulls(value);
  }
  return copy;
}

/** Assigned, a property named `__proto__` would become the prototype; defined, it stays plain data. */
const PLAIN = { enumerable: true, configurable: true, writable: true };

const isList = (value: object): value is readonly Json[] => Array.isArray(value);
