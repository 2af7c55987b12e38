import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ratioOf } from "../../../bench/sync/ratios";
import { formatResults } from "../../../bench/sync/results-text";
import type { ContenderName, Round } from "../../../bench/sync/round";
import { quotedResults, RESULTS_FILE, resultsIn, saveResults } from "../../../bench/sync/save-results";
import { summarize } from "../../../bench/sync/summary";
import { ROOT } from "../../support/documents";

const MB = 1024 ** 2;
const MACHINE = {
  cpu: "A Processor",
  cores: 2,
  memoryGb: 24,
  node: "v20.20.2",
  postgres: "18.4",
  platform: "linux x64",
  at: "2026-11-26T12:00:00.000Z",
};

/** Wall and CPU in milliseconds. */
const round = (times: Partial<Record<ContenderName, readonly [wall: number, cpu: number]>>): Round => ({
  results: Object.fromEntries(
    Object.entries(times).map(([name, [wall, cpu]]) => [name, { wall, cpu, peakMemory: wall * MB, requests: 3 }]),
  ),
  copyOfMirrorRows: 50,
  released: false,
});

const ROUNDS = [
  round({ parse: [50, 40], copy: [100, 10], write: [210, 90], firstLoad: [200, 88], noChange: [60, 30] }),
  round({ parse: [50, 40], copy: [100, 10], write: [240, 90], firstLoad: [200, 88], noChange: [60, 30] }),
  round({ parse: [50, 40], copy: [100, 10], write: [220, 90], firstLoad: [240, 88], noChange: [90, 20] }),
];

test("a ratio is the median of those of the rounds, and met up to its limit", () => {
  expect(ratioOf(ROUNDS, "firstLoadVsCopy")).toEqual({ value: 2.2, atMost: 2.2, atLeast: null, met: true });
  expect(ratioOf(ROUNDS, "firstLoadCpuVsParse")).toMatchObject({ value: 2.2, met: true });
  expect(ratioOf(ROUNDS, "noChangeCpuVsParse")).toMatchObject({ value: 0.75, met: true });
  const slow = [round({ firstLoad: [100, 1], peerFirstLoad: [799, 1] })];
  expect(ratioOf(slow, "firstLoadVsPeer")).toEqual({ value: 7.99, atMost: null, atLeast: 8, met: false });
});

test("what was not measured has no ratio and is not called met", () => {
  expect(ratioOf(ROUNDS, "noChangeVsPeer")).toEqual({ value: null, atMost: null, atLeast: 30, met: null });
});

test("the highest peak of any round and run of ours is the memory, and its limit is kept or not", () => {
  expect(summarize(1000, ROUNDS, MACHINE).memory).toEqual({ peakMb: 240, limitMb: 256, met: true });
  expect(summarize(1000, [round({ delta: [257, 1] })], MACHINE).memory).toMatchObject({ peakMb: 257, met: false });
});

test("the table tells figures a user, ratios with their limits, the machine and the day", () => {
  const text = formatResults(summarize(1000, ROUNDS, MACHINE));
  expect(text).toContain("1,000 users, medians of 3 interleaved rounds; 2026-11-26, A Processor, 2 cores, 24 GB");
  expect(text).toMatch(/\| first load +\| +200\.0 µs \| +88\.0 µs \| +5,000 \| +240 MB \| +3 \|/);
  expect(text).toMatch(/\| `firstLoadVsCopy` .* 2\.20 \| +at most 2\.2 \| met +\|/);
  expect(text).toMatch(/\| `noChangeVsPeer` .* \| +\| +at least 30 \| not measured \|/);
});

test("the README quotes the results as they stand in their file", () => {
  const file = join(ROOT, RESULTS_FILE);
  const saved = existsSync(file) ? resultsIn(readFileSync(file, "utf8")) : null;
  expect(quotedResults(readFileSync(join(ROOT, "README.md"), "utf8"))).toBe(saved);
});

test("saved results are put into their file and between the markers of the README, and nothing else is touched", async () => {
  const checkout = await mkdtemp(join(tmpdir(), "understudy-results-"));
  try {
    await mkdir(join(checkout, "bench"));
    const readme = join(checkout, "README.md");
    await writeFile(readme, "# Title\n");
    await expect(saveResults(checkout, "| $& |")).rejects.toThrow("README.md has nothing between");
    await writeFile(readme, "# Title\n\n<!-- bench:begin -->\n\nold\n\n<!-- bench:end -->\n\nmore\n");
    await saveResults(checkout, "| $& |");
    expect(readFileSync(readme, "utf8")).toBe(
      "# Title\n\n<!-- bench:begin -->\n\n| $& |\n\n<!-- bench:end -->\n\nmore\n",
    );
    expect(resultsIn(readFileSync(join(checkout, RESULTS_FILE), "utf8"))).toBe("| $& |");
  } finally {
    await rm(checkout, { recursive: true });
  }
});
