import { BUILTINS } from "./builtins";
import { type Facts, type Ir, Kind, Origin } from "./ir";

const UNKNOWN: Facts = { kinds: Kind.Any, origin: Origin.Unknown };
const scalar = (kinds: number): Facts => ({ kinds, origin: Origin.Record });

/** What is known of a node's value before any record is seen. */
export function factsOf(ir: Ir): Facts {
  switch (ir.op) {
    case "const":
      return scalar(kindOfConstant(ir.value));
    case "nothing":
    case "fail":
      return scalar(Kind.Undefined);
    case "local":
      return ir.slot;
    case "parent":
      return { kinds: Kind.Any, origin: Origin.Record };
    case "if":
      return either(factsOf(ir.yes), factsOf(ir.no));
    case "logic":
      return scalar(Kind.Boolean);
    case "binary":
      return scalar(kindsOfOperator(ir.operator));
    case "negate":
      return scalar(Kind.Number | Kind.Undefined);
    case "list":
    case "range":
    case "listed":
    case "single":
      return { kinds: Kind.List, origin: Origin.Unknown };
    case "object":
    case "group":
    case "groupStream":
      return { kinds: Kind.Object, origin: Origin.Unknown };
    case "do":
      return factsOf(ir.value);
    case "normal":
      return factsOfNormal(factsOf(ir.value));
    case "field":
      return {
        kinds: Kind.Any,
        origin: factsOf(ir.of).origin === Origin.Unknown ? Origin.Unknown : Origin.ItemsOfRecord,
      };
    case "path":
      return ir.gives === "value" ? factsOfPath(ir) : { ...factsOfPath(ir), kinds: Kind.List };
    case "call":
      return scalarOrUnknown(BUILTINS[ir.name]?.gives ?? Kind.Any);
    case "loop":
      return ir.kind === "reduce" || ir.kind === "single" ? UNKNOWN : { ...UNKNOWN, kinds: Kind.Any };
    case "replace":
      return scalar(Kind.String | Kind.Undefined);
    case "checked":
      return factsOf(ir.body);
    default:
      return UNKNOWN;
  }
}

const isScalar = (kinds: number): boolean => (kinds & (Kind.List | Kind.Object)) === 0;

const scalarOrUnknown = (kinds: number): Facts => ({
  kinds,
  origin: isScalar(kinds) ? Origin.Record : Origin.Unknown,
});

const either = (one: Facts, other: Facts): Facts => ({
  kinds: one.kinds | other.kinds,
  origin: Math.min(one.origin, other.origin),
});

/** A sequence that is unwrapped may turn out to be anything; what is no list stays what it is. */
const factsOfNormal = (facts: Facts): Facts =>
  (facts.kinds & Kind.List) === 0 ? facts : { kinds: Kind.Any, origin: facts.origin };

/** What the last step reads is given as it stands or in a sequence of the path's own. */
function factsOfPath({ source, steps }: Extract<Ir, { op: "path" }>): Facts {
  const last = steps.findLast((step) => step.kind === "each");
  const { origin } = factsOf(last === undefined ? source : last.value);
  return { kinds: Kind.Any, origin: Math.min(origin, Origin.ItemsOfRecord) };
}

function kindOfConstant(value: string | number | boolean | null): number {
  if (value === null) return Kind.Null;
  if (typeof value === "string") return Kind.String;
  return typeof value === "number" ? Kind.Number : Kind.Boolean;
}

function kindsOfOperator(operator: string): number {
  if (operator === "&") return Kind.String;
  if (["=", "!=", "in"].includes(operator)) return Kind.Boolean;
  if (["<", "<=", ">", ">="].includes(operator)) return Kind.Boolean | Kind.Undefined;
  return Kind.Number | Kind.Undefined;
}
