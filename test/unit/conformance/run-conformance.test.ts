import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Compile } from "../../../conformance/ask";
import { runConformance } from "../../../conformance/run-conformance";
import { compileStandalone } from "../../../src/mapping/compiler/standalone";
import { ROOT } from "../../support/documents";
import { makeTempDir, type TempDir } from "../../support/temp-dir";

async function conformance(args: readonly string[], compile?: Compile) {
  const said = { out: "", err: "" };
  const stream = (name: keyof typeof said) => ({
    write: (text: string) => {
      said[name] += text;
    },
  });
  const around = { stdout: stream("out"), stderr: stream("err"), ...(compile === undefined ? {} : { compile }) };
  return { exitCode: await runConformance(args, around), ...said };
}

const OWN = join(ROOT, "test/conformance");

test("our own cases are answered as the reference answers them, or left to it", async () => {
  const { exitCode, out } = await conformance([OWN, "--json"]);
  const summary = JSON.parse(out);
  expect(summary).toMatchObject({ wrong: 0, wrongCases: [], notJudged: 0, unexpected: [] });
  expect(exitCode).toBe(0);
  expect(summary.cases).toBeGreaterThan(450);
  expect(summary.compiledShare).toBeGreaterThan(0.9);
  // Falling back is for odd cases: most answers are compiled code's own.
  expect(summary.fallenBack).toBeLessThan(summary.compiled / 3);
});

test("a compiler that gives something else is found out, with all that is needed to see it again", async () => {
  const planted: Compile = (code) => {
    const run = compileStandalone(code);
    return (record, parent, lets) => (run(record, parent, lets) === "p-17" ? "planted" : run(record, parent, lets));
  };
  const { exitCode, out } = await conformance([OWN], planted);
  expect(exitCode).toBe(1);
  expect(out).toMatch(/WRONG paths\/cases\.json 1\n {2}expression {2}id\n {2}input {7}\{"id":"p-17"/);
  expect(out).toMatch(/compiled {4}'planted'\n {2}reference {3}'p-17'/);
});

test.each<[string, string, (value: unknown) => unknown]>([
  ["another order of properties", "objects", (value) => (isObject(value) ? reversed(value) : value)],
  ["null for nothing", "paths", (value) => (value === undefined ? null : value)],
  [
    "one item for a list of one",
    "keep-array",
    (value) => (Array.isArray(value) && value.length === 1 ? value[0] : value),
  ],
  ["an error that is not its own", "arithmetic", (value) => (value === 30 ? ([] as unknown[][])[0]!.length : value)],
  ["0 for -0", "arithmetic", (value) => (Object.is(value, -0) ? 0 : value)],
])("%s is wrong", async (_what, group, plant) => {
  const { exitCode, out } = await conformance([join(OWN, "groups", group), "--json"], (code) => {
    const run = compileStandalone(code);
    return (record, parent, lets) => plant(run(record, parent, lets));
  });
  expect(exitCode).toBe(1);
  expect(JSON.parse(out).wrong).toBeGreaterThan(0);
});

const reversed = (value: object): object => Object.fromEntries(Object.entries(value).reverse());

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

describe("a folder", () => {
  let folder: TempDir;
  beforeEach(async () => {
    folder = await makeTempDir("conformance");
  });
  afterEach(() => folder.remove());

  const write = async (files: Readonly<Record<string, unknown>>): Promise<void> => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder.path, name)), { recursive: true });
      await writeFile(join(folder.path, name), typeof content === "string" ? content : JSON.stringify(content));
    }
  };
  const CASE = { expr: "a", dataset: "one", bindings: {}, result: 1 };

  test.each([
    ["holds groups and datasets", { "groups/g/x.json": CASE, "datasets/one.json": { a: 1 } }, "."],
    ["holds groups, with datasets beside it", { "groups/g/x.json": CASE, "datasets/one.json": { a: 1 } }, "groups"],
    ["holds groups and datasets side by side", { "g/x.json": [CASE], "datasets/one.json": { a: 1 } }, "."],
    ["is one group", { "groups/g/x.json": CASE, "datasets/one.json": { a: 1 } }, "groups/g"],
  ])("that %s is read", async (_what, files, place) => {
    await write(files);
    const { exitCode, out, err } = await conformance([join(folder.path, place), "--json"]);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(JSON.parse(out)).toMatchObject({
      cases: 1,
      compiled: 1,
      unexpected: [],
      groups: [{ group: "g", cases: 1 }],
    });
  });

  test("takes expressions from files, errors in both spellings, and tells what the reference gives otherwise", async () => {
    await write({
      "g/long.jsonata": "$uppercase(a)",
      "g/a.json": { "expr-file": "long.jsonata", data: { a: "x" }, result: "X" },
      "g/b.json": [
        { expr: "$uppercase(1)", code: "T0410" },
        { expr: "-a", data: { a: "x" }, error: { code: "D1002" } },
      ],
      "g/c.json": [
        { expr: "a", data: { a: 1 }, result: 2 },
        { expr: "[2, 1]", result: [1, 2], unordered: true },
      ],
    });
    const { out } = await conformance([folder.path, "--json"]);
    expect(JSON.parse(out)).toMatchObject({ cases: 5, wrong: 0, unexpected: ["g/c.json 1"] });
  });

  test("with expressions that run away comes to an end", async () => {
    const endless = "($f := function($x){ $f($x + 1) + 1 }; $f(0))";
    await write({ "g/a.json": { expr: endless, data: {}, timelimit: 100, depth: 100, code: "D1012" } });
    const { exitCode, out } = await conformance([folder.path]);
    expect(exitCode).toBe(0);
    expect(out).toContain("0.0 % of the 1 expressions that parse compile");
  });

  test.each([
    ["is not there", {}, "missing", /there is no folder/],
    ["is empty", { "readme.txt": "nothing" }, ".", /there are no cases/],
    ["holds what is no JSON", { "g/x.json": "{" }, ".", /x\.json is not JSON/],
    ["names a dataset that is not there", { "g/x.json": CASE }, ".", /g\/x\.json: there is no dataset one\.json in/],
    ["holds a case that is no object", { "g/x.json": [null] }, ".", /x\.json: case 1 is not an object/],
    ["holds a case without an expression", { "g/x.json": { result: 1 } }, ".", /neither `expr` nor `expr-file`/],
    ["names an expression that is not there", { "g/x.json": { "expr-file": "y" } }, ".", /g\/y cannot be read/],
    [
      "has bindings that are no object",
      { "g/x.json": { expr: "a", bindings: [] } },
      ".",
      /`bindings` is not an object/,
    ],
  ])("that %s cannot be used", async (_what, files, place, message) => {
    await write(files);
    const { exitCode, out, err } = await conformance([join(folder.path, place)]);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
    expect(err).toMatch(message);
  });
});

test.each([[], ["a", "b"], [OWN, "--jsn"]])("arguments it does not know are a usage error", async (...args) => {
  const { exitCode, err } = await conformance(args);
  expect(exitCode).toBe(2);
  expect(err).toContain("usage:");
});
