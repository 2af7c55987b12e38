import type { RunSummary } from "../src/domain/runs";

/**
 * Whether every slot, from the first that has a run to the last, has exactly one run that went well. What a process that was
 * killed left behind is no second run of its slot, for it changed nothing.
 *
 * @param everyMs the time from one slot to the next
 * @returns what is wrong, and the slots
 */
export function checkNights(
  runs: readonly RunSummary[],
  everyMs: number,
): { readonly wrong: readonly string[]; readonly slots: readonly string[]; readonly interrupted: number } {
  const nightly = runs.filter(({ trigger }) => trigger.kind === "schedule");
  const slotOf = ({ trigger }: RunSummary): string => trigger.slot ?? "none";
  const wrong = nightly.flatMap((run) => {
    if (run.trigger.slot === undefined) return [`run ${run.run} of the schedule is for no slot`];
    if (run.state !== "finished") return [`run ${run.run} has not ended`];
    if (run.outcome !== "ok" && run.outcome !== "interrupted") return [`run ${run.run} ended ${run.outcome}`];
    return [];
  });
  const moments = nightly.map((run) => Date.parse(slotOf(run)));
  const slots: string[] = [];
  for (let moment = Math.min(...moments); moment <= Math.max(...moments); moment += everyMs) {
    const slot = new Date(moment).toISOString();
    const well = nightly.filter((run) => Date.parse(slotOf(run)) === moment && run.outcome === "ok");
    if (well.length !== 1) wrong.push(`the slot ${slot} has ${well.length} runs that went well`);
    slots.push(slot);
  }
  return { wrong, slots, interrupted: nightly.filter(({ outcome }) => outcome === "interrupted").length };
}
