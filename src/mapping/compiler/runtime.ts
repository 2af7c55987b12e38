import { bail, COST, charge, chargeNames, fuel } from "./fuel";
import { group } from "./groups";
import { LIST_FUNCTIONS } from "./list-functions";
import { NUMBER_FUNCTIONS } from "./number-functions";
import { orderBy, sortWith } from "./orders";
import { BAIL, OUT_OF_FUEL } from "./outcomes";
import type { Signature } from "./parse";
import { containsPattern, matchPattern, replaceBy, replacePattern, splitPattern } from "./pattern-functions";
import { contextOfItems, descendants, field, fieldOfList, fieldOfListKept, own, wildcard } from "./properties";
import {
  addFlat,
  addItem,
  append,
  contextItself,
  EMPTY,
  endedPath,
  flattens,
  isList,
  keptSingle,
  listed,
  newSequence,
  normal,
  normalKept,
  onlyResult,
  onlyResultKept,
  onlyResultListed,
  pick,
  pickListed,
  range,
  secondResult,
  sequenceOf,
  solid,
  stepList,
  twoItems,
} from "./sequences";
import {
  beginStream,
  endStream,
  groupStream,
  NO_STREAM,
  numberStream,
  orderIntoStream,
  orderStream,
  pickStream,
  stepStream,
  testStream,
} from "./streams";
import { TEXT_FUNCTIONS } from "./text-functions";
import { transform } from "./transforms";
import { differs, isIn, Made, noNumber, noOrder, picks, piece, same, string, truth } from "./values";

/** What an argument costs to be matched with a signature, which is a regular expression. */
const VALIDATION = 300;

/** The arguments a signature makes of those given. */
function validated(signature: Signature, args: readonly unknown[], context: unknown): unknown[] {
  for (const arg of args) charge(VALIDATION + (isList(arg) ? arg.length * COST.property : 0));
  try {
    return signature.validate(args, context);
  } catch {
    return bail();
  }
}

/** The names of an object's properties; nothing has none. */
function namesOf(object: unknown): readonly string[] {
  if (object === undefined) return [];
  if (typeof object !== "object" || object === null || isList(object)) return bail();
  const names = Object.keys(object);
  chargeNames(names.length);
  return names;
}

/** Everything emitted code calls, by the names it calls it. */
export const RUNTIME: Readonly<Record<string, unknown>> = {
  BAIL,
  OUT_OF_FUEL,
  bail,
  fuel,
  isFinite: Number.isFinite,
  isList: Array.isArray,
  EMPTY,
  Made,
  NO_STREAM,
  addFlat,
  addItem,
  append,
  beginStream,
  containsPattern,
  contextItself,
  contextOfItems,
  descendants,
  differs,
  endedPath,
  endStream,
  field,
  fieldOfList,
  fieldOfListKept,
  flattens,
  group,
  groupStream,
  isIn,
  keptSingle,
  listed,
  matchPattern,
  newSequence,
  noNumber,
  noOrder,
  normal,
  normalKept,
  numberStream,
  onlyResult,
  onlyResultKept,
  onlyResultListed,
  orderBy,
  orderIntoStream,
  orderStream,
  own,
  pick,
  pickListed,
  pickStream,
  picks,
  piece,
  range,
  replaceBy,
  replacePattern,
  same,
  secondResult,
  sequenceOf,
  solid,
  sortWith,
  splitPattern,
  stepList,
  stepStream,
  string,
  testStream,
  transform,
  truth,
  twoItems,
  wildcard,
  validated,
  namesOf,
  builtins: { ...LIST_FUNCTIONS, ...NUMBER_FUNCTIONS, ...TEXT_FUNCTIONS, string },
};
