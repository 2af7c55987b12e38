import type { Json } from "./json";

export type JsonKind = "null" | "boolean" | "number" | "string" | "object" | "array";
export type Scalar = string | number | boolean;

/**
 * What a value of a record can be, as a document says it or records show it. Properties and items are asked one step at
 * a time, so that a shape may contain itself.
 */
export interface RecordShape {
  /** Everything it can be; null when nothing is said of that. */
  readonly kinds: ReadonlySet<JsonKind> | null;
  /** Every text, number and boolean it can be; null when they are not listed. */
  readonly values: readonly Scalar[] | null;
  /** What a text is said to be, as OpenAPI names it: `date-time`, `email`; null when nothing is said. */
  readonly format: string | null;
  /** Names of the properties that are listed. */
  readonly names: ReadonlySet<string>;
  /** Properties beside those listed: there are none, there can be any, or nothing is said because none is listed. */
  readonly others: "none" | "any" | "unsaid";
  /** Null when there can be no such property. */
  property(name: string): RecordShape | null;
  /** Whether the property is always there; null when nothing is said of that. */
  requires(name: string): boolean | null;
  /** What the items of a list are. */
  items(): RecordShape;
}

/** The shape of which nothing is said. */
export const ANYTHING: RecordShape = {
  kinds: null,
  values: null,
  format: null,
  names: new Set(),
  others: "unsaid",
  property: () => ANYTHING,
  requires: () => null,
  items: () => ANYTHING,
};

export const kindOfJson = (value: Json): JsonKind =>
  value === null ? "null" : Array.isArray(value) ? "array" : (typeof value as Exclude<JsonKind, "null" | "array">);

export const canBe = ({ kinds }: RecordShape, kind: JsonKind): boolean => kinds === null || kinds.has(kind);

const isScalarKind = (kind: JsonKind): boolean => kind === "string" || kind === "number" || kind === "boolean";
const canBeScalar = ({ kinds }: RecordShape): boolean => kinds === null || [...kinds].some(isScalarKind);

/** What is of one of these shapes. */
export function eitherOf(shapes: readonly RecordShape[]): RecordShape {
  const [only, ...more] = shapes;
  if (only === undefined || shapes.includes(ANYTHING)) return ANYTHING;
  if (more.length === 0) return only;
  const objects = shapes.filter((shape) => canBe(shape, "object"));
  const lists = shapes.filter((shape) => canBe(shape, "array"));
  const names = new Set(objects.flatMap((shape) => [...shape.names]));
  const others = new Set(objects.map((shape) => shape.others));
  return {
    kinds: unionOf(shapes.map(({ kinds }) => kinds)),
    values: unionOfValues(shapes.filter(canBeScalar)),
    format: agreed(shapes.filter((shape) => canBe(shape, "string")).map(({ format }) => format)),
    names,
    others: others.size > 1 && !others.has("any") && others.has("unsaid") ? "any" : strongest(others),
    property(name) {
      const found = objects.map((shape) => shape.property(name)).filter((shape) => shape !== null);
      return found.length === 0 ? null : eitherOf(found);
    },
    requires(name) {
      const said = objects.map((shape) => (shape.property(name) === null ? false : shape.requires(name)));
      return said.includes(false) ? false : said.includes(null) || said.length === 0 ? null : true;
    },
    items: () => eitherOf(lists.map((shape) => shape.items())),
  };
}

/** What is of all these shapes at once. Those that say nothing of a matter leave it to the others. */
export function bothOf(all: readonly RecordShape[]): RecordShape {
  const shapes = all.filter((shape) => shape !== ANYTHING);
  const [only, ...more] = shapes;
  if (only === undefined) return ANYTHING;
  if (more.length === 0) return only;
  const names = new Set(shapes.flatMap((shape) => [...shape.names]));
  const others = strongest(new Set(shapes.map((shape) => shape.others)));
  return {
    kinds: shapes.map(({ kinds }) => kinds).reduce(intersection),
    values: shapes
      .map(({ values }) => values)
      .reduce((one, other) =>
        one === null || other === null ? (one ?? other) : one.filter((value) => other.includes(value)),
      ),
    format: shapes.find(({ format }) => format !== null)?.format ?? null,
    names,
    others,
    property(name) {
      const saying = shapes.filter((shape) => shape.names.has(name));
      if (saying.length === 0 && others !== "any")
        return others === "none" && !shapes.some((shape) => shape.requires(name) === true) ? null : ANYTHING;
      const asked = saying.length > 0 ? saying : shapes.filter((shape) => shape.others === "any");
      return bothOf(asked.map((shape) => shape.property(name)).filter((shape) => shape !== null));
    },
    requires(name) {
      const said = shapes.map((shape) => shape.requires(name));
      return said.includes(true) ? true : said.includes(false) ? false : null;
    },
    items: () => bothOf(shapes.filter((shape) => canBe(shape, "array")).map((shape) => shape.items())),
  };
}

/** The same, or null. */
export const orNull = (shape: RecordShape): RecordShape =>
  shape.kinds === null || shape.kinds.has("null") ? shape : { ...shape, kinds: new Set([...shape.kinds, "null"]) };

function unionOf(all: readonly RecordShape["kinds"][]): RecordShape["kinds"] {
  const union = new Set<JsonKind>();
  for (const kinds of all) {
    if (kinds === null) return null;
    for (const kind of kinds) union.add(kind);
  }
  return union;
}

function intersection(one: RecordShape["kinds"], other: RecordShape["kinds"]): RecordShape["kinds"] {
  if (one === null || other === null) return one ?? other;
  const common = new Set([...one].filter((kind) => other.has(kind)));
  // Nothing can be of such a shape; a document that says so means something else.
  return common.size === 0 ? null : common;
}

function unionOfValues(shapes: readonly RecordShape[]): RecordShape["values"] {
  const union = new Set<Scalar>();
  for (const { values } of shapes) {
    if (values === null) return null;
    for (const value of values) union.add(value);
  }
  return shapes.length === 0 ? null : [...union];
}

const strongest = (said: ReadonlySet<RecordShape["others"]>): RecordShape["others"] =>
  said.has("any") ? "any" : said.has("none") ? "none" : "unsaid";

const agreed = <T>(values: readonly (T | null)[]): T | null =>
  values.every((value) => value === values[0]) ? (values[0] ?? null) : null;
