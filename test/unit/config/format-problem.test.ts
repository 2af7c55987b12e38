import { formatProblem, formatProblems } from "../../../src/config/format-problem";
import type { Problem } from "../../../src/domain/errors";

const problem = (more: Partial<Problem> = {}): Problem => ({
  code: "MAP012",
  severity: "error",
  message: "`emial` is not a field of `users`",
  file: "mappings/acme/users.yaml",
  line: 11,
  column: 3,
  length: 5,
  sourceLine: "  emial: contact.mail",
  hint: "did you mean `email`?",
  ...more,
});

const plain = (more: Partial<Problem>) => formatProblem(problem(more), { color: false }).split("\n");

test("a mistake is shown with its place, its line and a caret", () => {
  expect(formatProblem(problem(), { color: false })).toBe(
    `
error[MAP012]: \`emial\` is not a field of \`users\`
  --> mappings/acme/users.yaml:11:3
   |
11 |   emial: contact.mail
   |   ^^^^^ did you mean \`email\`?`.trimStart(),
  );
});

test("the gutter is as wide as the line's number", () => {
  expect(plain({ line: 7, severity: "warning", hint: null })).toEqual([
    "warning[MAP012]: `emial` is not a field of `users`",
    " --> mappings/acme/users.yaml:7:3",
    "  |",
    "7 |   emial: contact.mail",
    "  |   ^^^^^",
  ]);
});

test.each([
  ["tabs", { sourceLine: "\tx: 1", column: 2, length: 1 }, ["11 |     x: 1", "   |     ^"]],
  ["wide characters", { sourceLine: "名前: x", column: 1, length: 2 }, ["11 | 名前: x", "   | ^^^^"]],
  ["combining marks", { sourceLine: "e\u0301: x", column: 5, length: 1 }, ["11 | e\u0301: x", "   |    ^"]],
  ["surrogate pairs", { sourceLine: "😀: x", column: 5, length: 1 }, ["11 | 😀: x", "   |     ^"]],
  [
    "what could steer a terminal",
    { sourceLine: "a: \u001b[2J", column: 1, length: 1 },
    ["11 | a: \ufffd[2J", "   | ^"],
  ],
  [
    "what turns the direction of what follows",
    { sourceLine: "a\u061c\u200e\u200f\u202e: x", column: 7, length: 1 },
    ["11 | a\ufffd\ufffd\ufffd\ufffd: x", "   |       ^"],
  ],
  ["a place behind the end", { sourceLine: "a:", column: 3, length: 1 }, ["11 | a:", "   |   ^"]],
])("carets stand right with %s", (_, more, frame) => {
  expect(plain({ hint: null, ...more }).slice(3)).toEqual(frame);
});

test("long lines are cut around the caret", () => {
  const long = `${"a".repeat(300)}HERE${"b".repeat(300)}`;
  const [frame = "", carets = ""] = plain({ sourceLine: long, column: 301, length: 4, hint: null }).slice(3);
  expect(frame).toBe(`11 | …${"a".repeat(47)}HERE${"b".repeat(47)}…`);
  expect(carets.indexOf("^^^^")).toBe(frame.indexOf("HERE"));
});

test("a mark longer than the screen is cut as well", () => {
  const [frame = "", carets = ""] = plain({ sourceLine: "x".repeat(500), column: 1, length: 500, hint: null }).slice(3);
  expect([frame.length, carets.length]).toEqual([85, 85]);
});

test("a file that cannot be read has no line to show", () => {
  expect(plain({ sourceLine: "", line: 1, column: 1, message: "the file is empty", hint: "fill it" })).toEqual([
    "error[MAP012]: the file is empty",
    " --> mappings/acme/users.yaml:1:1",
    "  = fill it",
  ]);
});

test("colours are added only when asked for", () => {
  const coloured = formatProblem(problem(), { color: true });
  expect(coloured).toContain("\u001b[31;1merror[MAP012]\u001b[0m");
  expect(coloured.replace(/\u001b\[[\d;]*m/g, "")).toBe(formatProblem(problem(), { color: false }));
});

test("several mistakes end with their count, and with how to learn more about the gravest", () => {
  const end = (...all: Problem[]) => formatProblems(all, { color: false }).split("\n\n").at(-1)?.split("\n");
  const warning = problem({ severity: "warning", code: "CFG011", file: "jobs/acme.yaml" });
  const more = "explain a code: understudy explain";
  expect(end(warning, problem(), problem())).toEqual(["2 errors and 1 warning in 2 files", `${more} MAP012`]);
  expect(end(problem())).toEqual(["1 error in 1 file", `${more} MAP012`]);
  expect(end(warning)).toEqual(["1 warning in 1 file", `${more} CFG011`]);
  expect(formatProblems([], { color: false })).toBe("");
});

test("a variable of the process has a name, but neither a file nor a line", () => {
  const variable = problem({
    code: "CFG012",
    file: "environment",
    line: 1,
    column: 1,
    length: 9,
    sourceLine: "HTTP_PORT=",
    message: "`HTTP_PORT` must be a whole number from 0 to 65535",
    hint: "such as 7077",
  });
  expect(formatProblems([variable], { color: false })).toBe(
    `error[CFG012]: \`HTTP_PORT\` must be a whole number from 0 to 65535
 --> environment: HTTP_PORT
  = such as 7077

1 error in the environment
explain a code: understudy explain CFG012`,
  );
  expect(formatProblems([variable, problem()], { color: false })).toContain("2 errors in 1 file and the environment");
});
