import type { Notice } from "../../../src/domain/notify";
import { mailText, subjectOf } from "../../../src/notify/notice-text";

const notice: Notice = {
  id: "n1",
  source: "acme",
  state: "stale",
  was: "fresh",
  sentence: "`acme` is out of date.",
  run: 7,
  outcome: "upstream",
  at: "2026-11-22T09:00:00.000Z",
};

test("how the latest run ended is told in words", () => {
  expect(subjectOf(notice)).toBe("[understudy] acme is out of date");
  expect(mailText(notice)).toContain("\nlatest run: 7, which ended without the customer's system\n");
  expect(mailText({ ...notice, outcome: null })).toContain("\nlatest run: 7\n");
  expect(mailText({ ...notice, run: null, outcome: null })).not.toContain("latest run");
});
