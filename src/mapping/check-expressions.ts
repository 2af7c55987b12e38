import type { Code } from "../domain/error-codes";
import type { Expression, ExpressionFinding, MappingSpec } from "../domain/mapping";
import { nearest } from "../domain/suggest";
import { type AstNode, isNode, namesBoundIn, nodesOf, strayParameters, treeOf } from "./ast";
import { checkPictures } from "./check-pictures";
import { FUNCTIONS, PREDEFINED, REFUSED } from "./jsonata-functions";
import { expressionsOf } from "./source-expressions";
import { syntaxErrorOf, syntaxProblem } from "./syntax-error";

/** Names of `let` an expression may use, and those defined only further down. */
interface Visible {
  readonly lets: readonly string[];
  readonly later: readonly string[];
  /** Whether the records belong to others, read before. */
  readonly hasParent: boolean;
}

/** What an expression is for: a field also takes a list of sources, a condition gives true or false. */
type Purpose = "source" | "condition" | "value";

/**
 * Every mistake in a mapping's expressions and in its job's `deletes` that can be found without a record: text that does
 * not parse, functions and variables that do not exist, functions that are refused, a `let` used above its definition.
 *
 * @param hasParent whether the job reads the records for each of another entity
 */
export function checkExpressions(
  spec: MappingSpec,
  deletes: Expression | null,
  hasParent = true,
): readonly ExpressionFinding[] {
  const lets = spec.let.map(({ name }) => name);
  const all: Visible = { lets, later: [], hasParent };
  return [
    ...spec.let.flatMap(({ name, at, expression }, index) => [
      ...checkName({ text: name, at }),
      ...checkExpression(expression, { lets: lets.slice(0, index), later: lets.slice(index), hasParent }),
    ]),
    ...(spec.key === null ? [] : [...checkExpression(spec.key, all), ...checkKey(spec.key)]),
    ...(spec.skip === null ? [] : checkExpression(spec.skip, all, "condition")),
    ...[...spec.fields, ...spec.attributes].flatMap((rule) =>
      rule.from.flatMap((source) =>
        expressionsOf(source).flatMap((expression) =>
          checkExpression(expression, all, source.kind === "join" ? "value" : "source"),
        ),
      ),
    ),
    ...(deletes === null ? [] : checkExpression(deletes, { lets: [], later: [], hasParent }, "condition")),
  ];
}

/** The same in expressions that belong to no mapping. */
export const checkSingleExpressions = (expressions: readonly Expression[]): readonly ExpressionFinding[] =>
  expressions.flatMap((expression) => checkExpression(expression, { lets: [], later: [], hasParent: false }));

function checkName(written: Expression): readonly ExpressionFinding[] {
  const name = written.text;
  const taken = FUNCTIONS.has(name) || PREDEFINED.has(name);
  if (!taken && /^[A-Za-z][A-Za-z0-9_]*$/.test(name)) return [];
  const message = taken
    ? `\`${name}\` cannot be the name of a \`let\`: \`$${name}\` already has a meaning`
    : `\`${name}\` cannot be the name of a \`let\`: a name is a letter, then letters, digits and \`_\``;
  return [finding(written, { code: "MAP045", message, offset: 0, length: name.length, hint: "use another name" })];
}

