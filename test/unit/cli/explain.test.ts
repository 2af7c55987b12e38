import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createColors } from "picocolors";
import { markdownText } from "../../../src/cli/text/markdown-text";
import { InvalidFiles, type Problem } from "../../../src/domain/errors";
import { command } from "./command";

test("a code is explained, whatever the case of its letters, without anything being opened", async () => {
  const { exitCode, out, err, opened } = await command(["explain", "map012"]);
  expect({ exitCode, err, opened }).toEqual({ exitCode: 0, err: "", opened: [] });
  expect(out).toMatch(
    /^MAP012: an unknown field\nexit 3 as an error, 0 as a warning; trying again does not help by itself\n\n/,
  );
  expect(out).toContain("\nWhat to do\n\n- Take the name the message suggests.\n");
  expect(out).toContain("    error[MAP012]: `emial` is not a field of `users`\n");
  expect(out).toContain("- The fields (docs/reference/mapping-file.md).");
});

test.each(["MAP012", " map012 ", "error[MAP012]", "warning[MAP012]:", "[map012]"])("%j is MAP012", async (word) => {
  expect((await command(["explain", word])).out).toMatch(/^MAP012: /);
});

test("in any folder, also one without files", async () => {
  const folder = mkdtempSync(join(tmpdir(), "explain-"));
  const { exitCode, out } = await command(["explain", "UPS001", "-C", folder]);
  rmSync(folder, { recursive: true });
  expect({ exitCode, terms: out.split("\n")[1] }).toEqual({
    exitCode: 0,
    terms: "exit 4; trying again later may help",
  });
});

test.each([
  ["explain", "map012", "--json"],
  ["-o", "jsonl", "explain", "MAP012"],
])("%s %s %s %s", async (...argv) => {
  const { out } = await command(argv.filter((word) => word !== undefined));
  expect(JSON.parse(out)).toEqual({
    code: "MAP012",
    title: "an unknown field",
    exit: 3,
    retry: false,
    page: expect.stringMatching(/^# MAP012: an unknown field\n/),
  });
});

test("a code of rejected records ends no run: exit 5", async () => {
  const { out } = await command(["explain", "MAP031", "--json"]);
  expect(JSON.parse(out)).toMatchObject({ exit: 5, retry: false });
});

test("without a code all are listed, grouped", async () => {
  const { exitCode, out } = await command(["explain"]);
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^The command line\n {2}USE001 {2}a word or flag the command does not know\n/);
  expect(out).toMatch(/\n\nMapping files\n {2}MAP010 {2}/);
  const list = JSON.parse((await command(["explain", "--json"])).out) as { code: string }[];
  expect(list).toContainEqual({ code: "DB001", title: "the database is out of reach", exit: 8, retry: true });
  const csv = (await command(["explain", "-o", "csv"])).out.trim().split("\n");
  expect([csv[0], csv.length]).toEqual(["code,title,exit,retry", list.length + 1]);
});

test.each([
  ["MAP0122", "did you mean `MAP012`?"],
  ["ups01", "did you mean `UPS001`?"],
  ["../../README", "see what there is: understudy explain"],
  ["constructor", "see what there is: understudy explain"],
  ["", "see what there is: understudy explain"],
  ["\u001b[2J", "see what there is: understudy explain"],
])("%j is no code", async (word, help) => {
  const { exitCode, out, err } = await command(["explain", word]);
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
  expect(err).toMatch(/^error\[USE001\]: there is no code `/);
  expect(err).toContain(help);
  expect(err).not.toContain("\u001b");
});

test("one code has no table", async () => {
  expect((await command(["explain", "MAP012", "-o", "csv"])).err).toContain("has no table");
});

const problem: Problem = {
  code: "MAP012",
  severity: "error",
  message: "m",
  file: "f.yaml",
  line: 1,
  column: 1,
  length: 1,
  sourceLine: "x",
  hint: null,
};

test("mistakes in files say once how to learn more, in text only", async () => {
  const problems = [problem, { ...problem, code: "MAP013" } as const];
  const found = { files: ["f.yaml"], sources: ["acme"], problems, sampled: [], failures: [] };
  const check = async () => found;
  expect((await command(["check"], { check })).out.match(/explain.*/g)).toEqual([
    "explain a code: understudy explain MAP012",
  ]);
  expect((await command(["check", "--json"], { check })).out).not.toContain("explain");
  const status = () => Promise.reject(new InvalidFiles(found.problems));
  const failed = await command(["status", "--json"], { status });
  expect(failed.err.match(/understudy explain/g)).toHaveLength(1);
  expect(failed.out).not.toContain("explain");
});

test("Markdown becomes plain text of the width given; code keeps its lines", () => {
  const page =
    "# A title\n\nSome `words` that are\nlonger than a line.\n\n- one [link](x.md)\n- two\n  lines, [out](https://a.example)\n\n```yaml\na:\n  b\n```\n";
  const show = (color: boolean) =>
    markdownText(page, { palette: createColors(color), width: 20, folder: "docs/codes" });
  expect(show(false).split("\n")).toEqual([
    ...["A title", "", "Some `words` that", "are longer than a", "line.", ""],
    ...["- one link", "- two lines, out", "  (https://a.example)", "", "    a:", "      b"],
  ]);
  expect(show(true).replaceAll(/\u001b\[\d+m/g, "")).toBe(show(false));
});
