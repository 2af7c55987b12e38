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

const LETS = ["p", "q"] as const;

/** Written by the grammar of `random-expressions.ts`; made smaller by leaving out its parts, so it needs no memory of how it came about. */
class ExpressionArbitrary extends fc.Arbitrary<Tree> {
  readonly #lets: readonly string[];

  constructor(lets: readonly string[]) {
    super();
    this.#lets = lets;
  }

  override generate(random: Random): fc.Value<Tree> {
    const chance = new Chance(random);
    const place: Place = { chance, variables: this.#lets, size: chance.one([1, 2, 2, 4, 4, 8, 16]) };
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

const letsOf = (count: number): Arbitrary<RandomCase["lets"]> =>
  fc.tuple(
    ...LETS.slice(0, count).map((name, index) =>
      expressionWith(LETS.slice(0, index)).map((expression) => ({ name, expression })),
    ),
  );

/** Up to two `let`s and three expressions that may read them. */
export const randomCase: Arbitrary<RandomCase> = fc.constantFrom(0, 0, 1, 2).chain((count) =>
  fc.record({
    record: fc.oneof({ weight: 12, arbitrary: randomRecord }, { weight: 1, arbitrary: randomDocument }),
    parent: fc.option(randomRecord, { freq: 3 }),
    lets: letsOf(count),
    expressions: fc.array(expressionWith(LETS.slice(0, count)), { minLength: 1, maxLength: 3 }),
  }),
);
