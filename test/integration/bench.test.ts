/**
 * What the bench measures and refuses, with so few users that nothing is learnt but that it works.
 *
 *     npx jest integration/bench            syncs, which take the most of it, and mappings
 *     npm run faults -- integration/bench   memory and logins as well: the same processes, and hashes as costly as in production
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { isWhole } from "../support/chance";
import { ROOT } from "../support/documents";
import { ensureBuilt } from "../support/service";

const bench = (...args: string[]) => promisify(execFile)(process.execPath, [join(ROOT, "bin/bench.js"), ...args]);

const campaign = isWhole ? test : test.skip;

beforeAll(ensureBuilt, 120_000);

test("the bench measures every contender, after seeing that ours and the peer's rows agree", async () => {
  const { stdout } = await bench("--users", "1100", "--rounds", "1", "--json");
  const summary = JSON.parse(stdout);
  const requests = (count: number) => ({ requests: count });
  expect(summary).toMatchObject({
    users: 1100,
    rounds: 1,
    machine: { node: process.version, cores: expect.any(Number), at: expect.any(String) },
    // One for the roles and two for the users.
    contenders: {
      parse: requests(3),
      copy: requests(0),
      write: requests(3),
      firstLoad: requests(3),
      noChange: requests(3),
      delta: requests(3),
      peerFirstLoad: requests(3),
      peerNoChange: requests(3),
      peerDelta: requests(3),
    },
    memory: { limitMb: 256, met: true },
  });
  for (const figures of Object.values<Record<string, number>>(summary.contenders)) {
    expect(figures.peakMb).toBeGreaterThan(30);
    for (const name of ["wall", "cpu", "wallPerUser", "cpuPerUser", "usersPerSecond"])
      expect(figures[name]).toBeGreaterThan(0);
  }
  const names = [
    "firstLoadVsCopy",
    "firstLoadCpuVsParse",
    "firstLoadVsPeer",
    "noChangeCpuVsParse",
    "noChangeVsPeer",
    "deltaVsNoChange",
  ];
  expect(Object.keys(summary.ratios)).toEqual(names);
  for (const name of names) {
    expect(summary.ratios[name]).toBeGreaterThan(0);
    expect(typeof summary.limits[name].met).toBe("boolean");
  }
}, 300_000);

campaign(
  "what a run takes in memory is measured for so many users and for a tenth of them",
  async () => {
    const { stdout } = await bench("memory", "--users", "1000", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      few: { users: 100, firstLoadMb: expect.any(Number), noChangeMb: expect.any(Number) },
      many: { users: 1000, firstLoadMb: expect.any(Number), noChangeMb: expect.any(Number) },
      limits: { peakMb: 256, growthMb: 100 },
      met: true,
    });
  },
  300_000,
);

test.each([
  ["--users", "many"],
  ["--users", "0"],
  ["memory", "--users", "15"],
  ["mapping", "--rounds", "0"],
  ["mapping", "fast"],
  ["login", "--logins", "9"],
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

campaign(
  "the bench of logins measures each way, and tells what of the mirror's answer is hashing",
  async () => {
    const { stdout } = await bench("login", "--logins", "10", "--json").catch((error: { stdout: string }) => error);
    const summary = JSON.parse(stdout);
    const timing = { perSecond: expect.any(Number), medianMs: expect.any(Number), p99Ms: expect.any(Number) };
    expect(summary).toMatchObject({ callers: 8, live: timing, mirror: timing, introspection: timing });
    const { loginMs, hashMs, restMs } = summary.hashing;
    expect(hashMs).toBeGreaterThan(0);
    expect(loginMs).toBeGreaterThan(hashMs);
    // Of one ten alone, the medians are those of one measurement.
    expect(restMs).toBeCloseTo(loginMs - hashMs, 6);
    expect(summary.limit).toEqual({ restMs: 5, met: restMs < 5 });
  },
  120_000,
);
