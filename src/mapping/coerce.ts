import { grouped } from "../domain/grouped";
import type { Json } from "../domain/json";
import type { FieldRule } from "../domain/mapping";
import { isStorable } from "../domain/storable";
import { isFunction, kindOf, Misfit } from "./misfit";
import { A_PASSWORD } from "./settle-password";
import { timestampOf } from "./timestamp";

const MAX_KEY_LENGTH = 1024;
const MAX_JSON_DEPTH = 100;
const LONGER_THAN_ANY_FORMAT = 1_000;
const MAX_JSON_VALUES = 100_000;

/** Absent, null, blank after trimming and the empty list are not present. */
export function isPresent(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "string") return isVisible(value.charCodeAt(0)) || value.trim() !== "";
  return !(Array.isArray(value) && value.length === 0);
}

/** Most texts begin with such a character, and so are not blank, which is seen without trimming. */
const isVisible = (code: number): boolean => code > 32 && code < 128;

/**
 * Brings a present value into the shape of its field's type; whether it then fits (formats, allowed values) is the
 * schema's question. Text is kept as it is; what has a format is trimmed. Throws a `Misfit`.
 */
export const COERCIONS: Readonly<Record<FieldRule["type"], (value: unknown) => Json>> = {
  text: textOf,
  email: shortTextOf,
  locale: localeOf,
  timezone: shortTextOf,
  enum: shortTextOf,
  boolean: booleanOf,
  timestamp: timestampOf,
  key: keyOf,
  number: numberOf,
  any: (value) => jsonOf(value),
  list: (value) => jsonOf(Array.isArray(value) ? value : [value]),
  // What a test may say of it: whether there is one.
  password: (value) => (booleanOf(value) ? A_PASSWORD : null),
};

/** A text of a format, which is never long: what is cut off, so that nobody has to read it, is too long still. */
function shortTextOf(value: unknown): string {
  return textOf(value).trim().slice(0, LONGER_THAN_ANY_FORMAT);
}

function localeOf(value: unknown): string {
  const text = shortTextOf(value);
  return text.includes("_") ? text.replaceAll("_", "-") : text;
}

/** Numbers and true and false become their exact text; lists and objects never become one. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number") return String(exact(value));
  throw new Misfit("MAP021", `is ${kindOf(value)}, a text is wanted`);
}

/** An upstream key: a text or a whole number, never blank; kept to the letter, for it is compared to the letter. */
export function keyOf(value: unknown): string {
  if (typeof value !== "string") return numberedKey(value);
  if (!isPresent(value)) throw new Misfit("MAP025", "is blank");
  if (value.length > MAX_KEY_LENGTH) throw new Misfit("MAP025", `is longer than ${MAX_KEY_LENGTH} characters`);
  return storable(value);
}

function numberedKey(value: unknown): string {
  if (value === undefined || value === null) throw new Misfit("MAP025", "is missing");
  if (typeof value !== "number") {
    throw new Misfit("MAP025", `is ${kindOf(value)}, a text or a whole number is wanted`);
  }
  if (Number.isInteger(value)) return String(exact(value));
  throw new Misfit("MAP025", "is a number with a fraction, a text or a whole number is wanted");
}

/** Only true, false and their English words; `1` or `yes` need a `map`, for nobody can know what they mean. */
function booleanOf(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? value.trim().toLowerCase() : null;
  if (word === "true" || word === "false") return word === "true";
  if (word !== null) throw new Misfit("MAP022", "is neither true nor false");
  throw new Misfit("MAP021", `is ${kindOf(value)}, true or false is wanted`);
}

function numberOf(value: unknown): number {
  if (typeof value === "number") return exact(value);
  if (typeof value !== "string") throw new Misfit("MAP021", `is ${kindOf(value)}, a number is wanted`);
  if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value.trim())) throw new Misfit("MAP022", "is not a number");
  return exact(Number(value));
}

function exact(value: number): number {
  if (!Number.isFinite(value)) throw new Misfit("MAP029", "is not a finite number");
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new Misfit("MAP027", "is a whole number beyond 2^53, whose last digits are lost");
  }
  return value;
}

/**
 * Any JSON, copied: JSONata's lists carry marks that must not travel on. Nothing is assigned, so `__proto__` stays data. Parts
 * that a value holds many times over are copied as often, so it is counted what becomes of them.
 */
function jsonOf(value: unknown, depth = 0, room = { left: MAX_JSON_VALUES }): Json {
  if (depth > MAX_JSON_DEPTH) throw new Misfit("MAP034", `is nested more than ${MAX_JSON_DEPTH} levels deep`);
  room.left -= 1;
  if (room.left < 0) throw new Misfit("MAP038", `holds more than ${grouped(MAX_JSON_VALUES)} values`);
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return exact(value);
  if (typeof value === "string") return storable(value);
  if (isFunction(value) || typeof value !== "object") throw new Misfit("MAP029", `is ${kindOf(value)}, not JSON`);
  if (Array.isArray(value)) return value.map((item) => jsonOf(item, depth + 1, room));
  const entries: [string, Json][] = [];
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined) entries.push([storable(name), jsonOf(item, depth + 1, room)]);
  }
  return Object.fromEntries(entries);
}

function storable(text: string): string {
  if (isStorable(text)) return text;
  throw unstorable();
}

const unstorable = (): Misfit =>
  new Misfit("MAP026", "holds a NUL character or half of a surrogate pair, which cannot be stored");
