import type { Expression, ExpressionFinding, MappingSpec } from "../domain/mapping";
import { placeName, placesIn } from "./paths-read";
import { expressionsOf } from "./source-expressions";
import { meet } from "./unkept-parts";

/**
 * Expressions that read what the job ignores: while nothing else changes in a record, they are not asked again.
 *
 * @param ignored property names from a record's root
 */
export function checkIgnored(
  spec: MappingSpec,
  deletes: Expression | null,
  ignored: readonly (readonly string[])[],
): readonly ExpressionFinding[] {
  if (ignored.length === 0) return [];
  const expressions = [
    ...[spec.key, spec.skip, deletes].filter((expression) => expression !== null),
    ...[...spec.fields, ...spec.attributes].flatMap(({ from }) => from.flatMap(expressionsOf)),
  ];
  return expressions.flatMap((expression) => findingsIn(expression, spec.let, ignored));
}

function findingsIn(
  expression: Expression,
  lets: MappingSpec["let"],
  ignored: readonly (readonly string[])[],
): readonly ExpressionFinding[] {
  const read = placesIn(expression, lets).find(
    ({ root, names }) => root === "record" && ignored.some((path) => meet(names, path)),
  );
  if (read === undefined) return [];
  const { text, at } = expression;
  return [
    {
      code: "MAP059",
      severity: "warning",
      message: `this reads \`${placeName(read)}\`, and the job ignores what changes there: it stays as it was until something else changes`,
      at,
      offset: 0,
      length: text.length,
      hint: "take the path out of `ignore`, or do without it here",
    },
  ];
}
