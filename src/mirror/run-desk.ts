import { ENTITY_NAMES } from "../domain/entities";
import type { RunOptions, RunReport, Trigger } from "../domain/runs";
import type { Database } from "./database";
import { claimSource, keepLease, LEASE, type LeaseTerms, releaseSource } from "./fence";
import { RunStore } from "./run-store";
import { openStage } from "./stage/open-stage";

type OpenStage = Awaited<ReturnType<typeof openStage>>;

interface QueuedRun {
  readonly run: number;
  readonly source: string;
  readonly options: RunOptions;
  readonly trigger: Trigger;
}

/** Lets one run at a time work at a source, each with its stage in a database session of its own. */
export class RunDesk {
  readonly #runs: RunStore;

  constructor(
    private readonly database: Database,
    private readonly lease: LeaseTerms = LEASE,
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
    { run, source, trigger }: QueuedRun,
    work: (stage: OpenStage, lost: AbortSignal, expected: ReadonlyMap<string, number>) => Promise<T>,
    failed: (error: unknown) => Promise<unknown>,
  ): Promise<T> {
    return this.database.withClient(async (session) => {
      const fence = await claimSource(session, { run, source, holder: trigger.by }, this.lease);
      const lease = keepLease((sql, parameters) => this.#touch(sql, parameters), source, fence, this.lease);
      try {
        const stage = await openStage(session, { run, source, fence });
        return await work(stage, lease.lost, await this.#liveCounts(source));
      } catch (error) {
        // Whatever a run that was overtaken trips over, that is why it ended.
        await failed(lease.lost.aborted ? lease.lost.reason : error);
        throw error;
      } finally {
        lease.stop();
        // When the session is gone this fails, and the source is free all the same: a dead session holds nothing.
        await releaseSource(session, source, fence).catch(() => undefined);
        await session.query("discard temporary").catch(() => undefined);
      }
    });
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
