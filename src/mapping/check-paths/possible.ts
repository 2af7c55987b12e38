import { ANYTHING, type JsonKind, type RecordShape, type Scalar } from "../../domain/record-shape";

export type Kind = JsonKind | "function";

/** Whether there may be nothing at all: surely not, nobody says, or it is said that there may. */
export type Absence = "never" | "unsaid" | "possible";

/**
 * How often a path gives its value: once, for those items of a list that a filter lets through, or for all of them.
 * Of several values JSONata makes a list, one stands for itself.
 */
export type Spread = "one" | "some" | "many";

/** What an expression may give. */
export interface Possible {
  /** Null when nothing is known of it. */
  readonly kinds: ReadonlySet<Kind> | null;
  readonly absence: Absence;
  /** Every scalar it can be; null when they are not known. */
  readonly constants: readonly Scalar[] | null;
  /** What its objects have. */
  readonly members: Members;
  /** The items of its lists; asked for when needed, for a shape may contain itself. */
  readonly items: () => Possible;
  /** Where a list among its kinds comes from: `one` is a list that is always one. */
  readonly spread: Spread;
  /** What it gives when it is called. */
  readonly call: ((values: readonly Possible[]) => Possible) | null;
  /** Of how many values this is one or another. */
  readonly weight: number;
}

/** Beyond, a value counts as unknown: those of an expression that goes round and round would grow without end. */
const MAX_WEIGHT = 100;

export interface Members {
  readonly names: ReadonlySet<string>;
  /** Whether there may be members beside these. */
  readonly isOpen: boolean;
  /** Null when there can be no such member. */
  member(name: string): Possible | null;
}

const NO_MEMBERS: Members = { names: new Set(), isOpen: true, member: () => UNKNOWN };

export const UNKNOWN: Possible = {
  kinds: null,
  absence: "unsaid",
  constants: null,
  members: NO_MEMBERS,
  items: () => UNKNOWN,
  spread: "one",
  call: null,
  weight: 1,
};

export const ofKind = (...kinds: readonly Kind[]): Possible => ({
  ...UNKNOWN,
  kinds: new Set(kinds),
  absence: "never",
});

export const constant = (value: Scalar): Possible => ({ ...ofKind(typeof value as Kind), constants: [value] });

export const listOf = (items: Possible): Possible => ({ ...ofKind("array"), items: () => items });

export const TRUTH: Possible = { ...ofKind("boolean"), constants: [true, false] };

export const withAbsence = (value: Possible, absence: Absence): Possible =>
  value.absence === absence ? value : { ...value, absence };

const ABSENCES: readonly Absence[] = ["never", "unsaid", "possible"];
const SPREADS: readonly Spread[] = ["one", "some", "many"];

export const mostAbsent = (...all: readonly Absence[]): Absence =>
  ABSENCES[Math.max(0, ...all.map((absence) => ABSENCES.indexOf(absence)))] ?? "unsaid";
export const leastAbsent = (...all: readonly Absence[]): Absence =>
  ABSENCES[Math.min(...all.map((absence) => ABSENCES.indexOf(absence)))] ?? "unsaid";
export const widest = (...all: readonly Spread[]): Spread =>
  SPREADS[Math.max(0, ...all.map((spread) => SPREADS.indexOf(spread)))] ?? "many";

export const mayBe = ({ kinds }: Possible, kind: Kind): boolean => kinds === null || kinds.has(kind);

/** Whether it is known to be nothing but of these kinds. */
export const isOnly = ({ kinds }: Possible, ...wanted: readonly Kind[]): boolean =>
  kinds !== null && kinds.size > 0 && [...kinds].every((kind) => wanted.includes(kind));

/** Whether what it can be is known, and is none of these. */
export const isNoneOf = ({ kinds }: Possible, wanted: ReadonlySet<Kind>): boolean =>
  kinds !== null && kinds.size > 0 && ![...kinds].some((kind) => wanted.has(kind));

/** A value of a record. Nulls are removed before expressions see it, unless the mapping keeps them. */
export function ofShape(shape: RecordShape, keepNulls: boolean): Possible {
  if (shape === ANYTHING) return keepNulls ? ANY_VALUE : ANY_BUT_NULL;
  const said = shape.kinds ?? ALL_KINDS;
  const isNullable = shape.kinds?.has("null") === true;
  const kinds = new Set<Kind>([...said].filter((kind) => kind !== "null" || keepNulls));
  return {
    kinds,
    absence: isNullable ? "possible" : "never",
    constants: shape.values ?? (isOnly({ ...UNKNOWN, kinds }, "boolean") ? [true, false] : null),
    members: {
      names: shape.names,
      isOpen: shape.others !== "none",
      member(name) {
        const found = shape.property(name);
        if (found === null) return null;
        const value = ofShape(found, keepNulls);
        const required = shape.requires(name);
        const missing = required === true ? "never" : required === false ? "possible" : "unsaid";
        return withAbsence(value, mostAbsent(value.absence, missing));
      },
    },
    items: () => withAbsence(ofShape(shape.items(), keepNulls), "never"),
    spread: "one",
    call: null,
    weight: 1,
  };
}

