import type { Schedule } from "../domain/job";
import { nextSlot, previousSlots } from "./slot-times";

/**
 * The first slot since which a complete run is missing, when two intervals have passed without one: one missed slot is told as a
 * stale source, two are a schedule that does not do its work. Null as long as that is not so, and for a source never read.
 */
export function overdueSince(schedule: Schedule, lastComplete: string | null, now: Date): Date | null {
  if (lastComplete === null) return null;
  const [, before] = previousSlots(schedule, now, 2);
  const last = new Date(lastComplete);
  return before !== undefined && last < before ? nextSlot(schedule, last) : null;
}
