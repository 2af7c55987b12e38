import { type EntityName, type Into, isEntity } from "../domain/entities";
import type { Stream } from "../domain/job";
import { inParallel } from "./in-parallel";
import type { Mapper, Stage, Upstream } from "./ports";
import { isUpstreamFailure } from "./stream-read";

export interface Confirmation {
  /** Absent once; the next complete run may be the second witness. */
  readonly waiting: number;
  /** Why the list, and every absence that rests on it, is not to be believed: it left out records that still answer alone. */
  readonly disproved: string | null;
}

/** What reading one record by itself says of it. */
type Answer = "present" | "gone" | "unknown";

/**
 * The second witness. A record absent from a complete enumeration is removed only if an earlier complete run missed it too,
 * or if reading it alone gives 404 or 410 while a record known to be there answers 200 in this same run (lost rights look
 * exactly like absence). `sweep-now` asks for no second witness.
 *
 * An enumeration that was read in two pieces may be the first witness, and never the last: a cursor that counts leads past
 * people when others leave in between. Nor may one that was read for parents of whom some are missing and not gone: nobody has
 * asked for theirs.
 */
export async function confirmAbsences(
  stream: Stream,
  {
    stage,
    upstream,
    mapperOf,
    run,
    signal,
    concurrency,
    inDoubt,
    readBy,
    held,
  }: {
    readonly stage: Stage;
    readonly upstream: Upstream;
    readonly mapperOf: (stream: Stream) => Mapper;
    readonly run: number;
    readonly signal: AbortSignal;
    readonly concurrency: number;
    /** The list alone is not enough, whatever the job says. */
    readonly inDoubt: boolean;
    /** The run that read the list, which an interrupted one may have done: what it noted itself is no other witness. */
    readonly readBy: number | null;
    /** What is held is confirmed too: a person let it through. */
    readonly held: boolean;
  },
): Promise<Confirmation> {
  const { absence } = stream.deletes;
  if (!isEntity(stream.into) || absence === "never" || (absence !== "sweep" && !inDoubt))
    return { waiting: 0, disproved: null };
  const entity: EntityName = stream.into;
  const absences = await stage.absences(entity, { held, readBy: readBy ?? 0 });

  const answers = new Map<string, Answer>();
  const probe = stream.one === null || absences.length === 0 ? null : await stage.knownPresent(entity);
  if (probe !== null && (await ask(probe)) === "present")
    await inParallel(concurrency, absences, async ({ key }) => void answers.set(key, await ask(key)));

  const present = absences.filter(({ key }) => answers.get(key) === "present").length;
  if (present > 0)
    return { waiting: 0, disproved: `the list left out ${present} ${entity} that still answer when read alone` };
  const waiting = absences
    .filter(({ key, again }) => (inDoubt || !again) && answers.get(key) !== "gone")
    .map(({ key }) => key);
  await stage.withdrawAbsences(entity, waiting, { remember: true, held });
  return { waiting: waiting.length, disproved: null };

  async function ask(key: string): Promise<Answer> {
    try {
      const answer = await upstream.one({ stream, key, run, signal });
      if (!answer.found) return "gone";
      const [mapped] = await mapperOf(stream).mapPage([answer.record], null);
      if (mapped === undefined || mapped.outcome === "link") return "unknown";
      // Somebody else's record, or one without a readable key, says nothing about this one.
      if (mapped.key !== key) return "unknown";
      return mapped.outcome === "skipped" ? "gone" : "present";
    } catch (error) {
      signal.throwIfAborted();
      if (isUpstreamFailure(error)) return "unknown";
      throw error;
    }
  }
}

/** Whether absences of an entity wait for a person. */
export async function areAbsencesHeld(stage: Pick<Stage, "absences">, into: Into): Promise<boolean> {
  if (!isEntity(into)) return false;
  const all = await stage.absences(into, { held: true, readBy: 0 });
  const others = await stage.absences(into, { held: false, readBy: 0 });
  return all.length > others.length;
}
