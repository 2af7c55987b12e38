/** A world whose clock is turned by hand, and what takes away there what was kept long enough. */
import type { PruneAnswer } from "../../src/domain/retention";
import { RetentionStore } from "../../src/mirror/retention/retention-store";
import { type MovedClock, startMovedClock } from "./moved-clock";
import { openWorld, type World } from "./world";

const KEPT = { auditMonths: 24, tombstoneDays: 30, rejectDays: 28 };
export const BEGIN = "2024-01-15T03:00:00.000Z";

export class AgingWorld {
  now = BEGIN;

  private constructor(
    readonly world: World,
    readonly clock: MovedClock,
  ) {}

  static async start(): Promise<AgingWorld> {
    const clock = await startMovedClock(BEGIN);
    return new AgingWorld(await openWorld(clock.made), clock);
  }

  async turnTo(moment: string): Promise<void> {
    this.now = new Date(moment).toISOString();
    await this.clock.set(this.now);
  }

  later(days: number, milliseconds = 0): string {
    return new Date(Date.parse(this.now) + days * 86_400_000 + milliseconds).toISOString();
  }

  /** @param apart how far the clock of this process is from the database's, in milliseconds */
  retention(apart = 0): RetentionStore {
    return new RetentionStore(this.world.database, KEPT, () => Date.parse(this.now) + apart);
  }

  prune(dryRun = false, today: string | null = this.now.slice(0, 10)): Promise<PruneAnswer> {
    return this.retention().prune({ dryRun, today, by: "ops@desk" });
  }

  async count(from: string): Promise<number> {
    return (await this.world.sql<{ count: number }>(`select count(*) from ${from}`))[0]?.count ?? 0;
  }
}

/** What went, of what, and how much. */
export const told = ({ pruned }: PruneAnswer) =>
  pruned.map(({ what, source, entity, count }) => [what, ...(source === null ? [] : [`${source}/${entity}`]), count]);
