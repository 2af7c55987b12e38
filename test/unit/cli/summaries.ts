/** A run, and a source, as the app tells commands of them. */
import type { ScheduleStatus, SourceStatus } from "../../../src/domain/answers";
import type { RunSummary } from "../../../src/domain/runs";
import type { SlotSummary } from "../../../src/domain/slots";
import { hold, report } from "./command";

export const summary: RunSummary = {
  run: 4183,
  source: "acme",
  mode: "sync",
  state: "finished",
  outcome: "ok",
  trigger: { kind: "cli", by: "ops@desk", reason: 'new hires, "urgent"' },
  queuedAt: "2026-11-22T13:59:01Z",
  startedAt: "2026-11-22T13:59:02Z",
  finishedAt: "2026-11-22T14:01:08Z",
  report: report(),
};

export const lastSlot: SlotSummary = {
  source: "acme",
  slot: "2026-11-22T01:15:00.000Z",
  state: "done",
  dueAt: "2026-11-22T01:17:00.000Z",
  run: 4183,
  attempts: 1,
  crashes: 0,
  note: null,
};

export const schedule: ScheduleStatus = {
  cron: "15 2 * * *",
  timezone: "Europe/Berlin",
  next: "2026-11-23T01:15:00.000Z",
  overdueSince: null,
  last: lastSlot,
  clockSeenAt: "2026-11-22T13:59:00.000Z",
};

export const status: SourceStatus = {
  source: "acme",
  state: "fresh",
  sentence: "`acme` is fresh.",
  lastComplete: "2026-11-22T13:59:09Z",
  lastRun: null,
  holds: [hold()],
  heldBack: null,
  counts: { users: 1231, roles: 40 },
  rejects: 2,
  dangling: 1,
  schedule,
  retiredEntities: ["roles"],
  retiredLinks: [{ kind: "user_roles", origin: "users.roles", count: 7 }],
  volatileEntities: [],
};
