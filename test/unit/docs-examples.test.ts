import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { loadProject } from "../../src/config/load-project";
import type { Problem } from "../../src/domain/errors";
import { checkExpressions } from "../../src/mapping/check-expressions";
import { ExpressionTable } from "../../src/mapping/expression-table";
import { runTests } from "../../src/mapping/mapping-tests/run-tests";
import { blocks, documentsOfGoodExamples, ROOT } from "../support/documents";
import { makeTempDir, type TempDir } from "../support/temp-dir";

/** Examples begin with the name of the file they stand for. */
const EXAMPLES = documentsOfGoodExamples()
  .flatMap(({ text }) => blocks(text, "yaml"))
  .flatMap((content) => {
    const file = /^# ((?:jobs|mappings)\/\S+\.yaml)\n/.exec(content)?.[1];
    return file === undefined ? [] : [{ file, content }];
  });

/** What `check` finds wrong. Variables of the environment need not be set for that. */
async function mistakes(home: string): Promise<readonly string[]> {
  const { jobs, problems, locate } = await loadProject({ home, env: {}, requireEnv: false });
  const findings = jobs.flatMap(({ streams }) =>
    streams.flatMap(({ mapping, each, deletes }) => checkExpressions(mapping, deletes.expression, each !== null)),
  );
  const told = ({ file, line, message }: Problem): string => `${file}:${line} ${message}`;
  return [...problems, ...findings.map(locate)].filter(({ severity }) => severity === "error").map(told);
}

describe("the examples of the documents", () => {
  let home: TempDir;
  beforeAll(async () => {
    home = await makeTempDir("documents");
    for (const { file, content } of EXAMPLES) {
      await mkdir(dirname(join(home.path, file)), { recursive: true });
      await writeFile(join(home.path, file), content);
    }
  });
  afterAll(() => home.remove());

  test("are found, more than four of them", () => expect(EXAMPLES.length).toBeGreaterThan(4));
  test("pass `check`", async () => expect(await mistakes(home.path)).toEqual([]));
  test("compile, every expression of them", async () => expect(await uncompiled(home.path)).toEqual([]));
  test("hold what their tests say", async () => expect(await failing(home.path)).toEqual([]));
});

test.each(["", "bench/home"])("the job and mappings in ./%s pass `check`", async (home) => {
  expect(await mistakes(join(ROOT, home))).toEqual([]);
});

test.each(["", "bench/home"])("every expression of the mappings in ./%s compiles", async (home) => {
  expect(await uncompiled(join(ROOT, home))).toEqual([]);
});

test("the tests written into the demo's mappings hold", async () => expect(await failing(ROOT)).toEqual([]));

/** Expressions that only the sandbox could work out. */
async function uncompiled(home: string): Promise<readonly string[]> {
  const { streams } = await loadProject({ home, env: {}, requireEnv: false });
  const tables = streams.map(({ mapping }) => {
    const table = new ExpressionTable();
    for (const { name, expression } of mapping.let) table.addLet(name, expression.text);
    for (const rule of [...mapping.fields, ...mapping.attributes])
      for (const source of rule.from)
        for (const { text } of source.kind === "join" ? source.parts : [source.expression]) table.add(text);
    for (const expression of [mapping.key, mapping.skip]) if (expression !== null) table.add(expression.text);
    return table;
  });
  expect(tables.length).toBeGreaterThan(0);
  return tables.flatMap((table) => table.sandboxed.map(({ text }) => text));
}

/** The tests in mapping files that fail. */
async function failing(home: string) {
  const { streams } = await loadProject({ home, env: {}, requireEnv: false });
  const tests = [];
  for (const { mapping, deletes } of streams) {
    tests.push(...(await runTests(mapping, { deletes: deletes.expression?.text ?? null })).tests);
  }
  // A folder read wrongly has none, and none that fail.
  expect(tests.length).toBeGreaterThan(0);
  return tests.filter(({ passed }) => !passed);
}
