import type { ClientBase } from "pg";
import { clearStage, copyStage, forgetWithdrawn, noteWritten } from "./checkpoints";
import { noteLandedAsTold } from "./land/remember-landed";
import { enterStage, leaveStage } from "./lasting-stage";
import type { StageContext } from "./stage-context";
import { creating } from "./stage-tables";

/**
 * How long a stage lives. A lasting one outlives its session, so that another run may go on from what was read, until some run has
 * made its end of it; any other is gone with its session.
 */
export class StageLifetime {
  #isKept = false;

  constructor(
    private readonly context: StageContext,
    private readonly lasting: boolean,
  ) {}

  async open(): Promise<void> {
    if (this.lasting) await enterStage(this.context);
    else await this.context.client.query(creating("temporary"));
  }

  /** What was read stays as it is for the run that goes on from here; this one compares and applies a copy. */
  async keep(): Promise<void> {
    this.#isKept = true;
    await copyStage(this.context);
  }

  /** Whether what was read has served its turn, so that nobody goes on from it. */
  get isSpent(): boolean {
    return this.lasting && !this.#isKept;
  }

  /** Part of the transaction that ends the run. @param hasWritten into the mirror */
  async end(hasWritten: boolean): Promise<void> {
    if (this.isSpent) await clearStage(this.context);
    else if (this.lasting) {
      await noteLandedAsTold(this.context);
      if (this.context.contents.hasChanges) await forgetWithdrawn(this.context);
    } else if (hasWritten) await noteWritten(this.context);
  }

  /** Gives the sessions back as they were. */
  async close(sessions: readonly ClientBase[]): Promise<void> {
    if (this.lasting) await Promise.all(sessions.map(leaveStage));
    if (!this.isSpent) await this.context.client.query("discard temporary");
  }
}
