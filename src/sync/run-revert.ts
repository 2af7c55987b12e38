import { Failure } from "../domain/errors";
import { counted } from "../domain/grouped";
import { type RevertFacts, type RevertRequest, type RevertSummary, revertCommand } from "../domain/revert";
import type { RunEvent } from "../domain/run-events";
import { NOTHING_READ, type QueuedRun, type RunReport } from "../domain/runs";
import { reportHead } from "./conclude/report-head";
import type { RevertStage } from "./ports";

/** A run that undoes another; it needs neither the files of its source nor the customer's system. */
export interface RevertRun extends QueuedRun {
  readonly startedAt: Date;
}

export interface RevertServices {
  readonly stage: RevertStage;
  readonly tell: (event: RunEvent) => void;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/**
 * The life of a run that undoes another: what that one told the audit is turned round, and applied if it is as many changes as a
 * person has seen, and nothing of it changed since.
 *
 * Rejects with a `Failure` for a run that cannot be undone, and for another number of changes.
 */
export async function runRevert(request: RevertRun, services: RevertServices): Promise<RunReport> {
  const { options, trigger } = request;
  const { stage, tell, signal, now } = services;
  if (options.revert === undefined) throw new Error(`run ${request.run} does not say what it undoes`);
  const { expect, ...asked } = options.revert;
  tell({ type: "phase", phase: "compare" });
  const facts = await stage.revert(asked);
  const summary = { ...asked, ...facts };
  const refusal = refusalOf(asked, facts, request.source);
  if (refusal !== null) {
    const report = finished(request, now(), { ...summary, applied: false }, refusal);
    await stage.conclude(report);
    return report;
  }
  if (facts.changes !== expect && facts.changes > 0)
    throw new Failure(
      "USE004",
      `undoing run ${asked.run} takes ${counted(facts.changes, "change")}, not ${expect}; none was made`,
      {
        fix: `look at them first: ${revertCommand(asked)}`,
        data: { changes: facts.changes },
      },
    );
  tell({ type: "phase", phase: "apply" });
  signal.throwIfAborted();
  return stage.applyRevert({
    reverted: asked.run,
    actor: trigger.by,
    reason: trigger.reason,
    report: () => finished(request, now(), { ...summary, applied: true }),
  });
}

/** How many of what changed since are named in a message. */
const NAMED = 10;

/** What changed since is left alone only if a person says so. */
function refusalOf(asked: RevertRequest, { newer, newerTotal }: RevertFacts, source: string): Failure | null {
  if (newerTotal === 0 || asked.keepNewer) return null;
  const named = newer
    .slice(0, NAMED)
    .map(({ entity, key, related, field, because }) =>
      [
        `${entity}/${key}`,
        ...(related === null ? [] : [`-> ${related}`]),
        ...(field === null ? [] : [`\`${field}\``]),
        because,
      ].join(" "),
    );
  const more = newerTotal - named.length;
  const left = `no longer as run ${asked.run} left ${newerTotal === 1 ? "it" : "them"}`;
  return new Failure(
    "RUN020",
    `${counted(newerTotal, "thing is", "things are")} ${left}: ${named.join("; ")}${more > 0 ? `; and ${more} more` : ""}`,
    {
      fix: `nothing was changed; undo the later runs first (understudy runs ${source}), or leave alone what changed since: ${revertCommand({ ...asked, keepNewer: true })}`,
      data: { newer: newerTotal },
    },
  );
}

function finished(
  request: RevertRun,
  finishedAt: Date,
  revert: RevertSummary,
  refusal: Failure | null = null,
): RunReport {
  return {
    ...reportHead(request, refusal === null ? "ok" : "drift", finishedAt),
    ...NOTHING_READ,
    error: refusal === null ? null : { code: refusal.code, message: refusal.message, fix: refusal.fix },
    notes: notesOn(revert),
    revert,
  };
}

function notesOn({ applied, newerTotal, changes }: RevertSummary): readonly string[] {
  if (!applied) return [];
  const leftAlone = newerTotal === 0 ? [] : [`${newerTotal} changed since and left alone`];
  if (changes === 0) return [...leftAlone, "there was nothing to put back: everything else is as it was before"];
  return [
    ...leftAlone,
    "what was put back stays so: if the customer's system still says otherwise, the next run holds it for a person",
  ];
}