const ALL_KINDS: ReadonlySet<JsonKind> = new Set(["null", "boolean", "number", "string", "object", "array"]);

/** Of what no document speaks, it may be anything. */
export const mayBeAnything = ({ kinds }: Possible): boolean =>
  kinds === null || [...ALL_KINDS].every((kind) => kind === "null" || kinds.has(kind));

const anyOf = (kinds: readonly JsonKind[]): Possible => {
  const any: Possible = {
    ...UNKNOWN,
    kinds: new Set(kinds),
    members: { names: new Set(), isOpen: true, member: () => any },
    items: () => any,
  };
  return any;
};
const ANY_VALUE = anyOf([...ALL_KINDS]);
const ANY_BUT_NULL = anyOf([...ALL_KINDS].filter((kind) => kind !== "null"));

/** One or another of these, none of which is known to be it. */
export function either(...values: readonly Possible[]): Possible {
  const [first = UNKNOWN, ...rest] = values;
  return rest.reduce(eitherOfTwo, first);
}

function eitherOfTwo(one: Possible, other: Possible): Possible {
  if (one === other) return one;
  const weight = one.weight + other.weight;
  if (weight > MAX_WEIGHT) return { ...UNKNOWN, absence: mostAbsent(one.absence, other.absence) };
  const [objects, lists] = [thatMayBe("object", one, other), thatMayBe("array", one, other)];
  const [scalars, isKnown] = [[one, other].filter(mayBeScalar), one.kinds !== null && other.kinds !== null];
  const values = scalars.map(({ constants }) => constants);
  return {
    kinds: isKnown ? new Set([...(one.kinds ?? []), ...(other.kinds ?? [])]) : null,
    absence: mostAbsent(one.absence, other.absence),
    constants:
      values.includes(null) || values.length === 0 ? null : [...new Set(values.flatMap((found) => found ?? []))],
    members: objects.length === 1 ? (objects[0]?.members ?? NO_MEMBERS) : eitherMembers(one.members, other.members),
    items: () => either(...lists.map((list) => list.items())),
    spread: widest(...lists.map((list) => list.spread)),
    call: null,
    weight,
  };
}

const thatMayBe = (kind: Kind, ...values: readonly Possible[]) => values.filter((value) => mayBe(value, kind));

const mayBeScalar = (value: Possible): boolean =>
  mayBe(value, "string") || mayBe(value, "number") || mayBe(value, "boolean");

const eitherMembers = (one: Members, other: Members): Members => ({
  names: new Set([...one.names, ...other.names]),
  isOpen: one.isOpen || other.isOpen,
  member(name) {
    const found = [one.member(name), other.member(name)].filter((value) => value !== null);
    if (found.length === 0) return null;
    const value = either(...found);
    return found.length === 2 ? value : withAbsence(value, "possible");
  },
});

/** What one item of a list may be; what is no list is its only item. */
export function itemOf(value: Possible): Possible {
  if (value.kinds === null) return UNKNOWN;
  if (!value.kinds.has("array")) return value;
  const item = value.items();
  // What a path gathered may also be a single item, and that a list of its own.
  if (value.spread !== "one") return mayBe(item, "array") ? either(item, item.items()) : item;
  return isOnly(value, "array") ? item : either(withoutLists(value), item);
}

/** What a property is looked up in: items of lists, and of lists within them. */
export function flatOf(value: Possible, depth = 0): Possible {
  if (value.kinds === null) return UNKNOWN;
  if (!value.kinds.has("array")) return value;
  const item = itemOf(value);
  const isAlike = item.members === value.members || depth > MAX_NESTING;
  return isAlike ? withoutLists(item) : flatOf(item, depth + 1);
}

const MAX_NESTING = 20;

const withoutLists = (value: Possible): Possible => ({
  ...value,
  kinds: value.kinds === null ? null : new Set([...value.kinds].filter((kind) => kind !== "array")),
});

/** The result of a step over several values: a list of what each gave, or that itself when there is one. */
export function gathered(value: Possible, spread: Spread): Possible {
  if (spread === "one") return value;
  if (value.kinds === null) return withAbsence(value, "unsaid");
  const item = itemOf(value);
  return {
    ...item,
    kinds: item.kinds === null ? null : new Set<Kind>([...item.kinds, "array"]),
    // There may be nothing to go over.
    absence: "unsaid",
    items: () => item,
    spread,
  };
}

/** How often a step over this value is taken. */
export const spreadOf = (value: Possible): Spread =>
  value.kinds?.has("array") !== true
    ? "one"
    : value.spread !== "one"
      ? value.spread
      : isOnly(value, "array")
        ? "many"
        : "some";
