import { Misfit } from "./misfit";

/** JSONata's errors at run time in plain words; `@` is the function or operator. Its own messages quote values. */
const PROBLEMS: Readonly<Record<string, string>> = {
  T0410: "`@` was given a value of a kind it does not take",
  T0411: "`@` was given a value of a kind it does not take",
  T0412: "`@` wants a list whose items are all of one kind",
  T1003: "a property name it makes is not a text",
  T1005: "it calls something that is not a function",
  T1006: "it calls something that is not a function",
  T2001: "the left side of `@` is not a number",
  T2002: "the right side of `@` is not a number",
  T2007: "it sorts values of different kinds",
  T2008: "it sorts by something that is neither a number nor a text",
  T2009: "the two sides of `@` are of different kinds",
  T2010: "`@` compares something that is neither a number nor a text",
  D1001: "a number is out of range",
  D1002: "`-` was given something that is not a number",
  D1009: "two properties it makes have one name",
  D1011: "it calls itself too deeply",
  D1012: "it ran longer than two seconds",
  D2014: "it makes a list that is too long",
  D3001: "a number is out of range",
  D3030: "`@` was given something that is not a number",
  D3110: "`@` was given something that is not a time",
  D3136: "the picture of `@` does not tell the whole of a time",
  D3137: "the mapping's `$error` refused the record",
  D3138: "`$single` found more than one",
  D3139: "`$single` found none",
  D3141: "the mapping's `$assert` refused the record",
};

/** What JSONata threw while evaluating, as a misfit that says nothing of the record's values. */
export function expressionMisfit(error: unknown): Misfit {
  if (error instanceof Misfit) return error;
  if (error instanceof RangeError)
    return /call stack/.test(error.message)
      ? new Misfit("MAP034", "cannot be computed: the record is nested too deeply")
      : new Misfit("MAP038", "cannot be computed: it makes a text or a list that is too long");
  const code = textIn(error, "code") ?? "no code";
  const problem = PROBLEMS[code] ?? "its expression failed";
  return new Misfit("MAP028", `cannot be computed: ${problem.replace("@", operationIn(error))} (JSONata ${code})`);
}

function operationIn(error: unknown): string {
  const token = textIn(error, "token") ?? "";
  if (/^[A-Za-z]\w{0,40}$/.test(token) && token !== "and" && token !== "or" && token !== "in") return `$${token}`;
  return /^[^\w\s]{1,2}$/.test(token) ? token : "the operation";
}

function textIn(error: unknown, name: string): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" ? value : undefined;
}
