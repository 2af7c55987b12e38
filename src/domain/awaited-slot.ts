import type { Schedule } from "./job";

/** A source whose next slot lies ahead, by what was found when it was settled. */
export interface AwaitedSlot {
  readonly source: string;
  readonly schedule: Schedule;
  /** Up to then every slot is decided. */
  readonly settledUntil: Date;
  /** Null when there is none. */
  readonly next: Date | null;
}
