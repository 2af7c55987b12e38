import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../support/documents";

const bench = (...args: string[]) => promisify(execFile)(process.execPath, [join(ROOT, "bin/bench.js"), ...args]);

test("the bench measures first load, second run and bare COPY of the same rows", async () => {
  const { stdout } = await bench("--users", "1500", "--rounds", "1", "--json");
  const round = { wall: expect.any(Number), cpu: expect.any(Number), peakMemory: expect.any(Number) };
  const summary = JSON.parse(stdout);
  expect(summary).toMatchObject({ users: 1500, rounds: [{ first: round, again: round, copy: round }] });
  expect(summary).toMatchObject({ bareCopy: { timesCopy: 1 }, withinMemoryLimit: true });
  for (const { peakMemory } of [summary.firstLoad, summary.nothingChanged]) expect(peakMemory).toBeGreaterThan(30e6);
}, 60_000);

test.each([
  ["--users", "many"],
  ["mapping", "--rounds", "0"],
  ["mapping", "fast"],
])("arguments it does not know are a usage error: %s %s", async (...args) => {
  await expect(bench(...args)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("usage:") });
});

test("the bench of mappings measures each way after seeing that all agree", async () => {
  // Exit code 1 says that a limit was not kept, which a busy machine may cause; the document is the same.
  const { stdout } = await bench("mapping", "--rounds", "1", "--json").catch((error: { stdout: string }) => error);
  const summary = JSON.parse(stdout);
  const contender = (name: string) => ({ name, cpu: expect.any(Number), all: [expect.any(Number)] });
  expect(summary.contenders).toEqual(
    ["hand-written", "compiled", "jsonata by field", "jsonata as one object", "the whole mapper"].map(contender),
  );
  expect(summary.ratios).toEqual({
    compiledVsHandwritten: expect.any(Number),
    jsonataVsCompiled: expect.any(Number),
    jsonataObjectVsCompiled: expect.any(Number),
  });
}, 60_000);
