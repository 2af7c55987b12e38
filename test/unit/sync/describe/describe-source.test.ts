import type { LoginPolicy } from "../../../../src/domain/login";
import type { Outcome, RunSummary } from "../../../../src/domain/runs";
import { type Case, expectSaid, hold, LATE, LONG_AGO, look, run, slot } from "../../../support/source-signs";

const CASES: readonly Case[] = [
  // Fresh.
  [
    "fresh",
    "`acme` is fresh: read completely at 2026-11-22 01:17:04 UTC; good until 2026-11-23 01:15:00 UTC, when it runs next.",
    { schedule: { last: slot("done", { run: 7 }) } },
  ],
  ["fresh", "`acme` is fresh: read completely at 2026-11-22 01:17:04 UTC.", { schedule: null }],
  [
    "fresh",
    "`acme` is fresh: read completely at 2026-11-22 01:17:04 UTC; 1 record is rejected until mended.",
    { schedule: null, lastRun: run("rejects"), facts: { rejects: 1 } },
  ],
  [
    "fresh",
    "`acme` is fresh: read completely at 2026-11-22 01:17:04 UTC; good until 2026-11-23 01:15:00 UTC; no scheduler has been seen since 2026-11-22 08:57:00 UTC; start one: understudy up",
    { schedule: { clockSeenAt: "2026-11-22T08:57:00.000Z" } },
  ],
  [
    "fresh",
    "…; no scheduler has been seen since the database's clock was set back; start one: understudy up",
    { schedule: { clockSeenAt: "2026-12-22T08:57:00.000Z" } },
  ],
  [
    "fresh",
    "`acme` is fresh: read completely at 2026-11-22 01:17:04 UTC; its files have mistakes, so no run can begin; see them: understudy check",
    { schedule: null, job: null },
  ],
  [
    "fresh",
    "…; its files have mistakes, so no run can begin; logins go on; see them: understudy check",
    { schedule: null, job: null, loginJob: { login: {} as LoginPolicy } },
  ],
  [
    "fresh",
    "…; its files have mistakes, so no run can begin, and nobody can sign in once a process starts anew; see them: understudy check",
    { schedule: null, job: null, loginJob: null },
  ],
  [
    "fresh",
    "`acme` is fresh: read completely at 2026-11-22 01:17:04 UTC; good until 2026-11-23 01:15:00 UTC, when it runs next; its slot of 2026-11-22 01:15:00 UTC was missed (no scheduler was running; older than grace 12h).",
    { schedule: { last: slot("missed", { note: "no scheduler was running; older than grace 12h" }) } },
  ],
  [
    "fresh",
    "`acme` is fresh: read completely at 2026-11-22 01:17:04 UTC; good until 2026-11-23 01:15:00 UTC, when it runs next; its slot of 2026-11-22 01:15:00 UTC was skipped (run 6 was still going).",
    { schedule: { last: slot("skipped", { note: "run 6 was still going" }) } },
  ],
  ["fresh", "`acme` is fresh: read completely at 2026-11-22 01:17:04 UTC.", { schedule: null, lastRun: run("held") }],

  // Late, and why.
  [
    "late",
    "`acme` has been overdue since 2026-11-21 01:15:00 UTC: no complete run for two intervals, it was last read completely at 2026-11-19 01:17:04 UTC; no scheduler was ever seen; start one: understudy up",
    { facts: { lastComplete: LONG_AGO }, schedule: { ...LATE, clockSeenAt: null } },
  ],
  [
    "late",
    "`acme` may be out of date: it was last read completely at 2026-12-22 03:00:00 UTC, which is still to come, for the database's clock was wrong; run: understudy sync acme",
    { facts: { lastComplete: "2026-12-22T03:00:00Z" }, schedule: LATE },
  ],
  [
    "late",
    "…; no scheduler has been seen since 2026-11-19 03:00:00 UTC; start one: understudy up",
    { facts: { lastComplete: LONG_AGO }, schedule: { ...LATE, clockSeenAt: "2026-11-19T03:00:00.000Z" } },
  ],
  [
    "late",
    "…; its files have mistakes, so no run can begin; see them: understudy check",
    { facts: { lastComplete: LONG_AGO }, job: null, schedule: LATE },
  ],
  [
    "late",
    "…; its slot of 2026-11-22 01:15:00 UTC was missed (no scheduler was running); to make up for it: understudy sync acme",
    { schedule: { ...LATE, last: slot("missed", { note: "no scheduler was running" }) } },
  ],
  [
    "late",
    "…; its slot of 2026-11-22 01:15:00 UTC was skipped; run: understudy sync acme",
    { schedule: { ...LATE, last: slot("skipped") } },
  ],
  [
    "late",
    "…; its slot of 2026-11-22 01:15:00 UTC was set aside after 3 crashes of the process that worked it; see the last: understudy show 7",
    { schedule: { ...LATE, last: slot("failed", { crashes: 3, run: 7 }) }, lastRun: run("interrupted") },
  ],
  [
    "late",
    "…; its slot of 2026-11-22 01:15:00 UTC has been waiting for a worker since 2026-11-22 01:15:00 UTC; if there is none, start one: understudy up",
    { schedule: { ...LATE, last: slot("due", { attempts: 0 }) } },
  ],
  [
    "late",
    "…; run 7 ended without the customer's system (the customer's system is failing: 503); see why: understudy show 7, then: understudy sync acme",
    { schedule: { ...LATE, last: slot("failed") }, lastRun: run("upstream", "the customer's system is failing: 503") },
  ],
  [
    "late",
    "…; run 7 ended without the customer's system (down); no scheduler was ever seen; see why: understudy show 7, then: understudy sync acme",
    { schedule: { ...LATE, clockSeenAt: null }, lastRun: run("upstream", "down") },
  ],
  [
    "late",
    "…; its slot of 2026-11-22 01:15:00 UTC was given up (DB001: the database is out of reach, after 5 attempts); run: understudy sync acme",
    {
      schedule: {
        ...LATE,
        last: slot("failed", { attempts: 5, note: "DB001: the database is out of reach, after 5 attempts" }),
      },
    },
  ],
  [
    "late",
    "…; its slot of 2026-11-22 01:15:00 UTC is tried again at 2026-11-22 09:04:00 UTC (UPS001: the customer's system is out of reach); see how it went: understudy runs acme",
    {
      lastRun: run("upstream", "down"),
      schedule: {
        ...LATE,
        last: slot("due", { dueAt: "2026-11-22T09:04:00.000Z", note: "UPS001: the customer's system is out of reach" }),
      },
    },
  ],
  ["late", "…; no run of it read everything; run: understudy sync acme", { schedule: LATE }],
  [
    "late",
    "…; no run of it read everything; 212 changes wait for a person: more than 5 % would be removed; run: understudy sync acme",
    { schedule: LATE, holds: [hold] },
  ],

  // Stale: the last run went wrong, but the next will tell.
  [
    "stale",
    "`acme` is out of date: it was last read completely at 2026-11-22 01:17:04 UTC; run 7 ended incomplete (`users` was not read completely); it runs next at 2026-11-23 01:15:00 UTC; see why: understudy show 7, then: understudy sync acme",
    { lastRun: run("incomplete", "`users` was not read completely.") },
  ],
  [
    "stale",
    "`acme` is out of date: it was last read completely at 2026-11-22 01:17:04 UTC; run 7 failed; see why: understudy show 7, then: understudy sync acme",
    { schedule: null, lastRun: run("failed") },
  ],
  [
    "stale",
    "…; run 7 ended without the customer's system; its slot of 2026-11-22 01:15:00 UTC is tried again at 2026-11-22 09:04:00 UTC; see why: understudy show 7, then: understudy sync acme",
    { lastRun: run("upstream"), schedule: { last: slot("due", { dueAt: "2026-11-22T09:04:00.000Z" }) } },
  ],
  [
    "stale",
    "…; run 7 ended without the customer's system; no scheduler was ever seen; see why: understudy show 7, then: understudy sync acme",
    { lastRun: run("upstream"), schedule: { clockSeenAt: null } },
  ],
  [
    "stale",
    "…; run 7 failed; its files have mistakes, so no run can begin; see them: understudy check",
    { lastRun: run("failed"), schedule: null, job: null },
  ],

  [
    "stale",
    "`acme` is out of date: it was last read completely at 2026-11-22 01:17:04 UTC; run 7 was interrupted (the process that worked this run died; what was written before is whole); see why: understudy show 7, then: understudy sync acme",
    { schedule: null, lastRun: { ...run("interrupted"), finishedAt: null } },
  ],

  // Never read completely.
  [
    "never",
    "`acme` was never read; to read it now: understudy sync acme",
    { facts: { lastComplete: null }, lastRun: null, schedule: null },
  ],
  [
    "never",
    "`acme` was never read; it runs next at 2026-11-23 01:15:00 UTC; to read it now: understudy sync acme",
    { facts: { lastComplete: null }, lastRun: null },
  ],
  [
    "never",
    "`acme` was never read; no scheduler was ever seen; start one: understudy up",
    { facts: { lastComplete: null }, lastRun: null, schedule: { clockSeenAt: null } },
  ],
  [
    "never",
    "`acme` answers nothing yet, for it was never read completely; run 7 ended without the customer's system (down); no scheduler was ever seen; see why: understudy show 7, then: understudy sync acme",
    { facts: { lastComplete: null }, lastRun: run("upstream", "down"), schedule: { clockSeenAt: null } },
  ],
  [
    "never",
    "`acme` answers nothing yet, for it was never read completely; run 7 failed; its files have mistakes, so no run can begin; see them: understudy check",
    { facts: { lastComplete: null }, lastRun: run("failed"), schedule: { clockSeenAt: null }, job: null },
  ],
  [
    "never",
    "`acme` was never read; its files have mistakes, so no run can begin; see them: understudy check",
    { facts: { lastComplete: null }, lastRun: null, job: null },
  ],
  [
    "never",
    "`acme` answers nothing yet, for it was never read completely; run 7 ended without the customer's system (down); it runs next at 2026-11-23 01:15:00 UTC; see why: understudy show 7, then: understudy sync acme",
    { facts: { lastComplete: null }, lastRun: run("upstream", "down") },
  ],
  [
    "never",
    "`acme` was never read; its slot of 2026-11-22 01:15:00 UTC was missed; it runs next at 2026-11-23 01:15:00 UTC; to make up for it: understudy sync acme",
    { facts: { lastComplete: null }, lastRun: null, schedule: { last: slot("missed") } },
  ],

  // Running.
  [
    "running",
    "`acme` is being read by run 8; it was last read completely at 2026-11-22 01:17:04 UTC.",
    { facts: { busyWith: 8 }, holds: [hold] },
  ],
  [
    "running",
    "`acme` is being read by run 8; it was last read completely at 2026-11-22 01:17:04 UTC; it has been overdue since 2026-11-21 01:15:00 UTC.",
    { facts: { busyWith: 8 }, schedule: LATE },
  ],
  [
    "running",
    "`acme` is being read by run 8; it was last read completely at 2026-11-22 01:17:04 UTC; it was retired at 2026-11-22 08:00:00 UTC, and comes back if this run is complete.",
    { facts: { busyWith: 8, retiredAt: "2026-11-22T08:00:00.000Z" } },
  ],

  // Retired: without a file, by a person, and on its way back.
  [
    "retired",
    "`acme` has no job file any more: its records are kept and still answered from; it was last read completely at 2026-11-22 01:17:04 UTC; write jobs/acme.yaml again, or end it: understudy source retire acme --expect 1204",
    { hasFile: false, job: null, schedule: null, facts: { counts: { users: 1204 } } },
  ],
  [
    "retired",
    "`acme` has no job file any more: its records are kept; it was never read completely; write jobs/acme.yaml again, or end it: understudy source retire acme --expect 0",
    { hasFile: false, job: null, schedule: null, facts: { lastComplete: null } },
  ],
  [
    "retired",
    "`acme` was retired at 2026-11-22 08:00:00 UTC: its records are kept, and it answers no questions; it was last read completely at 2026-11-22 01:17:04 UTC.",
    { hasFile: false, job: null, schedule: null, facts: { retiredAt: "2026-11-22T08:00:00.000Z" } },
  ],
  [
    "retired",
    "`acme` was retired at 2026-11-22 08:00:00 UTC and answers no questions; its job file is there again; a complete run brings it back: understudy sync acme",
    { facts: { retiredAt: "2026-11-22T08:00:00.000Z" } },
  ],
];

