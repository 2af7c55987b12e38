import { bail, COST, charge, chargeNames, paid } from "./fuel";
import { isList } from "./sequences";

const RESERVED = ["_jsonata_lambda", "_jsonata_function"];

/** JSONata's truth: what is missing, null, zero, empty or a list without anything true is false. */
export function truth(value: unknown): boolean {
  switch (typeof value) {
    case "boolean":
      return value;
    case "string":
      return value !== "";
    case "number":
      return isNumber(value) && value !== 0;
    case "object":
      if (value === null) return false;
      return isList(value) ? truthOfList(value) : hasNames(value);
    default:
      return false;
  }
}

function truthOfList(list: readonly unknown[]): boolean {
  charge(list.length * COST.copy);
  let found = false;
  // To the end, for an infinite number anywhere in it is an error.
  for (const item of list) found = truth(item) || found;
  return found;
}

/** V8 lists the names of a large object before the first is seen, so all are paid for. */
function hasNames(object: object): boolean {
  const { length } = Object.keys(object);
  chargeNames(length);
  return length > 0;
}

/** Whether it is a number to JSONata, for which NaN is none and an infinite one an error. */
function isNumber(value: unknown): value is number {
  if (typeof value !== "number" || Number.isNaN(value)) return false;
  return Number.isFinite(value) || bail();
}

/** The result of arithmetic on anything but two finite numbers. */
export function noNumber(left: unknown, right: unknown): undefined {
  const fits = (value: unknown): boolean => value === undefined || Number.isFinite(value);
  return fits(left) && fits(right) ? undefined : bail();
}

/** The result of `<` and its like on anything but two numbers or two texts. */
export function noOrder(left: unknown, right: unknown): undefined {
  const fits = (value: unknown): boolean =>
    value === undefined || typeof value === "string" || typeof value === "number";
  if (!fits(left) || !fits(right)) return bail();
  return left === undefined || right === undefined ? undefined : bail();
}

/** `=`; what is missing equals nothing. */
export function same(left: unknown, right: unknown): boolean {
  return left !== undefined && right !== undefined && isDeepEqual(left, right);
}

/** `!=`; what is missing differs from nothing. */
export function differs(left: unknown, right: unknown): boolean {
  return left !== undefined && right !== undefined && !isDeepEqual(left, right);
}

/** Lists item by item, objects by their names whatever their order; a list may equal an object with the same names. */
export function isDeepEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (isList(left) && isList(right)) {
    if (left.length !== right.length) return false;
    charge(left.length * COST.visit);
    for (let index = 0; index < left.length; index += 1) if (!isDeepEqual(left[index], right[index])) return false;
    return true;
  }
  // JSONata compares the names of both; those of a list are its places, its marks and `length`.
  if (isList(left) !== isList(right)) return Object.hasOwn(left, "length") && Object.hasOwn(right, "length") && bail();
  const names = Object.getOwnPropertyNames(left);
  chargeNames(names.length);
  if (names.length !== Object.getOwnPropertyNames(right).length) return false;
  if (!names.every((name) => Object.hasOwn(right, name))) return false;
  return names.every((name) => isDeepEqual(Reflect.get(left, name), Reflect.get(right, name)));
}

/** `in`: no list counts as one item; items are compared by identity. */
export function isIn(item: unknown, list: unknown): boolean {
  if (item === undefined || list === undefined) return false;
  if (!isList(list)) return list === item;
  charge(list.length);
  return list.includes(item) && !Number.isNaN(item);
}

/** A text as part of another; what is missing is empty. */
export function piece(value: unknown): string {
  return typeof value === "string" ? value : (string(value) ?? "");
}

/** `$string`. */
export function string(value: unknown, pretty: unknown = false): string | undefined {
  if (typeof pretty !== "boolean" && pretty !== undefined) return bail();
  if (value === undefined) return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") return Number.isFinite(value) ? String(precise(value)) : bail();
  const whole = isList(value) && value.outerWrapper === true ? value[0] : value;
  return paid(JSON.stringify(whole, written, pretty === true ? 2 : 0) ?? bail());
}

/** Numbers are written with 15 digits. Every value is paid for, for a small value may hold another many times over. */
function written(name: string, value: unknown): unknown {
  charge(COST.property + name.length);
  if (typeof value === "number") {
    return isNumber(value) ? precise(value) : value;
  }
  if (typeof value === "string") charge(value.length);
  return value;
}

const precise = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(15)));

/** How often a filter's result picks the item at `index` of `length`: a number is a position, anything else a truth. */
export function picks(result: unknown, index: number, length: number): number {
  if (typeof result === "boolean") return result ? 1 : 0;
  if (isNumber(result)) return isPlace(result, index, length) ? 1 : 0;
  if (isList(result) && result.every(isNumber)) {
    charge(result.length * COST.copy);
    return result.filter((place) => isPlace(place as number, index, length)).length;
  }
  return truth(result) ? 1 : 0;
}

function isPlace(place: number, index: number, length: number): boolean {
  const whole = Math.floor(place);
  return (whole < 0 ? length + whole : whole) === index;
}

/** A key of an object to be made: a text JSONata allows, or undefined. */
export function keyOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === "string" && !RESERVED.includes(value) ? value : bail();
}

/** The objects that are made. They inherit no names, so `__proto__` is a name like any other to them. */
export const Made = function Made() {} as unknown as new () => Record<string, unknown>;
Made.prototype = Object.create(null);
