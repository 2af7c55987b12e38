import { bail, COST, charge } from "./fuel";
import { callReference } from "./reference";
import { isList } from "./sequences";

const isNumber = (value: unknown): value is number => typeof value === "number";

/** A list of numbers, one number, or nothing. */
function numbersOf(list: unknown): readonly number[] | undefined {
  if (list === undefined) return undefined;
  if (isNumber(list)) return [list];
  if (!isList(list)) return bail();
  charge(list.length * COST.copy);
  for (const item of list) if (!isNumber(item)) return bail();
  return list as readonly unknown[] as readonly number[];
}

const sum = (list: unknown): number | undefined => numbersOf(list)?.reduce((total, number) => total + number, 0);

const max = (list: unknown): number | undefined => extreme(list, Math.max);
const min = (list: unknown): number | undefined => extreme(list, Math.min);

function extreme(list: unknown, better: (one: number, other: number) => number): number | undefined {
  const numbers = numbersOf(list);
  // Beyond what fits on the stack JSONata fails.
  if (numbers !== undefined && numbers.length > 50_000) return bail();
  return numbers === undefined || numbers.length === 0 ? undefined : numbers.reduce((one, other) => better(one, other));
}

function average(list: unknown): number | undefined {
  const numbers = numbersOf(list);
  if (numbers === undefined || numbers.length === 0) return undefined;
  return (sum(numbers) ?? 0) / numbers.length;
}

function number(value: unknown): number | undefined {
  if (value === undefined || typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string") return bail();
  charge(value.length);
  return callReference("number", value) as number;
}

const rounding =
  (compute: (value: number) => number) =>
  (value: unknown): number | undefined => {
    if (value === undefined) return undefined;
    return isNumber(value) ? compute(value) : bail();
  };

const abs = rounding(Math.abs);
const floor = rounding(Math.floor);
const ceil = rounding(Math.ceil);
const sqrt = rounding((value) => (value < 0 ? bail() : Math.sqrt(value)));

/** To even, at a decimal place. */
function round(value: unknown, places: unknown): number | undefined {
  if (!(value === undefined || isNumber(value)) || !(places === undefined || isNumber(places))) return bail();
  return value === undefined ? undefined : (callReference("round", value, places) as number);
}

function power(base: unknown, exponent: unknown): number | undefined {
  if (!(base === undefined || isNumber(base)) || !(exponent === undefined || isNumber(exponent))) return bail();
  if (base === undefined) return undefined;
  const result = base ** (exponent ?? Number.NaN);
  return Number.isFinite(result) ? result : bail();
}

/** Longer texts and pictures could keep JSONata's parsers of dates and numbers busy. */
const LONGEST = 64;

const isShort = (value: unknown): value is string => typeof value === "string" && value.length <= LONGEST;
const isShortOrMissing = (value: unknown): value is string | undefined => value === undefined || isShort(value);

function formatNumber(value: unknown, picture: unknown, options: unknown): unknown {
  if (!isShort(picture) || !areOptions(options)) return bail();
  if (value === undefined) return undefined;
  if (!isNumber(value) || !Number.isFinite(value)) return bail();
  return callReference("formatNumber", value, picture, options);
}

const areOptions = (options: unknown): boolean =>
  options === undefined ||
  (typeof options === "object" && options !== null && !isList(options) && Object.values(options).every(isShort));

function formatBase(value: unknown, radix: unknown): unknown {
  if (!(value === undefined || isNumber(value)) || !(radix === undefined || isNumber(radix))) return bail();
  return callReference("formatBase", value, radix);
}

function formatInteger(value: unknown, picture: unknown): unknown {
  if (value === undefined && isShort(picture)) return undefined;
  // As words, a number without bound would be a text without bound.
  if (!isNumber(value) || !(Math.abs(value) <= Number.MAX_SAFE_INTEGER) || !isShort(picture)) return bail();
  return callReference("formatInteger", value, picture);
}

function parseInteger(text: unknown, picture: unknown): unknown {
  if (!isShortOrMissing(text) || !isShort(picture)) return bail();
  return callReference("parseInteger", text, picture);
}

function toMillis(text: unknown, picture: unknown): unknown {
  if (!isShortOrMissing(text) || !isShortOrMissing(picture)) return bail();
  return callReference("toMillis", text, picture);
}

function fromMillis(millis: unknown, picture: unknown, timezone: unknown): unknown {
  if (!(millis === undefined || isNumber(millis)) || !isShortOrMissing(picture) || !isShortOrMissing(timezone))
    return bail();
  return callReference("fromMillis", millis, picture, timezone);
}

/** The builtins that work on numbers and points in time. */
export const NUMBER_FUNCTIONS = {
  sum,
  max,
  min,
  average,
  number,
  abs,
  floor,
  ceil,
  sqrt,
  round,
  power,
  formatNumber,
  formatBase,
  formatInteger,
  parseInteger,
  toMillis,
  fromMillis,
};
