/** A syntax error as JSONata throws it. */
export interface SyntaxError {
  readonly code: string;
  /** Where the token it stumbled over ends, in characters from the beginning. */
  readonly position: number;
  readonly token: string | null;
  /** What it wanted instead. */
  readonly wanted: string | null;
  /** There are more levels than are taken, or so many that the parser, which calls itself for every one, ran out of stack. */
  readonly tooDeep: boolean;
}

/** JSONata's syntax errors in plain words; `@` is the token, `#` what was wanted. */
const PROBLEMS: Readonly<Record<string, string>> = {
  S0101: "a text has no closing quote",
  S0102: "the number `@` is out of range",
  S0103: "`\\@` is not an escape; a backslash itself is written `\\\\`",
  S0104: "`\\u` must be followed by four hexadecimal digits",
  S0105: "a quoted name has no closing backquote",
  S0106: "a comment has no closing `*/`",
  S0201: "`@` is not expected here",
  S0202: "`#` is expected here, not `@`",
  S0203: "the expression ends where `#` is expected",
  S0204: "`@` is not an operator",
  S0205: "`@` is not expected here",
  S0206: "`@` is not expected here",
  S0207: "the expression ends too early",
  S0208: "a parameter of a function must be a variable such as `$x`",
  S0209: "a filter `[…]` cannot follow a grouping `{…}`",
  S0210: "a step can have one grouping `{…}` only",
  S0211: "`@` cannot stand here: it needs a value on its left",
  S0212: "the left side of `:=` must be a variable such as `$x`",
  S0213: "a number, true, false or null cannot be a step of a path; a property of that name is written in backquotes",
  S0214: "the right side of `@` must be a variable such as `$x`",
  S0215: "a variable must be bound before the filters of its step",
  S0216: "a variable must be bound before the sorting of its step",
  S0217: "`%` has no parent here",
  S0301: "a regular expression cannot be empty",
  S0302: "a regular expression has no closing `/`",
};

export function syntaxErrorOf(error: unknown): SyntaxError {
  const fact = (name: string): unknown =>
    typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
  const word = (name: string): string | null => {
    const value = fact(name);
    return value === undefined || value === null || value === "(end)" ? null : String(value);
  };
  const position = fact("position");
  return {
    code: word("code") ?? "",
    position: typeof position === "number" ? position : 0,
    token: word("token"),
    wanted: word("value"),
    tooDeep: error instanceof RangeError,
  };
}

export function syntaxProblem({ code, token, wanted, tooDeep }: SyntaxError): string {
  if (tooDeep) return "the expression is too long, or nested too deeply";
  // The engine's own parser throws, without a code, on a regular expression it cannot read.
  const problem =
    token === null && wanted === null && code === "" ? "a regular expression is not valid" : PROBLEMS[code];
  if (problem === undefined) return `the expression cannot be parsed (JSONata ${code})`;
  const ended = token === null && problem.includes("@") && code !== "S0103";
  if (ended)
    return wanted === null ? "the expression ends too early" : `the expression ends where \`${wanted}\` is expected`;
  return problem.replace("@", () => token ?? "").replace("#", () => wanted ?? "");
}
