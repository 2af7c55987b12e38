/** What lies in the queues: names, ids and data of jobs. Data are ids and nothing else. */
import type { JobsOptions } from "bullmq";
import type { RunReport } from "../domain/runs";
import type { SlotRef } from "../domain/slots";
import type { DueSlot } from "./ports";
import type { QueueJob, RunVerdict } from "./queue-store";

/** A run that a person asked for. */
export interface RunJob {
  readonly run: number;
  readonly source: string;
}

/** How many finished runs of people the queue remembers; what became of them stands in Postgres. */
const KEPT = { count: 20 } as const;

/** BullMQ wants no colon in an id. */
export const idOf = (run: number): string => `run-${run}`;

/** A run of a person goes before what the schedule wants, and is never retried. */
export const optionsOf = (run: number): JobsOptions => ({
  jobId: idOf(run),
  lifo: true,
  attempts: 1,
  stackTraceLimit: 0,
  removeOnComplete: KEPT,
  removeOnFail: KEPT,
});

export const runJob = (job: RunJob) => ({ name: "run", data: { ...job }, opts: optionsOf(job.run) });

/**
 * The id makes a slot one job, however often it is put. It is gone from the queue as soon as it was worked, so that the slot
 * can be put again; after a crash the old job may still look alive, so the new one has another id.
 */
export const slotJob = ({ source, slot, crashes }: DueSlot) => ({
  name: "slot",
  data: { source, slot },
  opts: {
    jobId: `${slotId({ source, slot })}-${crashes}`,
    attempts: 1,
    stackTraceLimit: 0,
    removeOnComplete: true,
    removeOnFail: true,
  } satisfies JobsOptions,
});

const slotId = ({ source, slot }: SlotRef): string => `slot-${source}-${Date.parse(slot)}`;

export type Wanted = { readonly run: RunJob } | { readonly slot: SlotRef };

/** What a job of the shared queue asks for; null when it is none of ours. */
export function readJob(job: Pick<QueueJob, "id" | "name" | "data">): Wanted | null {
  const { id = "", name, data } = job;
  if (typeof data !== "object" || data === null || !("source" in data) || typeof data.source !== "string") return null;
  const { source } = data;
  if (name === "run" && "run" in data && typeof data.run === "number" && id === idOf(data.run))
    return { run: { run: data.run, source } };
  if (name !== "slot" || !("slot" in data) || typeof data.slot !== "string") return null;
  const slot = { source, slot: data.slot };
  return id.startsWith(`${slotId(slot)}-`) ? { slot } : null;
}

export const verdictOf = ({ outcome, exitCode }: RunReport): RunVerdict => ({ outcome, exitCode });
