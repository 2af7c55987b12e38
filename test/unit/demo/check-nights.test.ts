import { checkNights } from "../../../demo/check-nights";
import type { Outcome, RunSummary } from "../../../src/domain/runs";

const run = (second: number, outcome: Outcome | null, kind: "schedule" | "cli" = "schedule"): RunSummary => ({
  run: second,
  source: "acme",
  mode: "sync",
  state: outcome === null ? "running" : "finished",
  outcome,
  trigger: { kind, by: kind, reason: null, ...(kind === "schedule" && { slot: slot(second) }) },
  queuedAt: slot(second),
  startedAt: slot(second),
  finishedAt: slot(second),
  report: null,
});

const slot = (second: number): string => `2026-11-22T13:59:0${second}.000Z`;

test("one run a slot is as it should be, with what a killed process left beside it", () => {
  const nights = [run(0, "ok"), run(2, "interrupted"), run(2, "ok"), run(4, "ok"), run(5, "held", "cli")];
  expect(checkNights(nights, 2_000)).toEqual({ wrong: [], slots: [slot(0), slot(2), slot(4)], interrupted: 1 });
});

test.each([
  ["a slot that ran twice", [run(0, "ok"), run(2, "ok"), run(2, "ok")], /:02\.000Z has 2 runs/],
  ["a slot that was left out", [run(0, "ok"), run(4, "ok")], /:02\.000Z has 0 runs/],
  ["a slot that was begun only", [run(0, "ok"), run(2, "interrupted")], /:02\.000Z has 0 runs/],
  ["a run that goes on", [run(0, "ok"), run(2, null)], /run 2 has not ended/],
  ["a run that went wrong", [run(0, "ok"), run(2, "upstream")], /run 2 ended upstream/],
])("%s is found", (_what, nights, told) => {
  expect(checkNights(nights, 2_000).wrong.join("; ")).toMatch(told);
});