/** A key that is no different for another record. */
function checkKey(expression: Expression): readonly ExpressionFinding[] {
  if (!/^\s*("[^"]*"|'[^']*'|[\d.]+|true|false|null)\s*$/.test(expression.text)) return [];
  const message = "the key is the same for every record";
  const hint = "name the property that holds the id, such as `id`";
  return [finding(expression, { code: "MAP046", message, offset: 0, length: expression.text.length, hint })];
}

function checkExpression(
  expression: Expression,
  visible: Visible,
  purpose: Purpose = "value",
): readonly ExpressionFinding[] {
  let ast: AstNode;
  try {
    ast = treeOf(expression.text);
  } catch (error) {
    return [syntaxFinding(expression, error, purpose)];
  }
  const nodes = [...nodesOf(ast)];
  const local = namesBoundIn(nodes);
  const stray = strayParameters(nodes);
  const called = new Set(nodes.map(procedureOf));
  const found = nodes.flatMap((node) => {
    if (stray.has(node)) return checkStray(expression, node, visible);
    if (node.type === "variable") return checkVariable(expression, node, called.has(node), local, visible);
    return called.has(node) ? checkCall(expression, node) : [];
  });
  return [
    ...checkQuotes(expression),
    ...checkSpaces(expression, nodes),
    ...found,
    ...checkPictures(nodes, local).map((found) => finding(expression, found)),
  ];
}

function syntaxFinding(expression: Expression, thrown: unknown, purpose: Purpose): ExpressionFinding {
  const error = syntaxErrorOf(thrown);
  const end = Math.min(error.position, expression.text.length);
  // JSONata tells where the token ends; its text, when it stands there as given, tells where it begins.
  const width = error.token !== null && expression.text.slice(0, end).endsWith(error.token) ? error.token.length : 1;
  const offset = Math.max(0, end - width);
  const space = STRANGE_SPACE.exec(error.token ?? "");
  if (space !== null) return strangeSpace(expression, offset + space.index);
  for (const { word, instead } of FOREIGN) {
    // JSONata stumbles over either of their characters.
    const begin = [offset - 1, offset].find((at) => expression.text.startsWith(word, Math.max(0, at)));
    if (begin === undefined) continue;
    const hint = word === "||" ? insteadOfBars(expression.text, purpose) : `write \`${instead}\``;
    return finding(expression, {
      code: "MAP040",
      message: `\`${word}\` is no operator here`,
      offset: begin,
      length: 2,
      hint,
    });
  }
  return finding(expression, {
    code: "MAP040",
    message: syntaxProblem(error),
    offset,
    length: Math.max(1, end - offset),
    hint: error.tooDeep ? SHORTER : hintFor(expression.text, offset, error.code),
  });
}

/** What is written in other languages as the parser stumbles over here. */
function hintFor(text: string, offset: number, code: string): string | null {
  if (code === "S0302") return UNCLOSED_BRACKET.test(text.replaceAll(/"[^"]*"|'[^']*'/g, "")) ? CLOSE_BRACKET : null;
  if (text[offset] === "!" && text[offset + 1] !== "=") return "write `$not(…)`";
  if (code === "S0213" && /^\d/.test(text.slice(offset))) return "an item of a list is taken by `[0]`, `[1]` and so on";
  // As in the names of SCIM's extensions, `urn:…:User`, and of OData, `@odata.type`.
  if (":@".includes(text[offset] ?? " ")) return OTHER_NAMES;
  const isFlag = /\/[im]*$/.test(text.slice(0, offset)) && /^[a-z]+\b/.test(text.slice(offset));
  return isFlag ? "the flags are `i` and `m`; all matches count without `g`" : null;
}

/** A `/` where a value begins, and one behind it: JSONata looks for it outside of brackets, and takes one behind `\\` for escaped. */
const UNCLOSED_BRACKET = /(?:^|[(,=~>?:&|+*[{;]|\b(?:and|or|in))\s*\/[^/]+\//;

const CLOSE_BRACKET = "a bracket in it is not closed; before `)`, `]` or `}` a backslash is written as `\\x5c`";

const OTHER_NAMES =
  "a name with other characters than letters, digits and `_` stands in backquotes, the whole in quotes: '`a:b`.c'";

const SHORTER = "for many `&` write `$join([…])`, for many `or` write `in […]`";

/** Operators of other languages, and what JSONata has for them. */
const FOREIGN = [
  { word: "==", instead: "=" },
  { word: "&&", instead: "and" },
  { word: "||", instead: "or" },
] as const;

/** Elsewhere `||` gives the first that is there, too; `or` gives true or false and nothing else. */
function insteadOfBars(text: string, purpose: Purpose): string {
  if (purpose === "condition") return "write `or`";
  const parts = text.split("||").map((part) => part.trim());
  return purpose === "source" && parts.every((part) => PATH.test(part))
    ? `for the first that is there write a list: \`[${parts.join(", ")}]\`; between conditions \`or\``
    : "write `or` between conditions, `??` for the first that is there";
}

const PATH = /^\$?[\w.]+$/;

/** Quotes of word processors, which JSONata takes for letters of a name. */
function checkQuotes(expression: Expression): readonly ExpressionFinding[] {
  const offset = expression.text.replace(/"[^"]*"|'[^']*'/g, (text) => " ".repeat(text.length)).search(/[“”„‘’]/);
  if (offset < 0) return [];
  const message = `\`${expression.text[offset]}\` is not a quote in JSONata, but a letter like any other`;
  return [finding(expression, { code: "MAP040", message, offset, length: 1, hint: 'texts stand in "…"' })];
}

/** What looks like a space, or like nothing at all, as copied from web pages; JSONata takes it for a letter. */
const STRANGE_SPACE = /[\u00a0\u00ad\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]/;

/** A name that holds one is of no property, so that it would find nothing in any record; in backquotes it is meant. */
function checkSpaces(expression: Expression, nodes: readonly AstNode[]): readonly ExpressionFinding[] {
  return nodes.flatMap(({ type, value, position = 0 }) => {
    const isName = type === "name" && expression.text[position - 1] !== "`";
    const space = isName ? STRANGE_SPACE.exec(String(value)) : null;
    return space === null ? [] : [strangeSpace(expression, position - String(value).length + space.index)];
  });
}

function strangeSpace(expression: Expression, offset: number): ExpressionFinding {
  const code = (expression.text.charCodeAt(offset) || 0).toString(16).toUpperCase().padStart(4, "0");
  const message = `the character U+${code}, which looks like a space or like nothing, is a letter of a name in JSONata`;
  const hint = "delete it, or write a space";
  return finding(expression, { code: "MAP040", message, offset, length: 1, hint });
}

function checkVariable(
  expression: Expression,
  node: AstNode,
  called: boolean,
  local: ReadonlySet<string>,
  { lets, later, hasParent }: Visible,
): readonly ExpressionFinding[] {
  const name = String(node.value);
  const isOrphan = name === "parent" && !hasParent;
  if (local.has(name) || lets.includes(name) || (PREDEFINED.has(name) && !isOrphan)) return [];
  const [offset, length] = [Math.max(0, (node.position ?? 0) - name.length - 1), name.length + 1];
  const found = (code: Code, message: string, hint: string | null) => [
    finding(expression, { code, message, offset, length, hint }),
  ];
  if (isOrphan)
    return found(
      "MAP043",
      "`$parent` is nothing here: these records are not read for each of another entity",
      "`each` in the job says for which",
    );
  const reason = REFUSED.get(name);
  if (reason !== undefined) return found("MAP042", `mappings may not use \`$${name}\`: ${reason}`, null);
  if (FUNCTIONS.has(name)) return [];
  if (later.includes(name)) {
    const message = `\`$${name}\` is not defined yet: a \`let\` may use only those above it`;
    return found("MAP044", message, `move \`${name}\` further up`);
  }
  // There are so many functions that two slips lead from any short name to one of them.
  const functions = [...FUNCTIONS].filter((known) => nearest(name, [known], name.length < 6 ? 1 : 3) !== null);
  const own = [...lets, ...local, ...(hasParent ? ["parent"] : [])];
  const elsewhere = called && nearest(name, own) === null ? FUNCTIONS_ELSEWHERE.get(name.toLowerCase()) : undefined;
  const alike = elsewhere ?? nearest(name, [...own, ...functions]);
  const hint = alike === null ? null : `did you mean \`$${alike}\`?`;
  return called
    ? found("MAP041", `\`$${name}\` is not a function`, hint)
    : found(
        "MAP043",
        `\`$${name}\` is not defined: no \`let\` has that name`,
        hint ?? `a property of the record has no \`$\`: \`${name}\``,
      );
}

function checkStray(expression: Expression, node: AstNode, { lets }: Visible): readonly ExpressionFinding[] {
  const name = String(node.value);
  if (lets.includes(name) || PREDEFINED.has(name) || FUNCTIONS.has(name)) return [];
  const message = `\`$${name}\` is nothing here: it is a parameter of a function that has ended, or has not begun`;
  const offset = Math.max(0, (node.position ?? 0) - name.length - 1);
  const hint = "only that function knows it";
  return [finding(expression, { code: "MAP043", message, offset, length: name.length + 1, hint })];
}

/** What other languages call a function, in lower case; surer than what is alike, for `lower` is as like `$power`. */
const FUNCTIONS_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ...["lower", "tolower", "lcase", "downcase"].map((name) => [name, "lowercase"] as const),
  ...["upper", "toupper", "ucase", "upcase"].map((name) => [name, "uppercase"] as const),
  ...["strip", "trimspace"].map((name) => [name, "trim"] as const),
  ...["len", "strlen"].map((name) => [name, "length"] as const),
  ...["concat", "implode"].map((name) => [name, "join"] as const),
  ...["slice", "substr"].map((name) => [name, "substring"] as const),
  ...["unique", "uniq"].map((name) => [name, "distinct"] as const),
  ...["includes", "has"].map((name) => [name, "contains"] as const),
  ...["tonumber", "parseint", "int"].map((name) => [name, "number"] as const),
  ...["tostring", "str", "text"].map((name) => [name, "string"] as const),
]);

/** A call without `$`, which JSONata would take for a property holding a function. */
function checkCall(expression: Expression, node: AstNode): readonly ExpressionFinding[] {
  const step = "steps" in node && Array.isArray(node.steps) && node.steps.length === 1 ? node.steps[0] : null;
  if (!isNode(step) || step.type !== "name") return [];
  const name = String(step.value);
  const like = FUNCTIONS.has(name)
    ? name
    : (FUNCTIONS_ELSEWHERE.get(name.toLowerCase()) ?? nearest(name, [...FUNCTIONS]));
  const hint = like === null || REFUSED.has(like) ? null : `did you mean \`$${like}\`?`;
  const message = `\`${name}\` is not a function: names of functions begin with \`$\``;
  const { length } = name;
  const offset = Math.max(0, (step.position ?? 0) - length);
  return [finding(expression, { code: "MAP041", message, offset, length, hint })];
}

const procedureOf = (node: AstNode): unknown => ("procedure" in node ? node.procedure : null);

const finding = (
  { at }: Expression,
  found: Pick<ExpressionFinding, "code" | "message" | "offset" | "length" | "hint">,
): ExpressionFinding => ({ severity: "error", at, ...found });
