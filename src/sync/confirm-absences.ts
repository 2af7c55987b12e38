import { type EntityName, isEntity } from "../domain/entities";
import { counted } from "../domain/grouped";
import { inParallel } from "../domain/in-parallel";
import type { Stream } from "../domain/job";
import type { Mapped } from "../domain/mapping";
import { sharedKeyset } from "../domain/shared-keyset";
import type { Completeness } from "./completeness";
import type { ConfirmingStage, PreparingStage } from "./ports";
import { readOne } from "./read/read-one";
import { isUpstreamFailure, type StreamRead } from "./read/stream-read";
import type { RunRequest } from "./run-request";
import type { RunServices } from "./run-services";

interface ConfirmServices extends Pick<RunServices, "upstream" | "mapperOf" | "signal"> {
  readonly stage: ConfirmingStage & Pick<PreparingStage, "awaitsRelease">;
}

/**
 * The second witness. A record absent from a complete enumeration is removed only if an earlier complete run missed it too, or if
 * reading it alone gives 404 or 410 while a record known to be there answers 200 before and after it (lost rights look exactly like
 * absence). A person who is disabled when read alone is gone as well: lists leave out whoever may not sign in any more, and both say
 * that this one may not. `sweep-now` asks for no second witness. Any other record that answers when it is read alone disproves the
 * enumeration that left it out.
 *
 * An enumeration that is in doubt may be the first witness, but never the last.
 *
 * @returns by entity the records that are absent and stay
 */
export async function confirmAbsences(
  completeness: Completeness,
  request: RunRequest,
  services: ConfirmServices,
): Promise<ReadonlyMap<string, Waiting>> {
  const { stage } = services;
  // Removals that a person released go only if the upstream still says so at this moment.
  const held = await stage.awaitsRelease();
  const waiting = new Map<string, Waiting>();
  const parentsInDoubt = new Set<string>();
  // Parents come before their children.
  const streams = completeness.recordStreams;
  for (const stream of streams) {
    const read = completeness.readOf(stream);
    const doubt = doubtOf(stream, read, parentsInDoubt);
    const witness = { inDoubt: doubt !== null, readBy: read?.readBy ?? null, held };
    const confirmation = await confirmStream(stream, witness, request, services);
    const { waiting: count, again, disabled, unreadable } = confirmation;
    waiting.set(stream.into, { stream, doubt, count, again, disabled, unreadable });
    if (confirmation.disproved !== null)
      await withdrawAll(completeness.disprove(stream, confirmation.disproved), held, stage);
    const isParent = streams.some(({ each }) => each === stream.name);
    if (isParent && isEntity(stream.into) && (confirmation.waiting > 0 || (await stage.isRemovalHeld(stream.into))))
      parentsInDoubt.add(stream.name);
  }
  return waiting;
}

/** Records that are absent and stay, why their list is not to be the last witness, and who goes although they answer. */
export interface Waiting {
  readonly stream: Stream;
  readonly count: number;
  /** Of these, those that an earlier complete run missed too. */
  readonly again: number;
  readonly doubt: Doubt | null;
  /** People who count as gone because they are disabled when read alone. */
  readonly disabled: number;
  /** Reading alone gave a record whose key cannot be read, so it confirmed nothing. */
  readonly unreadable: boolean;
}

/**
 * - `keyset`: who shares the value by which the next page is asked for may be on no page.
 * - `parents`: one of them is absent but not yet gone, or a person has yet to decide about its removal: nobody has asked for what is
 *   below it.
 * - `resumed`: the list was interrupted and gone on with; paging by a count skips people when others leave in between.
 */
type Doubt = "keyset" | "parents" | "resumed";

function doubtOf(stream: Stream, read: StreamRead | null, parentsInDoubt: ReadonlySet<string>): Doubt | null {
  if (sharedKeyset(stream) !== null && (read?.pagesOfLongest ?? 0) > 1) return "keyset";
  if (stream.each !== null && parentsInDoubt.has(stream.each)) return "parents";
  return read?.resumed === true ? "resumed" : null;
}

