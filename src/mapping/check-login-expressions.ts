import type { WayExpressions } from "../domain/login-expressions";
import type { Expression, ExpressionFinding } from "../domain/mapping";
import { listed, nearest } from "../domain/suggest";
import { checkSingleExpressions } from "./check-expressions";
import { placesIn } from "./paths-read";

/** Every mistake in the expressions of a way to sign in that can be found before anybody does. */
export const checkLoginExpressions = ({ expressions, sees }: WayExpressions): readonly ExpressionFinding[] => [
  ...checkSingleExpressions(expressions),
  ...(sees === null ? [] : expressions.flatMap((expression) => checkSeen(expression, sees))),
];

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
