import type { ClientBase } from "pg";
import type { EntityName } from "../../domain/entities";
import { once } from "../../domain/once";
import { comparingSteps } from "./comparing-steps";
import { type Before, countBefore } from "./count-before";
import { endingSteps } from "./ending-steps";
import { RevertedChanges } from "./judge/hold-reverted";
import { FirstLoads } from "./land/first-loads";
import type { LandedRecords, UntoldRecords } from "./land/landed";
import { followIntoStage } from "./lasting-stage";
import { readingSteps } from "./reading-steps";
import { rekeySteps } from "./rekey-steps";
import { revertSteps } from "./revert-steps";
import { BATCHES, type BatchTerms, StageBatches } from "./stage-batches";
import { StageContents } from "./stage-contents";
import type { StageContext } from "./stage-context";
import { StageLifetime } from "./stage-lifetime";
import { WriteOrder } from "./write-order";
import { openWriteTransaction } from "./write-transaction";

interface StagedRun {
  readonly run: number;
  readonly source: string;
  readonly fence: number;
}

/** How a stage is opened: for this run alone, or so that another may go on from it. */
export interface StageTerms {
  /** The stage outlives its session, for the run that resumes there. */
  readonly lasting: boolean;
  readonly batches?: BatchTerms;
  /** Begins the transaction in which what was read is compared; an ordinary one by default. */
  readonly begin?: string;
  /** Lends a second session, for as long as the first works; null where there is none to spare. */
  readonly another?: () => Promise<ClientBase | null>;
  /** Counts what the mirror holds of the source; by the run's own session unless told. */
  readonly before?: () => Promise<Before>;
  readonly passwordSeal?: StageContext["passwordSeal"];
}

/**
 * Opens the staging area of one run on a database session that nobody else uses until the run ends. Its methods are documented
 * on the port in `sync/ports.ts`. They stand in the files of steps beside this one, each with what is remembered between them, and
 * are implemented in the folders.
 */
export async function openStage(
  client: ClientBase,
  run: StagedRun,
  { lasting, batches: terms = BATCHES, begin, passwordSeal = null, another, ...told }: StageTerms,
) {
  const landed = new Map<EntityName, LandedRecords>();
  const untold = new Map<EntityName, UntoldRecords>();
  const before =
    told.before ?? once(() => countBefore((sql, parameters) => client.query(sql, [...parameters]), run.source));
  const contents = new StageContents();
  const context = { client, ...run, contents, before, landed, untold, supposedRenames: [], passwordSeal };
  const lifetime = new StageLifetime(context, lasting);
  await lifetime.open();

  const order = new WriteOrder(client, async () => {
    const second = (await another?.()) ?? null;
    return second !== null && (await followIntoStage(second, run.source)) ? second : null;
  });
  const firstLoads = new FirstLoads(context, { landed, untold }, terms.landsFrom);
  const batches = new StageBatches(context, lasting, firstLoads, order, terms);
  const transaction = openWriteTransaction(context, begin);
  const reverted = new RevertedChanges(context);

  return {
    ...readingSteps(context, { batches, firstLoads, lifetime, transaction }),
    ...comparingSteps(context, { firstLoads, reverted }),
    ...endingSteps(context, { lifetime, reverted, transaction }),
    ...rekeySteps(context, { lifetime, order, transaction }),
    ...revertSteps(context, { lifetime, transaction }),
    /** Gives the session back as it was. What was not committed is gone, what was written in batches stays. */
    async close(): Promise<void> {
      await order.rest();
      await transaction.abandon();
      await lifetime.close(order.clients);
    },
  };
}

export type OpenStage = Awaited<ReturnType<typeof openStage>>;
