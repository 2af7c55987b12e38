import type { Schedule } from "../../../src/domain/job";
import { overdueSince } from "../../../src/schedule/overdue";

const NIGHTLY: Schedule = {
  cron: "15 2 * * *",
  timezone: "UTC",
  jitter: 0,
  missed: "once",
  grace: 12 * 3_600_000,
  overlap: "skip",
};

test.each([
  ["never read", null, "2026-11-27T12:00:00Z", null],
  ["one slot is missing", "2026-11-26T02:16:00Z", "2026-11-27T12:00:00Z", null],
  ["two are", "2026-11-25T02:16:00Z", "2026-11-27T12:00:00Z", "2026-11-26T02:15:00.000Z"],
  ["ten are", "2026-11-17T02:16:00Z", "2026-11-27T12:00:00Z", "2026-11-18T02:15:00.000Z"],
  ["a little ahead", "2026-11-27T12:00:50Z", "2026-11-27T12:00:00Z", null],
  ["of a time to come", "2026-12-27T02:16:00Z", "2026-11-27T12:00:00Z", "2026-11-26T02:15:00.000Z"],
])("overdue since the first slot without a run: %s", (_what, lastComplete, now, since) => {
  expect(overdueSince(NIGHTLY, lastComplete, new Date(now))?.toISOString() ?? null).toBe(since);
});
