import type { PruneAnswer, PruneRequest } from "../../../src/domain/retention";
import { command } from "./command";

const answer: PruneAnswer = {
  dryRun: true,
  at: "2026-11-28T02:15:00.000Z",
  auditSince: "2024-10-01T00:00:00.000Z",
  pruned: [
    {
      what: "audit",
      source: null,
      entity: null,
      keptFor: "24 months",
      before: "2024-11-01T00:00:00.000Z",
      count: 1_204,
      waits: null,
    },
    {
      what: "tombstones",
      source: "acme",
      entity: "users",
      keptFor: "30 days",
      before: "2026-10-29T02:15:00.000Z",
      count: 3,
      waits: "a run works at its source; it goes the next time",
    },
  ],
  refused: null,
};

test("what is due is told by its limit, and left", async () => {
  const asked: PruneRequest[] = [];
  const prune = async (request: PruneRequest) => {
    asked.push(request);
    return { ...answer, refused: "the clock jumped" };
  };
  const { out, exitCode } = await command(["prune", "--dry-run"], { prune });
  expect(asked).toEqual([{ dryRun: true, today: null, by: expect.stringContaining("@") }]);
  expect(exitCode).toBe(0);
  expect(out).toMatchInlineSnapshot(`
   "due, and left: leave out --dry-run to take it away  at 2026-11-28 02:15:00 UTC
     1,204 entries of the audit  older than 24 months: from before 2024-11-01 00:00:00 UTC
     3 tombstones of acme/users  older than 30 days: from before 2026-10-29 02:15:00 UTC; left: a run works at its source; it goes the next time
     the audit is whole from 2024-10-01 00:00:00 UTC on
     it would be refused: the clock jumped
   "
  `);
});

test("what is gone is told in the same words, by whoever says what day it is", async () => {
  const asked: PruneRequest[] = [];
  const prune = async (request: PruneRequest) => {
    asked.push(request);
    return { ...answer, dryRun: false, pruned: [], auditSince: null };
  };
  const { out } = await command(["prune", "--today", "2026-11-28"], { prune });
  expect(asked).toMatchObject([{ dryRun: false, today: "2026-11-28T00:00:00.000Z" }]);
  expect(out).toBe("nothing is due  at 2026-11-28 02:15:00 UTC\n");
});

test("each is a row", async () => {
  const { out } = await command(["prune", "-o", "csv"], {
    prune: async () => answer,
  });
  expect(out.split("\n")).toEqual([
    "what,source,entity,keptFor,before,count,waits",
    "audit,,,24 months,2024-11-01T00:00:00.000Z,1204,",
    "tombstones,acme,users,30 days,2026-10-29T02:15:00.000Z,3,a run works at its source; it goes the next time",
    "",
  ]);
});
