/** A source as it may be found in the morning, and what is said of it. */
import type { ScheduleStatus, SourceFacts } from "../../src/domain/answers";
import type { HoldSummary } from "../../src/domain/holds";
import type { Job } from "../../src/domain/job";
import type { Outcome, RunSummary } from "../../src/domain/runs";
import type { SlotSummary } from "../../src/domain/slots";
import { describeSource } from "../../src/sync/describe/describe-source";

/** Somewhat after the slot of 02:15 in the night of the 22nd; the source was read completely a night before. */
const NOW = new Date("2026-11-22T09:00:00.000Z");
const LAST_NIGHT = "2026-11-22T01:15:00.000Z";
const NEXT_NIGHT = "2026-11-23T01:15:00.000Z";
const READ = "2026-11-22T01:17:04.123Z";
export const LONG_AGO = "2026-11-19T01:17:04.123Z";

type Input = Parameters<typeof describeSource>[0];
type Signs = Partial<Omit<Input, "facts" | "schedule">> & {
  readonly facts?: Partial<SourceFacts>;
  readonly schedule?: Partial<ScheduleStatus> | null;
};

const job = { source: "acme", streams: [] } as unknown as Job;
const facts: SourceFacts = {
  source: "acme",
  lastComplete: READ,
  counts: {},
  stated: [],
  rejects: 0,
  dangling: 0,
  lastRun: 7,
  busyWith: null,
  retiredAt: null,
};
const schedule: ScheduleStatus = {
  cron: "15 2 * * *",
  timezone: "Europe/Berlin",
  next: NEXT_NIGHT,
  last: null,
  overdueSince: null,
  clockSeenAt: "2026-11-22T08:59:57.000Z",
};
export const LATE = { overdueSince: "2026-11-21T01:15:00.000Z" };

export const run = (outcome: Outcome, message: string | null = null): RunSummary =>
  ({
    run: 7,
    source: "acme",
    mode: "sync",
    state: "finished",
    outcome,
    queuedAt: READ,
    startedAt: READ,
    finishedAt: READ,
    trigger: { kind: "schedule", by: "schedule", reason: null, slot: LAST_NIGHT },
    report: message === null ? null : { error: { code: "UPS003", message, fix: null } },
  }) as unknown as RunSummary;

export const slot = (state: SlotSummary["state"], parts: Partial<SlotSummary> = {}): SlotSummary => ({
  source: "acme",
  slot: LAST_NIGHT,
  state,
  dueAt: LAST_NIGHT,
  run: null,
  attempts: 1,
  crashes: 0,
  note: null,
  ...parts,
});

export const hold: HoldSummary = {
  run: 7,
  source: "acme",
  count: 212,
  hash: "h",
  state: "open",
  heldAt: READ,
  decidedBy: null,
  reason: null,
  expiresAt: null,
  evidence: [{ entity: "users", rule: "removals", count: 212, of: 1204, message: "more than 5 % would be removed" }],
};

export const look = (signs: Signs) =>
  describeSource({
    lastRun: run("ok"),
    holds: [],
    heldBackBy: null,
    hasFile: true,
    job,
    loginJob: { login: null },
    now: NOW,
    ...signs,
    facts: { ...facts, ...signs.facts },
    schedule: signs.schedule === null ? null : { ...schedule, ...signs.schedule },
  });

/** What is said where the signs are so; a sentence that begins with … is the end of it. */
export type Case = readonly [state: string, sentence: string, signs: Signs];

export function expectSaid(...[state, sentence, signs]: Case): void {
  const said = look(signs);
  expect(said.state).toBe(state);
  if (sentence.startsWith("…")) expect(said.sentence.slice(-sentence.length + 1)).toBe(sentence.slice(1));
  else expect(said.sentence).toBe(sentence);
}
