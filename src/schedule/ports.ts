import type { AwaitedSlot } from "../domain/awaited-slot";
import type { Schedule } from "../domain/job";
import type { RunReport } from "../domain/runs";
import type { SettleFacts, SlotDecision, SlotRef } from "../domain/slots";

/** A slot that waits for a worker. `crashes` makes the job id of each new start another one. */
export interface DueSlot extends SlotRef {
  readonly crashes: number;
}

/**
 * What comes of a worker's wish to begin a slot. begun: the run was made and is this worker's · wait: the source is being
 * worked on, the clock will ask again · over: it was decided already, there is nothing to do.
 */
type Begun =
  | { readonly state: "begun"; readonly run: number }
  | { readonly state: "wait" }
  | { readonly state: "over" };

/** The slots in Postgres: the truth about what is to run. Every method is safe to call from several processes at once. */
export interface SlotDesk {
  /**
   * Decides all slots of a source since the last time, in one transaction that other processes wait for. A source met for the
   * first time begins now. `schedule` is remembered, so that a file that breaks does not stop the clock. Where slots had been
   * decided up to `setBackFrom`, by a clock that was set back since, they are decided anew.
   */
  settle(
    source: string,
    schedule: Schedule,
    decide: (facts: SettleFacts) => readonly SlotDecision[],
  ): Promise<{
    readonly now: Date;
    readonly settledUntil: Date;
    readonly decided: readonly SlotDecision[];
    readonly setBackFrom: Date | null;
  }>;
  /**
   * Settles sources of which there is nothing to decide, all at once.
   *
   * @returns up to when, by source. Those are left out of which there may be something: another schedule is known, the next slot
   *   has come by the database's clock, or less is settled than was thought
   */
  settleAhead(awaited: readonly AwaitedSlot[]): Promise<ReadonlyMap<string, Date>>;
  /** The schedule as it was when the source was last settled. */
  remembered(source: string): Promise<Schedule | null>;
  /** The schedule was taken away: what would have been missed from here on is not caught up. */
  forget(source: string): Promise<void>;
  /** Slots whose moment has come and whose source is free; of one source only the few that waited longest. */
  due(): Promise<readonly DueSlot[]>;
  /**
   * Takes back slots whose run died with its process: due again at once, or set aside after the third time. Also closes slots
   * whose run ended without the process getting so far as to say so.
   */
  recover(): Promise<readonly { readonly slot: SlotRef; readonly setAside: boolean; readonly crashes: number }[]>;
  /** Makes the slot's run, unless it is decided already, waits, or is too late. */
  begin(slot: SlotRef): Promise<Begun>;
  /** Books the end of a slot's run: done, given up, or due again after a pause when the same attempt may succeed later. */
  end(slot: SlotRef, report: RunReport): Promise<void>;
}
