import { Failure } from "../domain/errors";
import type { RunEvent } from "../domain/run-events";
import type { RunReport } from "../domain/runs";
import type { StoredPlan } from "../domain/staging";
import { passwordsIn } from "./passwords";
import type { EndingStage, PreparingStage } from "./ports";
import type { RunRequest } from "./run-request";
import type { RunServices } from "./run-services";
import { renamedStreams } from "./state/known-mappings";

const LEFT_OUT =
  "a plan holds no passwords: those that it read come with the next run, and until then it does not count as complete";

/**
 * A plan whose reading was incomplete is applied whole, and yet the run ends as incomplete, with the plan's error: what was not read
 * for the plan is not read by applying it either.
 */
const asRead = (run: number): string =>
  `everything that run ${run} planned was applied; what was wrong was its reading`;

/** Applies a stored plan, or refuses when the mirror has changed since. */
export async function applyStoredPlan(
  planId: string,
  request: RunRequest,
  services: Pick<RunServices, "versionOf" | "now"> & {
    readonly stage: EndingStage & Pick<PreparingStage, "knownMappings" | "renameStreams">;
    readonly tell: (event: RunEvent) => void;
  },
): Promise<RunReport> {
  const { stage, tell, versionOf } = services;
  const { report: planned, isUpToDate, streams } = await stage.loadPlan(planId);
  refuseOtherStreams(planId, streams, request);
  // The plan names links by what their streams are called now.
  await stage.renameStreams(renamedStreams(await stage.knownMappings(), request.job.streams.map(versionOf)));
  tell({ type: "phase", phase: "apply" });
  const after = Object.entries(planned.entities).flatMap(([name, counts]) =>
    "fetched" in counts ? [[name, counts.after] as const] : [],
  );
  // A plan holds no passwords, so what it read of them was not all taken over.
  const leftOut = (planned.passwords?.changed ?? 0) + (planned.passwords?.gone ?? 0);
  return stage.apply({
    actor: request.trigger.by,
    reason: request.trigger.reason,
    job: request.job,
    after: Object.fromEntries(after),
    streams: [],
    fingerprints: new Map(),
    passwords: passwordsIn(request.job),
    pages: new Map(),
    ended: [],
    complete: [],
    completeAt: isUpToDate && leftOut === 0 ? planned.finishedAt : null,
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
      notes: [
        ...planned.notes,
        ...(planned.error === null ? [] : [asRead(planned.run)]),
        ...(leftOut === 0 ? [] : [LEFT_OUT]),
      ],
    }),
  });
}

/** No run would ever take back what it grants in the name of a stream that no longer exists. */
function refuseOtherStreams(planId: string, streams: StoredPlan["streams"], { job }: RunRequest): void {
  const other = streams.find(
    ({ name, into }) => !job.streams.some((stream) => stream.name === name && stream.into === into),
  );
  if (other === undefined) return;
  throw new Failure(
    "RUN002",
    `the plan \`${planId}\` no longer matches: it is of \`${other.name}\`, into \`${other.into}\`, which the job no longer describes`,
    { fix: `nothing was written; make a new one: understudy plan ${job.source}` },
  );
}
