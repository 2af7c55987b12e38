import type { RunReport } from "../domain/runs";
import type { Conclusion } from "./conclude-run";
import type { EndingStage } from "./ports";

/** Stores the change set under its hash, for people to look at and for `sync --plan` to apply. */
export async function storePlan({ facts, lookedAt, report }: Conclusion, stage: EndingStage): Promise<RunReport> {
  const planned = report();
  if (planned.plan === null || facts.hash === null) throw new Error("a plan has no hash, as if it had landed records");
  await stage.storePlan(planned.plan, facts.hash, planned, lookedAt);
  return planned;
}
