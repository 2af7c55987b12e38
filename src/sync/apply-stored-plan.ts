import type { RunEvent, RunReport } from "../domain/runs";
import type { Stage } from "./ports";
import type { RunRequest } from "./run-request";

/** Applies a stored plan, or refuses when the mirror has changed since. */
export async function applyStoredPlan(
  planId: string,
  request: RunRequest,
  services: { readonly stage: Stage; readonly tell: (event: RunEvent) => void; readonly now: () => Date },
): Promise<RunReport> {
  const { stage, tell } = services;
  const { report: planned, wholeSource } = await stage.loadPlan(planId);
  tell({ type: "phase", phase: "apply" });
  const after = Object.entries(planned.entities).flatMap(([name, counts]) =>
    "fetched" in counts ? [[name, counts.after] as const] : [],
  );
  return stage.apply({
    actor: request.trigger.by,
    reason: request.trigger.reason,
    job: request.job,
    after: Object.fromEntries(after),
    streams: [],
    fingerprints: new Map(),
    pages: new Map(),
    ended: [],
    complete: [],
    completeAt: wholeSource ? planned.finishedAt : null,
    watermarks: [],
    lookedAt: null,
    report: () => ({
      ...planned,
      run: request.run,
      trigger: request.trigger,
      startedAt: request.startedAt.toISOString(),
      finishedAt: services.now().toISOString(),
      requests: 0,
      bytes: 0,
    }),
  });
}
