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

test("arguments it does not know are a usage error", async () => {
  await expect(bench("--users", "many")).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("usage:") });
});
