import type { Schedule } from "../domain/job";
import { nextSlot, previousSlots } from "./slot-times";

/** Clocks are set back by a little now and then; milliseconds. */
const SET_BACK_A_LITTLE = 60_000;

/**
 * The first slot since which a complete run is missing, when two intervals have passed without one: one missed slot is told as a
 * stale source, two are a schedule that does not do its work. Null as long as that is not so, and for a source never read. Of a
 * complete run of a time to come nobody can say how long ago it was, so it counts as none.
 */
export function overdueSince(schedule: Schedule, lastComplete: string | null, now: Date): Date | null {
  if (lastComplete === null) return null;
  const [, before] = previousSlots(schedule, now, 2);
  const last = new Date(lastComplete);
  if (before === undefined) return null;
  if (last.getTime() > now.getTime() + SET_BACK_A_LITTLE) return before;
  return last < before ? nextSlot(schedule, last) : null;
}
