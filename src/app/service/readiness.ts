import type { Readiness } from "../../domain/answers";
import { Failure } from "../../domain/errors";
import { within } from "../../domain/within";
import { seeMirror } from "../../mirror/check-database";
import type { Adapters } from "../open/adapters";

type Part = Readiness["parts"][number];

/** A scheduler that has not settled its slots for so long, in milliseconds, is not ready. */
const SILENCE = 20_000;

/** What this process is; undefined for what it is not. */
interface Parts {
  /** Milliseconds since the scheduler last settled its slots; null before it ever did. */
  readonly silence: number | null | undefined;
  readonly takesRuns: boolean | undefined;
  readonly usesQueue: boolean;
  /** Null until it opens. */
  readonly api: Promise<unknown> | null | undefined;
}

/** Whether this process can do its work: its own parts only, never a customer's system. */
export async function lookAtReadiness(
  { database, queue }: Adapters,
  { silence, takesRuns, usesQueue, api }: Parts,
): Promise<Readiness> {
  const parts = await Promise.all([
    look("database", async () => {
      const opened = await database.opened;
      if (opened) await seeMirror(opened);
      return opened?.where ?? null;
    }),
    ...(usesQueue
      ? [
          look("queue", async () => {
            const opened = await queue.opened;
            await opened?.ping();
            return opened?.description ?? null;
          }),
        ]
      : []),
    ...(silence === undefined
      ? []
      : [look("scheduler", async () => (silence === null || silence > SILENCE ? null : "looks after the slots"))]),
    ...(takesRuns === undefined ? [] : [look("worker", async () => (takesRuns ? "takes runs" : null))]),
    ...(api === undefined ? [] : [look("api", async () => ((await api) === null ? null : "answers applications"))]),
  ]);
  return { ready: parts.every(({ ready }) => ready), parts };
}

/** A part that does not answer for so long, in milliseconds, is not ready, whatever else is. */
const TIMEOUT = 1_500;

/** `ask` answers what is used, or null when it is not there yet. */
async function look(name: Part["name"], ask: () => Promise<string | null>): Promise<Part> {
  try {
    const found = await within(TIMEOUT, ask(), () => new Failure("DB001", "does not answer"));
    return { name, ready: found !== null, message: found ?? "not there yet" };
  } catch (error) {
    // What a driver says may hold more than a probe should be told.
    return { name, ready: false, message: error instanceof Failure ? error.message : "does not answer" };
  }
}