test.each(CASES)("%s: %s", expectSaid);

test("however a run went wrong, it is told in words", () => {
  const outcomes: readonly Outcome[] = ["incomplete", "upstream", "busy", "store", "drift", "interrupted", "failed"];
  expect(outcomes.map((outcome) => look({ schedule: null, lastRun: run(outcome) }).sentence.split("; ")[1])).toEqual([
    "run 7 ended incomplete",
    "run 7 ended without the customer's system",
    "run 7 did not begin",
    "run 7 ended without its own database",
    "run 7 applied nothing",
    "run 7 was interrupted",
    "run 7 failed",
  ]);
});

test("what is described no more is told by name, unless the files cannot be read", () => {
  const counts = { users: 3, roles: 1, user_roles: 4 };
  const said = look({ facts: { counts }, schedule: null });
  expect(said.retiredEntities).toEqual(["users", "roles", "user_roles"]);
  expect(said.sentence).toBe(
    "`acme` is fresh: read completely at 2026-11-22 01:17:04 UTC; `users` is described by no file any more: its 3 records are kept; `roles` is described by no file any more: its 1 record is kept; `user_roles` is described by no file any more: its 4 links are kept.",
  );
  const held = look({ facts: { counts: { roles: 1 } }, holds: [hold], schedule: null });
  expect(held.sentence).toContain("its 1 record is kept; see them: understudy hold list acme");
  const broken = look({ facts: { counts }, job: null });
  expect(broken.retiredEntities).toEqual([]);
  expect(broken.sentence).not.toContain("described");
});

test("links of what is described no more are told by what stated them", () => {
  const links = { kind: "user_roles", count: 7 } as const;
  const stated = [
    { ...links, origin: "users.roles" },
    { ...links, origin: "members" },
  ];
  expect(look({ facts: { stated } }).retiredLinks).toEqual(stated);
  expect(look({ facts: { stated }, job: null }).retiredLinks).toEqual([]);
});

test("records that mostly came otherwise are told as seen once, and what helps if that goes on", () => {
  const counts = { fetched: 1204, same: 1204, unparsed: 0, volatile: true };
  const report = { ...run("ok"), report: { entities: { users: counts, user_roles: { granted: 0 } } } };
  const said = look({ lastRun: report as unknown as RunSummary });
  expect(said.volatileEntities).toEqual(["users"]);
  expect(said.sentence).toContain(
    "; most of its users came otherwise than at the read before, though nothing that is mapped changed: if that repeats, name what changes under `ignore` in the job.",
  );
  expect(look({}).volatileEntities).toEqual([]);
});
