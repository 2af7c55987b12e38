import type { Expression } from "../../domain/mapping";
import { type AstNode, nodesOf } from "../ast";
import type { Findings } from "./findings";
import { reportSpread } from "./operators";
import { isNoneOf, isOnly, type Possible } from "./possible";
import { kindsInWords } from "./words";

/** An expression's tree, null when it does not parse, and what it may give. */
export interface Reading {
  readonly ast: AstNode | null;
  readonly value: Possible;
}

const BOOLEAN = new Set(["boolean"] as const);

/** `skip` and `deletes` must give true or false, and not the same for every record. */
export function checkCondition(
  word: "skip" | "deletes",
  expression: Expression,
  { ast, value }: Reading,
  findings: Findings,
): void {
  if (ast === null) return;
  if (isNoneOf(value, BOOLEAN)) {
    const name = expression.text.trim();
    findings.report(expression, [], {
      code: "MAP054",
      message: `\`${word}\` must be true or false, but this is ${kindsInWords(value)}: every record would be rejected`,
      hint: isOnly(value, "string", "number") && !readsNothing(ast) ? `compare it: \`${name} = …\`` : null,
    });
    return;
  }
  reportSpread(ast, value, "a list is neither true nor false", { findings, expression });
  if (!readsNothing(ast)) return;
  const [always] = value.constants?.length === 1 ? value.constants : [];
  const message =
    always === undefined
      ? "reads nothing of the record, so it is the same for every record"
      : `is ${String(always)} for every record${always === true ? CONSEQUENCES[word] : ""}`;
  const quoted = [...nodesOf(ast)].find(
    ({ type, value: text }) => type === "string" && /^[^\s"'`]+$/.test(String(text)),
  );
  findings.report(expression, [], {
    code: "MAP053",
    severity: always === false ? "warning" : "error",
    message: `\`${word}\` ${message}`,
    // `$exists("@removed")` asks whether a text is there, which it is.
    hint: quoted === undefined ? null : "the name of a property stands in backquotes, not in quotes",
  });
}

const CONSEQUENCES = { skip: ": none would be mapped", deletes: ": all would be removed" } as const;

const READING = new Set(["name", "wildcard", "descendant", "parent", "variable"]);

/** Whether the result can differ for no two records. Functions of JSONata are variables too, but hold no record. */
export function readsNothing(ast: AstNode): boolean {
  const called = new Set([...nodesOf(ast)].map((node): unknown => Reflect.get(node, "procedure")));
  return ![...nodesOf(ast)].some((node) => READING.has(node.type) && !(node.type === "variable" && called.has(node)));
}
