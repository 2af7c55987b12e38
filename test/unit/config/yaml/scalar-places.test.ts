import { writeFile } from "node:fs/promises";
import fc from "fast-check";
import { loadProject } from "../../../../src/config/load-project";
import { holds } from "../../../support/holds";
import { withFolder } from "../project-folder";

const JOB = "source: acme\nbaseUrl: https://a.example\nentities: { x: { get: /x, page: none, deletes: never } }\n";
const FILE = "mappings/acme/x.yaml";

/** Stands in every expression once; what is reported there must point at it. */
const MARK = "Wrong";

type Token = string;

/** As an author would write them; none is the mark, and none changes what a plain scalar is. */
const token = fc.constantFrom<Token>(
  "a",
  "b.c",
  "$lowercase(",
  ")",
  "&",
  '"x y"',
  "'it'",
  "=",
  '"\\u0041"',
  "n",
  "t",
  "𝒳",
  "é",
  '"W"',
  "(",
  "\\",
  '"\ttab"',
);
const tokens = fc.tuple(fc.array(token, { maxLength: 8 }), fc.array(token, { maxLength: 8 }));

/** A file whose one expression is written in some style, and where the mark begins in it. */
interface Written {
  readonly text: string;
  readonly offset: number;
}

type Style = (before: readonly Token[], after: readonly Token[], choice: () => number) => string;

const pick = <T>(choices: readonly T[], choice: () => number): T => choices[choice() % choices.length] as T;

/** Tokens with something between each two. */
const spaced = (all: readonly Token[], between: () => string): string =>
  all.reduce((text, one, index) => (index === 0 ? one : `${text}${between()}${one}`), "");

const escaped = (text: string, choice: () => number): string =>
  [...text]
    .map((char) => {
      if (char === '"' || char === "\\") return `\\${char}`;
      if (char === "\t") return pick(["\\t", "\\x09"], choice);
      const code = char.codePointAt(0) ?? 0;
      const long = `\\U${code.toString(16).padStart(8, "0")}`;
      return choice() % 4 > 0 || char === " "
        ? char
        : code < 0x10000
          ? pick([`\\u${code.toString(16).padStart(4, "0")}`, long], choice)
          : long;
    })
    .join("");

const STYLES: Readonly<Record<string, Style>> = {
  plain: (before, after) => {
    const simple = (all: readonly Token[]) => all.filter((one) => /^[\w$.]+$/.test(one));
    return spaced([...simple(before), MARK, ...simple(after)], () => " ");
  },
  "plain, folded": (before, after, choice) => {
    const simple = (all: readonly Token[]) => all.filter((one) => /^[\w$.]+$/.test(one));
    return spaced([...simple(before), MARK, ...simple(after)], () => pick([" ", "\n    ", "\n\n     "], choice));
  },
  "single quotes": (before, after, choice) => {
    const between = () => pick([" ", "  ", "\n    ", "\n\n    "], choice);
    return `'${spaced(
      [...before, MARK, ...after].map((one) => (one === MARK ? one : one.replaceAll("'", "''"))),
      between,
    )}'`;
  },
  "double quotes": (before, after, choice) => {
    const between = () => pick([" ", "\n    ", "\\n", "\\t ", " \\\n    ", "\\u0020", "\\\n   \\ ", "\\_"], choice);
    return `"${spaced(
      [...before, MARK, ...after].map((one) => (one === MARK ? one : escaped(one, choice))),
      between,
    )}"`;
  },
  literal: (before, after, choice) => {
    const between = () => pick([" ", "\n    ", "\n      ", "\n\n    "], choice);
    return `${pick(["|", "|-", "|+", "|2", "|2-"], choice)}${pick(["", " # a comment"], choice)}\n    ${spaced([...before, MARK, ...after], between)}`;
  },
  folded: (before, after, choice) => {
    const between = () => pick([" ", "\n    ", "\n      ", "\n\n    ", "\n\n\n      "], choice);
    return `${pick([">", ">-", ">+", ">2", ">2+"], choice)}\n${pick(["", "\n", "    \n"], choice)}    ${spaced([...before, MARK, ...after], between)}`;
  },
};

/** Around the value: before it astral characters, properties of YAML, and a byte order mark. */
function inFile(value: string, choice: () => number): Written {
  const property = pick(["", "", "&anchor ", "!!str "], choice);
  const isBlock = /^[|>]/.test(value);
  const head = `${pick(["", "# 𝒳 é\n"], choice)}into: orgs\nkey: id\nfields:\n  name: id\n${pick(["", "  kind: a # 𝒳\n"], choice)}`;
  const field = pick(isBlock ? ["  status: "] : ["  status: ", '  "status" :   ', "  status: { from: "], choice);
  const isFlow = field.includes("{");
  // Between brackets a plain scalar may hold neither brackets nor commas.
  const text = `${head}${field}${property}${value}${isFlow ? " }" : ""}\nattributes: { x: id }\n`;
  const ended = pick([false, false, true], choice) ? text.replaceAll("\n", "\r\n") : text;
  return { text: ended, offset: ended.indexOf(MARK) };
}

test.each(Object.keys(STYLES))("a caret lands on the word that is meant, written as %s", async (style) => {
  await withFolder({ "jobs/acme.yaml": JOB, [FILE]: "" }, async (home) => {
    const property = fc.asyncProperty(
      tokens,
      fc.infiniteStream(fc.nat(1_000)),
      fc.boolean(),
      async ([before, after], choices, hasByteOrderMark) => {
        const choice = (): number => choices.next().value ?? 0;
        const write = STYLES[style] ?? (() => "");
        const { text, offset } = inFile(write(before, after, choice), choice);
        await writeFile(`${home}/${FILE}`, `${hasByteOrderMark ? "\uFEFF" : ""}${text}`);
        const { streams, locate, problems } = await loadProject({ home, env: {}, requireEnv: false });
        const [source] = streams[0]?.mapping.fields.find(({ name }) => name === "status")?.from ?? [];
        if (source?.kind !== "expression") throw new Error(`${text}\n${JSON.stringify(problems)}`);
        const { at, text: value } = source.expression;
        const index = value.indexOf(MARK);
        const found = locate({
          code: "MAP047",
          severity: "error",
          message: "",
          at,
          offset: index,
          length: MARK.length,
          hint: null,
        });
        const lines = text.slice(0, offset).split("\n");
        expect({ text, line: found.line, column: found.column, length: found.length }).toEqual({
          text,
          line: lines.length,
          column: (lines.at(-1)?.length ?? 0) + 1,
          length: MARK.length,
        });
      },
    );
    await holds(property, 40);
  });
});
