import { isJsonList, isJsonObject, type Json, type JsonObject } from "../domain/json";
import { kindOf, Misfit } from "./misfit";

/** Far beyond any real record, far below what exhausts the stack. */
const MAX_DEPTH = 500;

/** 2 to this power characters weigh as much as a value. */
const LONG_TEXT = 5;

/** JSONata takes an object with such a property for a function and would run what the record says. */
const RESERVED_PREFIX = "_jsonata_";
const UNDERSCORE = RESERVED_PREFIX.charCodeAt(0);

export interface PreparedRecord {
  readonly record: JsonObject;
  /** How many values it holds, at all depths, a long text counting as several: what bounds the work of an expression. */
  readonly size: number;
}

/**
 * A raw record as expressions see it: an object of bounded depth, its nulls removed unless `keepNulls`
 * (JSONata's functions throw on null). What holds no null is handed on as it is, not copied.
 * Throws a `Misfit` (MAP034, MAP035, MAP033).
 */
export function prepareRecord(raw: unknown, keepNulls: boolean): PreparedRecord {
  if (!isJsonObject(raw)) throw new Misfit("MAP035", `the record is ${kindOf(raw)}, not an object`);
  const walk = { keepNulls, size: 1 };
  return { record: preparedObject(raw, 0, walk), size: walk.size };
}

/** One walk over the whole record, so that its depth and names are checked too. */
interface Walk {
  readonly keepNulls: boolean;
  size: number;
}

function preparedObject(object: JsonObject, depth: number, walk: Walk): JsonObject {
  if (depth === MAX_DEPTH) throw tooDeep();
  let copy: Record<string, Json> | null = null;
  let nulls = 0;
  for (const name in object) {
    if (name.charCodeAt(0) === UNDERSCORE && name.startsWith(RESERVED_PREFIX)) throw reserved();
    const value = object[name];
    walk.size += 1;
    if (typeof value === "string") walk.size += value.length >> LONG_TEXT;
    else if (value === null || value === undefined) nulls += 1;
    else if (typeof value === "object") {
      const clean = preparedValue(value, depth + 1, walk);
      if (clean !== value) {
        copy ??= { ...object };
        copy[name] = clean;
      }
    }
  }
  const clean = copy ?? object;
  return nulls === 0 || walk.keepNulls ? clean : withoutNulls(clean);
}

function preparedList(list: readonly Json[], depth: number, walk: Walk): readonly Json[] {
  if (depth === MAX_DEPTH) throw tooDeep();
  let copy: Json[] | null = null;
  let nulls = 0;
  for (let index = 0; index < list.length; index += 1) {
    const value = list[index];
    walk.size += 1;
    if (typeof value === "string") walk.size += value.length >> LONG_TEXT;
    else if (value === null || value === undefined) nulls += 1;
    else if (typeof value === "object") {
      const clean = preparedValue(value, depth + 1, walk);
      if (clean !== value) {
        copy ??= [...list];
        copy[index] = clean;
      }
    }
  }
  const clean = copy ?? list;
  return nulls === 0 || walk.keepNulls ? clean : clean.filter((item) => item !== null && item !== undefined);
}

const preparedValue = (value: JsonObject | readonly Json[], depth: number, walk: Walk): Json =>
  isJsonList(value) ? preparedList(value, depth, walk) : preparedObject(value, depth, walk);

function withoutNulls(object: JsonObject): JsonObject {
  const copy: Record<string, Json> = {};
  for (const name in object) {
    const value = object[name];
    if (value === null || value === undefined) continue;
    if (name === "__proto__") Object.defineProperty(copy, name, { ...PLAIN, value });
    else copy[name] = value;
  }
  return copy;
}

/** Assigned, a property named `__proto__` would become the prototype; defined, it stays plain data. */
const PLAIN = { enumerable: true, configurable: true, writable: true };

const tooDeep = (): Misfit => new Misfit("MAP034", `the record is nested more than ${MAX_DEPTH} levels deep`);

const reserved = (): Misfit =>
  new Misfit("MAP033", `the record has a property name that starts with \`${RESERVED_PREFIX}\``);
