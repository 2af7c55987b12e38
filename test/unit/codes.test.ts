/** The pages of `docs/codes`: one for every code, and each of their examples played. To add one, see the index there. */
import { readFileSync } from "node:fs";
import { createColors } from "picocolors";
import { codeGroups, PAGES } from "../../src/cli/text/code-pages";
import { markdownText } from "../../src/cli/text/markdown-text";
import { CODES } from "../../src/domain/error-codes";
import { REJECT_CODES } from "../../src/mapping/reject-codes";
import { codePages, INDEX, saidOf } from "../support/code-pages";

const TITLES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(CODES).map(([code, { title }]) => [code, title])),
  ...REJECT_CODES,
};

/** Codes of files and records that no files and no single record can bring about. */
const WITHOUT_EXAMPLE: Readonly<Record<string, string>> = {
  CFG001: "sums up the others",
  MAP030: "takes two records",
  MAP031: "takes two records, and a database",
  MAP032: "takes several records, and a database",
  MAP034: "takes a record too large to be shown",
  MAP037: "takes two seconds",
  MAP038: "takes 128 MiB",
  MAP039: "takes two seconds many times over",
  MAP060: "takes a mirror that was filled by another mapping",
  MAP061: "takes a mirror, and a list of many records",
  MAP062: "takes a run: the record is mapped all the same",
};

/** Codes that stand in answers and rows, but not in front of a message. */
const NEVER_PRINTED: Readonly<Record<string, string>> = {
  CFG001: "the mistakes that it sums up are printed",
  RUN007: "nobody is left to print it",
};

const PAGES_OF_CODES = codePages();

test("the index lists every code once, with its title", () => {
  const listed = codeGroups().flatMap(({ codes }) =>
    codes.map(({ code, title }) => `- [${code}](${code}.md): ${title}`),
  );
  const all = Object.entries(TITLES).map(([code, title]) => `- [${code}](${code}.md): ${title}`);
  expect(listed.toSorted()).toEqual(all.toSorted());
});

test("the reference names every family of codes", () => {
  const [said = ""] = /Codes are stable: [^.]*\./.exec(readFileSync("docs/reference/command-line.md", "utf8")) ?? [];
  const named = [...said.matchAll(/`([A-Z]+)`/g)].map(([, family]) => family);
  expect(named.toSorted()).toEqual(
    [...new Set(Object.keys(TITLES).map((code) => code.replace(/\d+$/, "")))].toSorted(),
  );
});

test("the index groups them in order", () => {
  const groups = codeGroups().map(({ codes }) => codes.map(({ code }) => code));
  expect(groups).toEqual(groups.map((codes) => codes.toSorted()));
  expect(groups.every((codes) => codes.length < 30)).toBe(true);
});

test("every code has a page, and every page a code", () => {
  expect(PAGES_OF_CODES.map(({ code }) => code).toSorted()).toEqual(Object.keys(TITLES).toSorted());
});

const palette = createColors(false);

describe.each(PAGES_OF_CODES)("docs/codes/$code.md", ({ code, text, example }) => {
  test("has the code's title, then what it means, what is printed, what to do and where to read on", () => {
    const headings = [...text.replaceAll(/^```.*?^```/gms, "").matchAll(/^#.*$/gm)].map(([heading]) => heading);
    const middle = example === null ? [] : ["## Example"];
    expect(headings).toEqual([`# ${code}: ${TITLES[code]}`, "## What to do", ...middle, "## See also"]);
    const printed = new RegExp(
      code in NEVER_PRINTED ? "^```console$" : `^(error|warning)\\[${code}\\]: |  ${code}  `,
      "m",
    );
    expect(text).toMatch(printed);
  });

  test("shows a fix as all others are written: no sentence with a capital and a full stop", () => {
    const fixes = [...text.matchAll(/^(?:error|warning)\[\w+\]: .*\n {2}(\w.*)$/gm)].map(([, fix]) => fix);
    expect(fixes.filter((fix) => /^[A-Z][a-z]|[^.]\.$/.test(fix ?? ""))).toEqual([]);
  });

  test("is plain on a terminal", () => {
    const lines = markdownText(text, { palette, width: 80, folder: PAGES }).split("\n");
    expect(lines.filter((line) => !line.startsWith("    ") && /^#|\*\*|\]\(|```|\||<|^\d+\. /.test(line))).toEqual([]);
    expect(lines.filter((line) => !line.startsWith("    ") && line.length > 80)).toEqual([]);
  });

  if (example === null) {
    test("needs no example", () => expect(code in WITHOUT_EXAMPLE || !/^(CFG|OAS|MAP)/.test(code)).toBe(true));
    return;
  }

  test("shows what is said about its mistake, and nothing else", async () => {
    const said = await saidOf(example.wrong);
    expect(said).toBe(example.shows);
    const codes = [...said.matchAll(/^(?:error|warning)\[(\w+)\]| {2}(MAP\d+) {2}/gm)].map(([, ...found]) =>
      found.join(""),
    );
    expect(codes).toEqual([code]);
  });

  test("shows how it is mended", async () => expect(await saidOf(example.mended)).toBe(""));
});

test("the small project of the index is without mistakes", async () => {
  expect(INDEX).toContain("# jobs/acme.yaml");
  expect(await saidOf({ files: {}, record: null })).toBe("");
  expect(await saidOf({ files: {}, record: '{ "id": "u1", "login": "ada", "status": "active" }' })).toBe("");
});
