import type { WayExpressions } from "../domain/login-expressions";
import type { Expression, ExpressionFinding } from "../domain/mapping";
import { listed, nearest } from "../domain/suggest";
import { treeOf } from "./ast";
import { checkSingleExpressions } from "./check-expressions";
import { checkOutcomes } from "./check-paths/check-outcomes";
import { placesIn } from "./paths-read";

/** Every mistake in the expressions of a way to sign in that can be found before anybody does. */
export const checkLoginExpressions = (way: WayExpressions): readonly ExpressionFinding[] => {
  const { expressions, sees, conditions } = way;
  return [
    ...checkSingleExpressions(expressions),
    ...(sees === null ? [] : expressions.flatMap((expression) => checkSeen(expression, sees))),
    ...(conditions.length === 0 ? [] : checkOutcomes(way)),
    ...conditions.flatMap((condition, index) => checkTwice(condition, conditions.slice(0, index))),
  ];
};

type Condition = WayExpressions["conditions"][number];

/** Two outcomes by one expression: the one that is asked later never comes about. */
function checkTwice({ word, expression }: Condition, earlier: readonly Condition[]): readonly ExpressionFinding[] {
  const meaning = meaningOf(expression);
  const same = earlier.find((other) => meaning !== null && meaningOf(other.expression) === meaning);
  if (same === undefined) return [];
  const { text, at } = expression;
  const message = `\`${word}\` says the same as \`${same.word}\`, which is asked first: it is never the answer`;
  const hint = "say what tells them apart, e.g. another `status`";
  return [{ code: "CFG005", severity: "error", message, at, offset: 0, length: text.length, hint }];
}

/** An expression however it is spaced; null for what does not parse, and for what stands where none is written. */
function meaningOf({ text }: Expression): string | null {
  if (text === "false") return null;
  try {
    return JSON.stringify(treeOf(text), (name, value: unknown) =>
      name === "position" ? undefined : value instanceof RegExp ? String(value) : value,
    );
  } catch {
    return null;
  }
}

/** What is at the top of an answer is known where the product puts it there; whatever else is read is never there. */
function checkSeen(expression: Expression, sees: readonly string[]): readonly ExpressionFinding[] {
  const container = ["claims", "body", "attributes"].find((name) => sees.includes(name));
  const tops = new Set(
    placesIn(expression, []).flatMap(({ root, names }) => (root === "record" ? names.slice(0, 1) : [])),
  );
  return [...tops]
    .filter((top) => !sees.includes(top))
    .map((top) => {
      const { text, at } = expression;
      const found = text.search(new RegExp(`\\b${top.replace(/\W/g, "\\$&")}\\b`));
      const better = nearest(top, sees) ?? `${container}.${top}`;
      const message = `\`${top}\` is never there: what comes back is seen as ${listed(sees)}`;
      const [offset, length] = found < 0 ? [0, text.length] : [found, top.length];
      const hint = `did you mean \`${better}\`?`;
      return { code: "MAP064", severity: "error", message, at, offset, length, hint } as const;
    });
}
