import type { RunReport } from "../domain/runs";
import { applyRequest } from "./apply-request";
import { applyStoredPlan } from "./apply-stored-plan";
import { compareAndJudgeLinks } from "./compare-and-judge-links";
import { compareAndJudgeRecords } from "./compare-and-judge-records";
import { concludeRun } from "./conclude-run";
import { confirmAbsences } from "./confirm-absences";
import { decideHold } from "./decide-hold";
import { prepareRun } from "./prepare-run";
import { proveComplete } from "./prove-complete";
import { readSource } from "./read-source";
import type { RunRequest } from "./run-request";
import type { RunServices } from "./run-services";
import { watchFiles } from "./state/watched-files";
import { storePlan } from "./store-plan";

/**
 * The life of a run. Everything is read and staged first, then compared with the mirror into a change set and judged, and the
 * changes that are not held are applied in one transaction; `plan` is the same without the last step. An enumeration that breaks
 * off or cannot be proven complete still lands its creates and updates; its absences mean nothing.
 *
 * A large first load is the exception: while it is read, its records are written into the mirror batch by batch, each batch in a
 * transaction of its own, and are in no change set (docs/decisions/0019-first-loads.md).
 *
 * Rejects with a `Failure` for anything that ends the run early: trouble with the database, a lost fence, an interruption, a
 * changed key. Nothing of the change set is written then, but batches of a first load that have landed stay in the mirror.
 */
export async function runSync(request: RunRequest, services: RunServices): Promise<RunReport> {
  const { job, options } = request;
  const { stage, tell, signal, now } = services;
  if (options.planId !== null) return applyStoredPlan(options.planId, request, services);

  // A changed key would make strangers of everybody, so it is refused before anything is read.
  const prepared = await prepareRun(request, services);
  const { streams } = prepared;

  tell({ type: "phase", phase: "fetch" });
  const source = await readSource(prepared, request, services);

  // It must be known which lists are whole before anything that is absent from them may count as gone.
  tell({ type: "phase", phase: "compare" });
  const completeness = await proveComplete(source.reads, streams, request, stage);
  const watched = await watchFiles(request, stage, services.versionOf);
  const judging = { stage, job, completeness, isUnwatchedEdit: watched.isUnwatchedEdit };
  const aboutRecords = await compareAndJudgeRecords(judging);

  // The second witness comes after the safeguard: single records are asked for only where their removal would go through.
  tell({ type: "phase", phase: "confirm" });
  const waiting = await confirmAbsences(completeness, request, services);
  signal.throwIfAborted();

  // Records whose removal was taken back may conflict with new ones. Links come last, for they live with the records at their ends.
  await stage.rejectConflicts(streams);
  const aboutLinks = await compareAndJudgeLinks(judging);

  // A person decides about all held changes as one set, so the decision is looked up when the set is complete.
  const evidence = [...aboutRecords, ...aboutLinks];
  const decision = await decideHold(evidence, completeness, stage);

  const decided = { prepared, source, completeness, watched, waiting, evidence, decision };
  const conclusion = await concludeRun(decided, request, services);
  if (options.mode === "plan") return storePlan(conclusion, stage);

  tell({ type: "phase", phase: "apply" });
  signal.throwIfAborted();
  return stage.apply(applyRequest(decided, conclusion, request, now()));
}
