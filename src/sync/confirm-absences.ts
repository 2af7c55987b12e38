import { type EntityName, isEntity } from "../domain/entities";
import type { Stream } from "../domain/job";
import { inParallel } from "./in-parallel";
import type { Stage, Upstream } from "./ports";

export interface Confirmation {
  /** Absent once; the next complete run may be the second witness. */
  readonly waiting: number;
  /** Why the list is not to be believed after all: it left out records that still answer by themselves. */
  readonly disproved: string | null;
}

/**
 * The second witness. A record absent from a complete enumeration is removed only if an earlier complete run missed it too,
 * or if reading it alone gives 404 or 410 while a record known to be there answers 200 in this same run (lost rights look
 * exactly like absence). `sweep-now` asks for no second witness.
 */
export async function confirmAbsences(
  stream: Stream,
  {
    stage,
    upstream,
    run,
    signal,
    concurrency,
  }: {
    readonly stage: Stage;
    readonly upstream: Upstream;
    readonly run: number;
    readonly signal: AbortSignal;
    readonly concurrency: number;
  },
): Promise<Confirmation> {
  const nothing: Confirmation = { waiting: 0, disproved: null };
  if (!isEntity(stream.into) || stream.deletes.absence !== "sweep") return nothing;
  const entity: EntityName = stream.into;
  const firstTime = (await stage.absences(entity)).filter((absence) => !absence.again).map((absence) => absence.key);
  if (firstTime.length === 0) return nothing;

  const gone = new Set<string>();
  const present: string[] = [];
  const probe = stream.one === null ? null : await stage.knownPresent(entity);
  if (probe !== null && (await answers(probe)) === "present") {
    await inParallel(concurrency, firstTime, async (key) => {
      const answer = await answers(key);
      if (answer === "gone") gone.add(key);
      if (answer === "present") present.push(key);
    });
  }
  if (present.length > 0) {
    const all = (await stage.absences(entity)).map((absence) => absence.key);
    await stage.withdrawAbsences(entity, all, false);
    return {
      waiting: 0,
      disproved: `the list left out ${present.length} ${entity} that still answer when read alone`,
    };
  }
  const unconfirmed = firstTime.filter((key) => !gone.has(key));
  await stage.withdrawAbsences(entity, unconfirmed, true);
  return { waiting: unconfirmed.length, disproved: null };

  async function answers(key: string): Promise<"present" | "gone" | "unknown"> {
    try {
      return (await upstream.one({ stream, key, run, signal })).found ? "present" : "gone";
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Error && "code" in error && String(error.code).startsWith("UPS")) return "unknown";
      throw error;
    }
  }
}
