import { ENTITY_NAMES } from "../domain/entities";
import type { RunOptions, RunReport, Trigger } from "../domain/runs";
import type { Database } from "./database";
import { LEASE, type LeaseTerms } from "./fence";
import { type HoldTerms, holdSource, PATIENCE, type Patience } from "./hold-source";
import { RunStore } from "./run-store";
import { openStage } from "./stage/open-stage";
import { BATCHES, type BatchTerms } from "./stage/stage-batches";

type OpenStage = Awaited<ReturnType<typeof openStage>>;

interface QueuedRun {
  readonly run: number;
  readonly source: string;
  readonly options: RunOptions;
  readonly trigger: Trigger;
}

interface StageWork extends Pick<HoldTerms, "failed" | "interrupted"> {
  readonly work: (
    stage: OpenStage,
    overtaken: AbortSignal,
    expected: ReadonlyMap<string, number>,
  ) => Promise<RunReport>;
}

/** A run of whole streams: where it is interrupted, the next one goes on. */
const canBeGoneOnFrom = ({ mode, user, planId }: RunOptions): boolean =>
  mode !== "rekey" && user === null && planId === null;

/** Lets one run at a time work at a source, each with its stage in a database session of its own. */
export class RunDesk {
  readonly #runs: RunStore;

  constructor(
    private readonly database: Database,
    private readonly lease: LeaseTerms = LEASE,
    private readonly patience: Patience = PATIENCE,
    private readonly batches: Partial<BatchTerms> = {},
  ) {
    this.#runs = new RunStore(database.knex);
  }

  read(run: number): Promise<QueuedRun> {
    return this.#runs.read(run);
  }

  end(report: RunReport): Promise<void> {
    return this.#runs.end(report);
  }

  /** @throws what `holdSource` does */
  withStage(
    { run, source, options, trigger }: QueuedRun,
    { work, ...told }: StageWork,
    signal: AbortSignal,
  ): Promise<RunReport> {
    const claim = { run, source, holder: trigger.by };
    const terms = { lease: this.lease, patience: this.patience, signal, ...told };
    return holdSource(this.database, claim, terms, async ({ session, fence, overtaken }) => {
      const stageTerms = { lasting: canBeGoneOnFrom(options), batches: { ...BATCHES, ...this.batches } };
      const stage = await openStage(session, { run, source, fence }, stageTerms);
      try {
        return await work(stage, overtaken, await this.#liveCounts(source));
      } finally {
        // A session that is gone needs it no more.
        await stage.close().catch(() => undefined);
      }
    });
  }

  async #liveCounts(source: string): Promise<ReadonlyMap<string, number>> {
    const live = ENTITY_NAMES.map(
      (entity) => `select '${entity}' as entity, count(*) as count from mirror.${entity}
                   where source = :source and tombstoned_at is null`,
    );
    const { rows } = await this.database.knex.raw<{ rows: { entity: string; count: number }[] }>(
      live.join(" union all "),
      { source },
    );
    const held = rows.filter(({ count }) => Number(count) > 0);
    return new Map(held.map(({ entity, count }) => [entity, Number(count)]));
  }
}
