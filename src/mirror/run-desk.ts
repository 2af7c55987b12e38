import type { QueuedRun, RunOptions, RunReport } from "../domain/runs";
import type { Database } from "./database";
import { databaseClock } from "./database-clock";
import { LEASE, type LeaseTerms } from "./fence";
import { DATABASE_RETRY, type DatabaseRetry, type Lease, type LeaseOptions, leaseSource } from "./lease-source";
import { aboutSource } from "./one-source";
import { RunStore } from "./run-store";
import { type Before, countBefore } from "./stage/count-before";
import { type OpenStage, openStage, type StageTerms } from "./stage/open-stage";
import { BATCHES, type BatchTerms } from "./stage/stage-batches";
import { inTransaction } from "./transaction";

interface StageWork extends Pick<LeaseOptions, "failed" | "interrupted"> {
  readonly work: (
    stage: OpenStage,
    overtaken: AbortSignal,
    expected: ReadonlyMap<string, number>,
  ) => Promise<RunReport>;
}

/** A run of whole streams: where it is interrupted, the next one goes on. */
const isResumable = ({ mode, user, planId }: RunOptions): boolean =>
  mode !== "rekey" && mode !== "revert" && user === null && planId === null;

interface DeskTerms {
  readonly lease?: LeaseTerms | undefined;
  readonly retry?: DatabaseRetry | undefined;
  readonly batches?: Partial<BatchTerms> | undefined;
  readonly passwordSeal?: StageTerms["passwordSeal"] | undefined;
}

/** Lets one run at a time work at a source, each with its stage in a database session of its own. */
export class RunDesk {
  readonly #runs: RunStore;

  constructor(
    private readonly database: Database,
    private readonly terms: DeskTerms = {},
  ) {
    this.#runs = new RunStore(database.knex);
  }

  read(run: number): Promise<QueuedRun> {
    return this.#runs.read(run);
  }

  end(report: RunReport): Promise<void> {
    return this.#runs.end(report);
  }

  clock(): Promise<() => Date> {
    return databaseClock(this.database.knex);
  }

  /** @throws what `leaseSource` does */
  withStage(
    { run, source, options, trigger }: QueuedRun,
    { work, ...told }: StageWork,
    signal: AbortSignal,
  ): Promise<RunReport> {
    const claim = { run, source, holder: trigger.by };
    const { lease = LEASE, retry = DATABASE_RETRY, batches = {}, passwordSeal = null } = this.terms;
    const terms = { lease, retry, signal, ...told };
    const begin = async ({ session, another, fence, overtaken }: Lease): Promise<RunReport> => {
      // On another session, while the run begins to read.
      const counting = this.#count(source);
      const stageTerms = {
        lasting: isResumable(options),
        batches: { ...BATCHES, ...batches },
        before: () => counting,
        another,
        passwordSeal,
      };
      const stage = await openStage(session, { run, source, fence }, stageTerms);
      try {
        return await work(stage, overtaken, expectedBy(counting));
      } finally {
        // A session that is gone needs it no more.
        await stage.close().catch(() => undefined);
      }
    };
    return aboutSource(source, () => leaseSource(this.database, claim, terms, begin));
  }

  /** By one process of the server: there is time, and more of them would only take it from the reading. */
  #count(source: string): Promise<Before> {
    return this.database.withClient((client) =>
      inTransaction(client, async () => {
        await client.query("set local max_parallel_workers_per_gather = 0");
        return countBefore((sql, parameters) => client.query(sql, [...parameters]), source);
      }),
    );
  }
}

/** Live records by entity, as soon as they are counted. */
function expectedBy(counting: Promise<Before>): ReadonlyMap<string, number> {
  const expected = new Map<string, number>();
  counting.then(
    ({ records }) => {
      for (const [entity, count] of Object.entries(records)) if (count > 0) expected.set(entity, count);
    },
    // Told by whoever needs it.
    () => undefined,
  );
  return expected;
}