/** Records that a disproved list left out may still be there, so their absence is not even a first witness. */
async function withdrawAll(disproved: readonly Stream[], held: boolean, stage: ConfirmingStage): Promise<void> {
  for (const { into } of disproved)
    if (isEntity(into)) await stage.withdrawAbsences(into, null, { remember: false, held });
}

interface Confirmation {
  readonly waiting: number;
  readonly again: number;
  readonly disabled: number;
  /** Why the list, and every absence that rests on it, is not to be believed: it left out records that still answer alone. */
  readonly disproved: string | null;
  readonly unreadable: boolean;
}

/** How far the list of a stream can be trusted as a witness. */
interface Witness {
  /** The list alone is not enough, whatever the job says. */
  readonly inDoubt: boolean;
  /** The run that read the list, which may be an interrupted one: an absence that it noted itself is no second witness. */
  readonly readBy: number | null;
  /** Removals that are held are confirmed too, because a person released them. */
  readonly held: boolean;
}

/** The state of a record as reading it alone tells it. */
type Answer = "present" | "disabled" | "gone" | "unknown";

const NOTHING: Confirmation = { waiting: 0, again: 0, disabled: 0, disproved: null, unreadable: false };

async function confirmStream(
  stream: Stream,
  { inDoubt, readBy, held }: Witness,
  { job, run }: RunRequest,
  { stage, upstream, mapperOf, signal }: ConfirmServices,
): Promise<Confirmation> {
  const { absence } = stream.deletes;
  if (!isEntity(stream.into) || absence === "never" || (absence === "sweep-now" && !inDoubt)) return NOTHING;
  const entity: EntityName = stream.into;
  const absences = await stage.absences(entity, { held, readBy: readBy ?? 0 });

  const answers = new Map<string, Answer>();
  let unreadable = false;
  const probe = stream.one === null || absences.length === 0 ? null : await stage.knownPresent(entity);
  const before = probe === null ? "unknown" : await ask(probe);
  if (isThere(before))
    await inParallel(job.http.concurrency, absences, async ({ key }) => void answers.set(key, await ask(key)));
  const given = [...answers.values()];
  let isTelling = before === "present";
  if (probe !== null && (given.includes("gone") || given.includes("disabled"))) {
    // Rights may have been lost in between.
    const after = await ask(probe);
    if (!isThere(after)) answers.clear();
    isTelling &&= after === "present";
  }

  // Where even somebody who may sign in is disabled when read alone, as one whose status is at another place there, it says nothing.
  const isGone = (key: string): boolean =>
    answers.get(key) === "gone" || (isTelling && answers.get(key) === "disabled");
  const present = absences.filter(({ key }) => isThere(answers.get(key)) && !isGone(key)).length;
  if (present > 0) {
    const left = counted(present, `${entity.slice(0, -1)} that still answers`, `${entity} that still answer`);
    const disproved = `the list left out ${left} when read alone`;
    return { ...NOTHING, unreadable, disproved };
  }
  const waiting = absences.filter(({ key, again }) => (inDoubt || !again) && !isGone(key));
  const keys = waiting.map(({ key }) => key);
  await stage.withdrawAbsences(entity, keys, { remember: true, held });
  const again = waiting.filter((one) => one.again).length;
  const disabled = [...answers.values()].filter((answer) => answer === "disabled").length;
  return { waiting: waiting.length, again, disabled, disproved: null, unreadable };

  async function ask(key: string): Promise<Answer> {
    try {
      const found = await readOne(stream, key, { upstream, mapper: mapperOf(stream), run, signal });
      if (found === null) return "gone";
      unreadable ||= found.key === null;
      // Somebody else's record, or one without a readable key, says nothing about this one.
      if (found.key !== key) return "unknown";
      if (found.mapped.outcome === "skipped") return "gone";
      return mayNotSignIn(entity, found.mapped) ? "disabled" : "present";
    } catch (error) {
      signal.throwIfAborted();
      if (isUpstreamFailure(error)) return "unknown";
      throw error;
    }
  }
}

const isThere = (answer: Answer | undefined): boolean => answer === "present" || answer === "disabled";

const mayNotSignIn = (entity: EntityName, mapped: Mapped): boolean =>
  entity === "users" && mapped.outcome === "record" && mapped.values.status === "disabled";
