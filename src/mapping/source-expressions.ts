import type { Expression, Source } from "../domain/mapping";

/** The expressions of a field's source, in the order they are written. */
export const expressionsOf = (source: Source): readonly Expression[] =>
  source.kind === "join" ? source.parts : [source.expression];
