import { Failure } from "../domain/errors";
import type { RunEvent } from "../domain/run-events";
import type { RunReport } from "../domain/runs";
import { reportOfFailure } from "./conclude/report-of-failure";
import { openJob } from "./open-job";
import { runRekey } from "./run-rekey";
import { runRevert } from "./run-revert";
import { runSync } from "./run-sync";
import type { StageSteps, WorkServices } from "./work-services";

/**
 * Works one queued run from its files to its report. Whatever goes wrong, there is a report, and the run is ended with it;
 * a run that cannot even be read is thrown.
 */
export async function workRun(
  run: number,
  services: WorkServices,
  { tell, signal }: { readonly tell: (event: RunEvent) => void; readonly signal: AbortSignal },
): Promise<RunReport> {
  const { desk, asFailure } = services;
  const queued = await desk.read(run);
  const now = await desk.clock();
  const { source, options, trigger } = queued;
  const startedAt = now();
  const log = services.log.child({ run, source });
  log.info("run started", { mode: options.mode, trigger: trigger.kind });
  let opened = null as Awaited<ReturnType<typeof openJob>> | null;
  let ended = null as RunReport | null;

  try {
    const report = options.mode === "revert" ? await workRevert() : await workJob();
    log.info("run finished", { outcome: report.outcome, requests: report.requests, plan: report.plan });
    return report;
  } catch (error) {
    return ended ?? (await endWith(error));
  } finally {
    await opened?.close();
  }

  /** Neither files nor the customer's system are needed, and either may be what is being mended. */
  function workRevert(): Promise<RunReport> {
    return withStage((stage, overtaken) =>
      runRevert({ ...queued, startedAt }, { stage, tell, now, signal: AbortSignal.any([signal, overtaken]) }),
    );
  }

  async function workJob(): Promise<RunReport> {
    const job = await services.loadJob(source);
    opened = await openJob(job, services, { log, signal });
    const shared = { ...opened.services, keyReader: services.keyReader, now, tell };
    const request = { run, job, options, trigger, startedAt };
    return withStage((stage, overtaken, expected) => {
      const ofStage = {
        ...shared,
        stage,
        expected: ({ into }: { readonly into: string }) => expected.get(into) ?? null,
        signal: AbortSignal.any([signal, overtaken]),
      };
      return options.mode === "rekey" ? runRekey(request, ofStage) : runSync(request, ofStage);
    });
  }

  function withStage(work: StageSteps["work"]): Promise<RunReport> {
    const interrupted = (error: unknown) =>
      log.warn("the database failed the run; it goes on from what was written", { error: asFailure(error) });
    const failed = async (error: unknown): Promise<void> => {
      ended = await endWith(error);
    };
    return desk.withStage(queued, { work, failed, interrupted }, signal);
  }

  async function endWith(error: unknown): Promise<RunReport> {
    const failure = asFailure(error);
    const report = reportOfFailure({ ...queued, startedAt }, failure, now(), opened?.services.upstream.usage);
    if (!(failure instanceof Failure)) log.error("run failed", { error: failure });
    else log.warn("run ended without effect", { outcome: report.outcome, code: report.error?.code });
    // The database may be what failed; the report is the caller's all the same.
    await desk
      .end(report)
      .catch((cause: unknown) => log.warn("the end of the run could not be stored", { error: cause }));
    return report;
  }
}
