import type { Schedule } from "../domain/job";
import { previousSlots } from "./slot-times";

/**
 * The slot from which on a complete run is missing, when two intervals have passed without one: one missed slot is told as a
 * stale source, two are a schedule that does not do its work. Null as long as that is not so, and for a source never read.
 */
export function overdueSince(schedule: Schedule, lastComplete: string | null, now: Date): Date | null {
  if (lastComplete === null) return null;
  const [, before] = previousSlots(schedule, now, 2);
  return before !== undefined && new Date(lastComplete) < before ? before : null;
}
