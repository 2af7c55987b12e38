import type { Scalar } from "../../domain/record-shape";
import { type AstNode, nodeAt, nodesAt, nodesOf, plainPathOf } from "../ast";

/** A record of which one value is known; undefined when there is none. */
export interface Given {
  readonly names: readonly string[];
  readonly value: Scalar | undefined;
}

/** Other values of the record decide. */
const OTHERS: unique symbol = Symbol("others");
/** The value that is known may decide, in a way that is not understood here. */
export const UNCLEAR: unique symbol = Symbol("unclear");

type Open = typeof OTHERS | typeof UNCLEAR;
type Known = Scalar | null | undefined | readonly (Scalar | null)[];
type Decided = Known | Open;

/** Variables by name, those that another reads before it. */
export type Lets = ReadonlyMap<string, AstNode>;

/** What a condition gives for a record of which one value is known, as far as comparisons and what joins them go. */
export function decide(condition: AstNode, lets: Lets, given: Given): Decided {
  const known = new Map<string, Decided>();
  for (const [name, ast] of lets) known.set(name, new Decision(given, known).of(ast));
  return new Decision(given, known).of(condition);
}

class Decision {
  constructor(
    private readonly given: Given,
    private readonly lets: ReadonlyMap<string, Decided>,
  ) {}

  of(node: AstNode): Decided {
    if (node.type === "string" || node.type === "number" || node.type === "value") return node.value as Scalar | null;
    if (node.type === "block") return this.#block(node);
    if (node.type === "condition") return this.#choice(node);
    if (node.type === "binary") return this.#binary(node);
    if (node.type === "function") return this.#call(node);
    if (node.type === "unary" && node.value === "[") return this.#list(node);
    const path = plainPathOf(node);
    return path === null ? this.#other(node) : this.#path(node, path.root, path.names);
  }

  #path(node: AstNode, root: string | null, names: readonly string[]): Decided {
    if (root === "parent") return OTHERS;
    if (root !== null && names.length === 0 && this.lets.has(root)) return this.lets.get(root);
    if ((root !== null && root !== "$" && root !== "") || names.length === 0) return this.#other(node);
    const common = names.filter((name, index) => name === this.given.names[index]).length;
    if (common === names.length && common === this.given.names.length) return this.given.value;
    return common === Math.min(names.length, this.given.names.length) ? UNCLEAR : OTHERS;
  }

  #block(node: AstNode): Decided {
    const [only, ...more] = nodesAt(node, "expressions");
    return only === undefined || more.length > 0 ? this.#other(node) : this.of(only);
  }

  #choice(node: AstNode): Decided {
    const test = this.#truthAt(node, "condition");
    if (typeof test === "boolean") return this.#at(node, test ? "then" : "else");
    const [then, otherwise]: readonly Decided[] = [this.#at(node, "then"), this.#at(node, "else")];
    return then === otherwise ? then : (openAmong([test, then, otherwise]) ?? OTHERS);
  }

  #binary(node: AstNode): Decided {
    if (node.value === "and" || node.value === "or") {
      const sides: readonly (boolean | Open)[] = [this.#truthAt(node, "lhs"), this.#truthAt(node, "rhs")];
      const decisive = node.value === "or";
      if (sides.includes(decisive)) return decisive;
      return openAmong(sides) ?? !decisive;
    }
    const compare = COMPARISONS[String(node.value)];
    return compare === undefined ? this.#other(node) : applied(compare, this.#at(node, "lhs"), this.#at(node, "rhs"));
  }

  #call(node: AstNode): Decided {
    const [argument, ...more] = nodesAt(node, "arguments");
    const call = CALLS.get(String(nodeAt(node, "procedure")?.value));
    return call === undefined || argument === undefined || more.length > 0
      ? this.#other(node)
      : applied(call, this.of(argument));
  }

  #list(node: AstNode): Decided {
    const items = nodesAt(node, "expressions").map((item) => this.of(item));
    return items.every(isScalar) ? items : this.#other(node);
  }

  #at(node: AstNode, place: string): Decided {
    const found = nodeAt(node, place);
    return found === null ? undefined : this.of(found);
  }

  #truthAt(node: AstNode, place: string): boolean | Open {
    const value = this.#at(node, place);
    if (value === OTHERS || value === UNCLEAR) return value;
    return truthOf(value);
  }

  /** What is not understood. */
  #other(node: AstNode): Decided {
    const mayRead = ({ type, value }: AstNode) => {
      if (type === "name") return value === this.given.names[0];
      return type === "variable" ? this.#mayHold(String(value)) : type === "wildcard" || type === "descendant";
    };
    return [...nodesOf(node)].some(mayRead) ? UNCLEAR : OTHERS;
  }

  /** Functions of JSONata are variables too. */
  #mayHold(variable: string): boolean {
    if (variable === "" || variable === "$") return true;
    return this.lets.has(variable) && this.lets.get(variable) !== OTHERS;
  }
}

const isList = (value: unknown): value is readonly (Scalar | null)[] => Array.isArray(value);
const isScalar = (value: Decided): value is Scalar | null =>
  value !== undefined && typeof value !== "symbol" && !isList(value);

const openAmong = (values: readonly Decided[]): Open | null =>
  values.includes(UNCLEAR) ? UNCLEAR : values.includes(OTHERS) ? OTHERS : null;

const applied = (work: (...values: readonly Known[]) => Known, ...values: readonly Decided[]): Decided =>
  openAmong(values) ?? work(...values.filter((value) => typeof value !== "symbol"));

/** A list counts as true when an item does. */
const truthOf = (value: Known): boolean => (isList(value) ? value.some(Boolean) : Boolean(value));

const isSame = (one: Known, other: Known): boolean => JSON.stringify(one) === JSON.stringify(other);

/** With what is not there JSONata compares nothing. */
const COMPARISONS: Readonly<Record<string, (one: Known, other: Known) => boolean>> = {
  "=": (one, other) => one !== undefined && isSame(one, other),
  "!=": (one, other) => one !== undefined && other !== undefined && !isSame(one, other),
  in: (one, other) => one !== undefined && other !== undefined && [other].flat().includes(one as Scalar),
};

const ofText =
  (change: (text: string) => string) =>
  (value: Known): Known =>
    typeof value === "string" ? change(value) : undefined;

const CALLS = new Map<string, (value: Known) => Known>([
  ["not", (value) => (value === undefined ? undefined : !truthOf(value))],
  ["exists", (value) => value !== undefined],
  ["lowercase", ofText((text) => text.toLowerCase())],
  ["uppercase", ofText((text) => text.toUpperCase())],
]);
