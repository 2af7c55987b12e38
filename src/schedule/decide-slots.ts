import { durationText } from "../domain/duration-text";
import type { Schedule } from "../domain/job";
import type { SettleFacts, SlotDecision } from "../domain/slots";
import { jitterOf, slotsBetween } from "./slot-times";

/** A slot whose moment is longer ago than this was missed: a scheduler that is running decides it within seconds. */
const ON_TIME = 60_000;
/** Rows written at once. A minute cron with the usual grace makes 720; of a cron of seconds the oldest get none. */
const MOST_SLOTS = 1_000;

/** A slot still to be decided. Its moment is the slot with jitter; `late` is how long ago that was, in milliseconds. */
interface Open {
  readonly slot: Date;
  readonly dueAt: Date;
  readonly late: number;
}

/**
 * Decides every slot since the last time, oldest first.
 *
 *     on time: its moment is at most 60 s ago     due
 *     missed, longer ago than `grace`             missed; only the newest of them, which speaks for all
 *     missed, with `missed: skip`                 missed
 *     missed, with `missed: once`                 covered by the first slot on time; if there is none, the newest is due now
 *                                                 and covers the others
 *
 * With `overlap: skip`, while a run reads the whole source, the slots on time are skipped; but whatever catches up a missed one
 * waits for its turn, for that run may have begun for another reason and nobody else makes up for the night.
 */
export function decideSlots(schedule: Schedule, facts: SettleFacts): SlotDecision[] {
  const { source, settledUntil, now, runningRun } = facts;
  const jitter = jitterOf(source, schedule.jitter);
  const open = slotsBetween(schedule, settledUntil, now, MOST_SLOTS).map((slot): Open => {
    const dueAt = new Date(slot.getTime() + jitter);
    return { slot, dueAt, late: now.getTime() - dueAt.getTime() };
  });
  const onTime = open.filter(({ late }) => late <= ON_TIME);
  const missed = open.filter(({ late }) => late > ON_TIME && late <= schedule.grace);
  const tooLate = open.filter(({ late }) => late > ON_TIME && late > schedule.grace);
  const caughtUp = schedule.missed === "once" && onTime.length === 0 ? missed.slice(-1) : [];
  const others = missed.slice(0, missed.length - caughtUp.length);

  const silence = `no scheduler was running between ${told(settledUntil)} and ${told(now)}`;
  const cover = schedule.missed === "once" && missed.length > 0 ? [...caughtUp, ...onTime][0] : undefined;
  const passed =
    cover === undefined
      ? decide("missed", `${silence}; with \`missed: skip\` that is not caught up`)
      : decide("covered", `${silence}; caught up with the slot of ${told(cover.slot)}`, cover.slot);
  const isBusy = schedule.overlap === "skip" && runningRun !== null;
  const skipped = decide("skipped", `run ${runningRun} of the source was still going`);
  const due = decide("due", null);
  return [
    // After a month without a scheduler nobody wants to read about 40,000 slots of a minute cron.
    ...tooLate.slice(-1).map(decide("missed", `${silence}; older than grace ${durationText(schedule.grace)}`)),
    ...others.map(passed),
    ...caughtUp.map(decide("due", `caught up: ${silence}`)),
    ...onTime.map((slot) => (isBusy && slot !== cover ? skipped : due)(slot)),
  ];
}

const decide =
  (state: SlotDecision["state"], note: string | null, coveredBy: Date | null = null) =>
  ({ slot, dueAt }: Open): SlotDecision => ({ slot, state, dueAt, coveredBy, note });

/** An instant as the notes name it: RFC 3339, in UTC, to the second. */
const told = (instant: Date) => `${instant.toISOString().slice(0, 19)}Z`;
