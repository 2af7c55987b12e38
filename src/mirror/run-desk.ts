import { ENTITY_NAMES } from "../domain/entities";
import type { RunOptions, RunReport, Trigger } from "../domain/runs";
import type { Database } from "./database";
import { claimSource, keepLease, LEASE, type LeaseTerms, releaseSource } from "./fence";
import { RunStore } from "./run-store";
import { fenceLost } from "./stage/keep-books";
import { BATCHES, type BatchTerms } from "./stage/stage-batches";
import { openStage } from "./stage/open-stage";

type OpenStage = Awaited<ReturnType<typeof openStage>>;

interface QueuedRun {
  readonly run: number;
  readonly source: string;
  readonly options: RunOptions;
  readonly trigger: Trigger;
}

/** A run of whole streams: where it is interrupted, the next one goes on. */
const isGoneOnFrom = ({ mode, user, planId }: RunOptions): boolean =>
  mode !== "rekey" && user === null && planId === null;

/** Lets one run at a time work at a source, each with its stage in a database session of its own. */
export class RunDesk {
  readonly #runs: RunStore;

  constructor(
    private readonly database: Database,
    private readonly lease: LeaseTerms = LEASE,
    private readonly batches: BatchTerms = BATCHES,
  ) {
    this.#runs = new RunStore(database.knex);
  }

  read(run: number): Promise<QueuedRun> {
    return this.#runs.read(run);
  }

  end(report: RunReport): Promise<void> {
    return this.#runs.end(report);
  }

  /** @throws Failure RUN001 while another run holds the source, RUN003 for a run that was given up; what `work` throws */
  withStage<T>(
    { run, source, options, trigger }: QueuedRun,
    work: (stage: OpenStage, lost: AbortSignal, expected: ReadonlyMap<string, number>) => Promise<T>,
    failed: (error: unknown) => Promise<unknown>,
  ): Promise<T> {
    return this.database.withClient(async (session) => {
      const fence = await claimSource(session, { run, source, holder: trigger.by }, this.lease);
      const lease = keepLease((sql, parameters) => this.#touch(sql, parameters), source, fence, this.lease);
      let stage: OpenStage | null = null;
      try {
        stage = await openStage(session, { run, source, fence }, { lasting: isGoneOnFrom(options), batches: this.batches });
        return await work(stage, lease.lost, await this.#liveCounts(source));
      } catch (error) {
        // Whatever a run that was overtaken trips over, that is why it ended.
        await failed((await this.#overtaken(source, fence, lease.lost)) ?? error);
        throw error;
      } finally {
        lease.stop();
        await stage?.close().catch(() => undefined);
        // When the session is gone this fails, and the source is free all the same: a dead session holds nothing.
        await releaseSource(session, source, fence).catch(() => undefined);
      }
    });
  }

  /** Whoever overtakes a run may end its session, which then looks like a lost database. */
  async #overtaken(source: string, fence: number, lost: AbortSignal): Promise<unknown> {
    if (lost.aborted) return lost.reason;
    const held = await this.#touch("select from sync.sources where source = $1 and fence = $2", [source, fence]).catch(
      () => null,
    );
    return held === 0 ? fenceLost({ source }) : null;
  }

  #touch(sql: string, parameters: readonly unknown[]): Promise<number> {
    return this.database.withClient(async (client) => (await client.query(sql, [...parameters])).rowCount ?? 0);
  }

  async #liveCounts(source: string): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const entity of ENTITY_NAMES) {
      const [row] = await this.database
        .knex(`mirror.${entity}`)
        .where({ source })
        .whereNull("tombstoned_at")
        .count<{ count: number }[]>("* as count");
      if (Number(row?.count) > 0) counts.set(entity, Number(row?.count));
    }
    return counts;
  }
}
