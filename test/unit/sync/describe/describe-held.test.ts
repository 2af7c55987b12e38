/** What is said of a source where changes wait for a person. */
import type { RunReport } from "../../../../src/domain/runs";
import { type Case, expectSaid, hold, run, slot } from "../../../support/source-signs";

const heldBackBy = (users: Readonly<Record<string, boolean>>): RunReport =>
  ({
    run: 9,
    source: "acme",
    entities: { users },
    heldBack: {
      count: 60,
      evidence: [{ entity: "users", rule: "empty", count: 60, of: 60, message: "every answer was empty" }],
    },
  }) as unknown as RunReport;

const CASES: readonly Case[] = [
  [
    "held",
    "`acme` is fresh as of 2026-11-22 01:17:04 UTC, but 212 changes wait for a person: more than 5 % would be removed; see them: understudy hold list acme",
    { lastRun: run("held"), holds: [hold, { ...hold, state: "released" }] },
  ],
  [
    "held",
    "`acme` is fresh as of 2026-11-22 01:17:04 UTC, but 1 change waits for a person; run 7 ended without the customer's system (down); see them: understudy hold list acme",
    { lastRun: run("upstream", "down"), holds: [{ ...hold, count: 1, evidence: [] }] },
  ],

  [
    "held",
    "`acme` is fresh as of 2026-11-22 01:17:04 UTC, but run 9 held back 60 changes, which no hold keeps: every answer was empty; to have all of it held for a decision: understudy sync acme",
    { heldBackBy: heldBackBy({ complete: true }) },
  ],
  [
    "held",
    "`acme` is fresh as of 2026-11-22 01:17:04 UTC, but run 9 held back 60 changes, which no hold keeps: every answer was empty; to have all of it held for a decision: understudy sync acme --full",
    { lastRun: run("held"), heldBackBy: heldBackBy({ complete: false, incremental: true }) },
  ],
  [
    "held",
    "`acme` is fresh as of 2026-11-22 01:17:04 UTC, but 212 changes wait for a person: more than 5 % would be removed; run 9 held back 60 changes, which no hold keeps: every answer was empty; see them: understudy hold list acme",
    { lastRun: run("held"), holds: [hold], heldBackBy: heldBackBy({ complete: true }) },
  ],
  [
    "held",
    "`acme` is fresh as of 2026-11-22 01:17:04 UTC, but 212 changes wait for a person: more than 5 % would be removed; 2 records are rejected until mended; its files have mistakes, so no run can begin, and nobody can sign in once a process starts anew; see them: understudy check; then see what waits: understudy hold list acme",
    { lastRun: run("held"), holds: [hold], job: null, loginJob: null, schedule: null, facts: { rejects: 2 } },
  ],
  [
    "held",
    "…; its slot of 2026-11-22 01:15:00 UTC was missed; no scheduler was ever seen; start one: understudy up; then see what waits: understudy hold list acme",
    { lastRun: run("held"), holds: [hold], schedule: { clockSeenAt: null, last: slot("missed") } },
  ],
  [
    "held",
    "…; run 7 ended without the customer's system (down); its files have mistakes, so no run can begin; see them: understudy check; then to have all of it held for a decision: understudy sync acme",
    { lastRun: run("upstream", "down"), heldBackBy: heldBackBy({ complete: true }), job: null },
  ],
  [
    "held",
    "…: more than 5 % would be removed; 1 record is rejected until mended; see them: understudy hold list acme",
    { lastRun: run("held"), holds: [hold], facts: { rejects: 1 } },
  ],
];

test.each(CASES)("%s: %s", expectSaid);
