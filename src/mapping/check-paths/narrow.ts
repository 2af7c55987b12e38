import type { Scalar } from "../../domain/record-shape";
import { type AstNode, nodesOf, plainPathOf } from "../ast";
import { decide, type Lets, UNCLEAR } from "./decide";
import { type Possible, withAbsence } from "./possible";

/** What leaves records out, and the `let`s that it sees. */
export interface Omission {
  readonly condition: AstNode;
  readonly lets: Lets;
}

/** A record as fields see it, for what `skip` and `deletes` leave out never comes to be mapped. */
export interface Narrowed {
  /** Without what is surely left out. */
  readonly possible: Possible;
  /** Without what may be left out in a way that is not understood, either. */
  readonly sure: Possible;
}

export function narrowed(record: Possible, omissions: readonly Omission[]): Narrowed {
  const paths = new Map(omissions.flatMap(pathsIn).map((names) => [JSON.stringify(names), names]));
  let [possible, sure] = [record, record];
  for (const names of paths.values()) {
    const outcomes = (value: Scalar | undefined) =>
      omissions.map(({ condition, lets }) => decide(condition, lets, { names, value }));
    const isLeftOut = (value: Scalar | undefined) => outcomes(value).includes(true);
    const mayBeLeftOut = (value: Scalar) => outcomes(value).some((outcome) => outcome === true || outcome === UNCLEAR);
    const isAlwaysThere = isLeftOut(undefined);
    const limit = (isOut: (value: Scalar) => boolean) => (value: Possible) => {
      const constants = value.constants?.filter((constant) => !isOut(constant)) ?? null;
      return withAbsence({ ...value, constants }, isAlwaysThere ? "never" : value.absence);
    };
    possible = limited(possible, names, limit(isLeftOut));
    sure = limited(sure, names, limit(mayBeLeftOut));
  }
  return { possible, sure };
}

/** The plain paths that a condition reads, through `let` too. */
function pathsIn({ condition, lets }: Omission): readonly (readonly string[])[] {
  return [condition, ...lets.values()].flatMap((ast) =>
    [...nodesOf(ast)].flatMap((node) => {
      const path = plainPathOf(node);
      const isOfRecord = path !== null && (path.root === null || path.root === "$" || path.root === "");
      return isOfRecord && path.names.length > 0 ? [path.names] : [];
    }),
  );
}

function limited(value: Possible, names: readonly string[], limit: (value: Possible) => Possible): Possible {
  const [first, ...rest] = names;
  if (first === undefined) return limit(value);
  const { members } = value;
  return {
    ...value,
    members: {
      ...members,
      member(name) {
        const found = members.member(name);
        return found === null || name !== first ? found : limited(found, rest, limit);
      },
    },
  };
}
