import { FULL, type Mark, type Pass, type SinceIncrements } from "../../../../src/domain/increments";
import { nextWatermarks } from "../../../../src/sync/conclude/next-watermarks";
import { NO_MARK } from "../../../../src/sync/read/marks";
import { newRead } from "../../../../src/sync/read/stream-read";
import { streamOf } from "../../../support/upstream-job";

const at = (text: string): number => Date.parse(`2026-11-22T${text}:00Z`);
const since: SinceIncrements = {
  kind: "since",
  field: ["updatedAt"],
  query: { since: "{since}" },
  format: "rfc3339",
  overlap: 600_000,
  full: null,
};

interface Case {
  readonly mark?: Partial<Mark>;
  readonly former?: number | null;
  readonly pass?: Pass;
  readonly field?: readonly string[] | null;
  readonly received?: number;
  readonly broken?: string | null;
  readonly holds?: boolean;
  /** Why its children were not all read, or null. */
  readonly childBroken?: string | null;
}

function conclude(given: Case) {
  const { mark, former = null, pass, field, received = 10, broken = null, holds = false, childBroken = null } = given;
  const increments = { ...since, ...(field === undefined ? {} : { field }) };
  const stream = streamOf(null, "/users", { increments });
  const full: Pass = { ...FULL, former };
  const read = newRead(stream, { received, mark: { ...NO_MARK, ...mark } }, pass ?? full);
  const child = newRead(
    streamOf(null, "/users/{parent.id}/roles", { name: "user_roles", each: "users" }),
    {},
    read.pass,
  );
  const proofs = [
    { read, duplicates: 0, torn: 0, fetched: received, brokenBecause: broken, stopped: false },
    { read: child, duplicates: 0, torn: 0, fetched: 0, brokenBecause: childBroken, stopped: false },
  ];
  const passes = {
    of: new Map(),
    fingerprints: new Map([["users", "f"]]),
    facts: { watermarks: [], rejected: new Map(), absent: new Map() },
  };
  const startedAt = new Date(at("02:00"));
  return nextWatermarks({
    completeness: { proofs, reasons: new Map([["users", broken]]) },
    passes,
    startedAt,
    holds,
  });
}

function next(given: Case) {
  const [change] = conclude(given).changes;
  if (change === undefined) return "as it was";
  return change.mark === null ? "forgotten" : change.mark.value.slice(11, 16);
}
const incremental = (former: number): Pass => ({ kind: "since", since: former - 600_000, former });

test.each<readonly [string, Case, string]>([
  ["the upstream's clock when it began", { mark: { begunAt: at("01:00"), newest: at("01:30") } }, "01:00"],
  [
    "the latest that a record told, when that is earlier",
    { mark: { begunAt: at("01:00"), newest: at("00:30") } },
    "00:30",
  ],
  ["its clock, of an empty list", { mark: { begunAt: at("01:00") }, received: 0 }, "01:00"],
  ["its clock, where records tell nothing", { mark: { begunAt: at("01:00") }, field: null }, "01:00"],
  ["our clock, where nobody tells anything", { field: null }, "02:00"],
  ["nothing, where the field is misspelt", { mark: { begunAt: at("01:00") } }, "forgotten"],
  ["what it was, where nothing was told", { mark: { begunAt: at("01:00") }, pass: incremental(at("00:10")) }, "00:10"],
  [
    "never one before it",
    { mark: { begunAt: at("01:00"), newest: at("00:05") }, pass: incremental(at("00:10")) },
    "00:10",
  ],
  [
    "what was known before a full pass whose records are all known",
    { mark: { begunAt: at("01:00") }, former: at("00:10") },
    "00:10",
  ],
  [
    "nothing, when the clock was put back",
    { mark: { begunAt: at("00:30"), newest: at("00:30") }, pass: incremental(at("01:30")) },
    "forgotten",
  ],
  [
    "nothing, when our clock was put back, where nobody tells anything",
    { field: null, pass: incremental(at("12:00")) },
    "forgotten",
  ],
  [
    "what it was, when clocks of two servers differ a little",
    { mark: { begunAt: at("01:29"), newest: at("01:20") }, pass: incremental(at("01:30")) },
    "01:30",
  ],
  [
    "its clock, where all records are of a time to come by it",
    { mark: { begunAt: at("01:00"), tellsClock: true, until: at("01:01"), beyond: at("23:00") } },
    "01:00",
  ],
  [
    "nothing, where all records are of a time to come and nobody else tells one",
    { mark: { until: at("01:01"), beyond: at("23:00") } },
    "forgotten",
  ],
  [
    "what it was, when that is a little later than its clock",
    {
      mark: { begunAt: at("01:00"), newest: at("01:00"), tellsClock: true, until: at("01:01") },
      pass: incremental(at("01:05")),
    },
    "01:05",
  ],
  [
    "nothing, when that is later than can be believed, and it has no clock",
    { mark: { begunAt: at("01:00"), newest: at("01:00"), until: at("01:01") }, pass: incremental(at("01:05")) },
    "forgotten",
  ],
  [
    "what it was, when the end was not seen",
    { mark: { begunAt: at("01:00") }, pass: incremental(0), broken: "status 500" },
    "as it was",
  ],
  [
    "what it was, when children of a parent that changed were not all read",
    { mark: { begunAt: at("01:00"), newest: at("01:00") }, pass: incremental(0), childBroken: "status 404" },
    "as it was",
  ],
  [
    "what it was, when children were not all read in a full pass",
    { mark: { begunAt: at("01:00"), newest: at("01:00") }, childBroken: "status 404" },
    "as it was",
  ],
  [
    "what it was, when something of what changed is held",
    { mark: { begunAt: at("01:00"), newest: at("01:00") }, pass: incremental(0), holds: true },
    "as it was",
  ],
  [
    "a new one after a full pass, be something held or not",
    { mark: { begunAt: at("01:00"), newest: at("01:00") }, holds: true },
    "01:00",
  ],
])("the next run asks from: %s", (_, given, expected) => {
  expect(next(given)).toBe(expected);
});

const SAME_TIME =
  "`users` is asked for changes from the same time again: none of its records that came has a time that can be read at `updatedAt`";
test.each<readonly [string, Case, boolean]>([
  ["none could be read", { mark: { begunAt: at("01:00"), looked: true } }, true],
  ["one could", { mark: { begunAt: at("01:00"), newest: at("00:30"), looked: true } }, false],
  ["one is still to come", { mark: { begunAt: at("01:00"), beyond: at("23:00"), looked: true } }, false],
  ["all were known, so nobody looked", { mark: { begunAt: at("01:00"), looked: false } }, false],
  ["no field is named", { mark: { begunAt: at("01:00"), looked: false }, field: null }, false],
  ["the end was not seen", { mark: { begunAt: at("01:00"), looked: true }, broken: "status 500" }, false],
])("a mark that stays is told of where %s", (_, given, isTold) => {
  for (const pass of [incremental(at("00:10")), { ...FULL, former: at("00:10") }])
    expect(conclude({ ...given, pass }).notes.includes(SAME_TIME)).toBe(isTold);
});

test("without a mark, why there is none says what is sought", () => {
  expect(conclude({ mark: { begunAt: at("01:00"), looked: true } }).notes).toContain(
    "`users` is read in full by the next run too: none of its records has a time that can be read at `updatedAt`",
  );
});
