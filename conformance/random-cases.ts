import fc, { type Arbitrary, type Random } from "fast-check";
import type { Let } from "./ask";
import { Chance } from "./chance";
import { randomDocument, randomRecord } from "./random-documents";
import { type Kind, type Place, randomExpression } from "./random-expressions";
import { smallerTrees, type Tree, textOf } from "./tree";

/** Expressions of one mapping over one record. The record and its parent are JSON. */
export interface RandomCase {
  readonly record: string;
  readonly parent: string | null;
  /** Each may use those before it. */
  readonly lets: readonly Let[];
  readonly expressions: readonly string[];
}

/** Written by the grammar of `random-expressions.ts`; made smaller by leaving out its parts, so it needs no memory of how it came about. */
class ExpressionArbitrary extends fc.Arbitrary<Tree> {
  readonly #lets: readonly string[];

  constructor(lets: readonly string[]) {
    super();
    this.#lets = lets;
  }

  override generate(random: Random): fc.Value<Tree> {
    const chance = new Chance(random);
    const place: Place = {
      chance,
      variables: chance.percent(50) ? this.#lets : [],
      size: chance.one([1, 2, 2, 4, 4, 8, 16]),
    };
    const kind = chance.one<Kind>(["any", "any", "text", "number", "truth", "list", "object"]);
    return new fc.Value(randomExpression(place, kind), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Tree {
    return typeof value === "object" && value !== null && "parts" in value;
  }

  override shrink(value: Tree): fc.Stream<fc.Value<Tree>> {
    return new fc.Stream(smallerTrees(value)).map((smaller) => new fc.Value(smaller, undefined));
  }
}

const expressionWith = (lets: readonly string[]): Arbitrary<string> =>
  new ExpressionArbitrary(lets).map(textOf, treeOf);

/** A text that lost its tree is not made smaller. */
const treeOf = (text: unknown): Tree => ({ parts: [String(text)] });

/** Something that can be left out to make a case smaller. */
const perhaps = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | null> => fc.option(arbitrary, { freq: 1 });

/** Up to two `let`s and three expressions that may read them. */
export const randomCase: Arbitrary<RandomCase> = fc
  .record({
    record: fc.oneof({ weight: 12, arbitrary: randomRecord }, { weight: 1, arbitrary: randomDocument }),
    parent: perhaps(randomRecord),
    p: perhaps(expressionWith([])),
    q: perhaps(expressionWith(["p"])),
    first: expressionWith(["p", "q"]),
    second: perhaps(expressionWith(["p", "q"])),
    third: perhaps(expressionWith(["p", "q"])),
  })
  .map(({ record, parent, p, q, first, second, third }) => ({
    record,
    parent,
    lets: [
      ...(p === null ? [] : [{ name: "p", expression: p }]),
      ...(q === null ? [] : [{ name: "q", expression: q }]),
    ],
    expressions: [first, second, third].filter((expression) => expression !== null),
  }));
