import { isDeepStrictEqual } from "node:util";
import { FIELDS } from "../../domain/entities";
import { attributeLabel } from "../../domain/field-label";
import { isJsonList, isJsonObject, type Json, type JsonObject } from "../../domain/json";
import type { Mapped, MappingSpec } from "../../domain/mapping";
import { COERCIONS } from "../coerce";
import { itemShapeOf, listItems } from "../list-items";
import { Misfit } from "../misfit";
import { storedValue, writtenItem } from "../stored-value";

/** A field whose value is not the expected one. */
export interface Mismatch {
  readonly field: string;
  /** Names of the properties within its value where it differs; none when it is the value itself. */
  readonly inside: readonly string[];
  readonly expected: Json;
  readonly actual: Json;
}

/**
 * Compares what a test expects with what a run would store. What is not named is not looked at; null is nothing. Values are
 * brought into the shape they are stored in first, so that `2026-03-01` is that day's beginning and `{ role: r1 }` is `r1`. Links
 * have no order; all other lists must be the same to the letter.
 */
export function compareExpected(spec: MappingSpec, expected: JsonObject, mapped: Mapped): readonly Mismatch[] {
  return Object.entries(expected).flatMap(([name, wanted]) => {
    if (name === "attributes" && isJsonObject(wanted)) return compareAttributes(spec, wanted, mapped);
    return compareOne(name, asStored(spec, name, wanted), storedValue(spec.into, name, mapped), isLinkList(spec, name));
  });
}

function compareAttributes(spec: MappingSpec, expected: JsonObject, mapped: Mapped): readonly Mismatch[] {
  return Object.entries(expected).flatMap(([name, wanted]) => {
    const label = attributeLabel(name);
    const type = spec.attributes.find((rule) => rule.name === name)?.type ?? "any";
    return compareOne(label, coerced(type, wanted), storedValue(spec.into, label, mapped), false);
  });
}

function compareOne(field: string, expected: Json, actual: Json, isSet: boolean): readonly Mismatch[] {
  const [wanted, found] = isSet ? [sorted(expected), sorted(actual)] : [expected, actual];
  return differing(wanted, found).map((difference) => ({ field, ...difference }));
}

/** Where something expected is not there: objects may have more properties, lists must be the same. */
function differing(expected: Json, actual: Json, inside: readonly string[] = []): readonly Omit<Mismatch, "field">[] {
  if (!isJsonObject(expected) || !isJsonObject(actual)) {
    return isDeepStrictEqual(expected, actual) ? [] : [{ inside, expected, actual }];
  }
  return Object.entries(expected).flatMap(([name, wanted]) =>
    differing(wanted, Object.hasOwn(actual, name) ? (actual[name] ?? null) : null, [...inside, name]),
  );
}

function asStored(spec: MappingSpec, name: string, wanted: Json): Json {
  if (name === "key") return coerced("key", wanted);
  const field = FIELDS[spec.into].find((one) => one.name === name);
  if (field === undefined) return wanted;
  const shape = itemShapeOf(field);
  if (shape === null) return coerced(spec.fields.find((rule) => rule.name === name)?.type ?? field.type, wanted);
  try {
    const refuse = (misfit: Misfit): never => {
      throw misfit;
    };
    const items = listItems(wanted, shape, { translate: (item) => item, onMisfit: refuse });
    return items.map((item) => writtenItem(spec.into, name, item));
  } catch (error) {
    return asWritten(error, wanted);
  }
}

function coerced(type: keyof typeof COERCIONS, wanted: Json): Json {
  try {
    return wanted === null ? null : COERCIONS[type](wanted);
  } catch (error) {
    return asWritten(error, wanted);
  }
}

/** What could never be stored is compared as it is written, and found to differ. */
function asWritten(error: unknown, wanted: Json): Json {
  if (error instanceof Misfit) return wanted;
  throw error;
}

const isLinkList = (spec: MappingSpec, name: string): boolean =>
  FIELDS[spec.into].some((field) => field.name === name && field.links !== undefined);

function sorted(items: Json): Json {
  return isJsonList(items) ? [...items].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)) : (items ?? []);
}

const orderOf = (item: Json): string => JSON.stringify(item);
