import { isEntity } from "../domain/entities";
import type { Job, Stream } from "../domain/job";
import type { RunOptions } from "../domain/runs";
import type { ProvenStream } from "./judge/prove-stream";
import type { StreamRead } from "./read/stream-read";

const ONE_PERSON = "only one person was read";

/** The part of a request that says how much is to be read. */
interface Asked {
  readonly job: Pick<Job, "streams">;
  readonly options: Pick<RunOptions, "only" | "user">;
}

/**
 * The belief of a run in the streams that it has read: whether records that are absent from them are gone, and whether their own
 * records and links count. Only `disprove` changes it, when the second witness contradicts a list.
 */
export class Completeness {
  /** Streams whose records and links count. */
  readonly believed: readonly Stream[];
  /** Streams with so many records that could not be mapped that nothing of them counts. */
  readonly stopped: readonly Stream[];
  readonly #reasons: Map<string, string | null>;
  readonly #hidesPeople = new Set<string>();

  /**
   * @param streams all that were to be read
   * @param proofs one for each stream that was read, in the same order
   */
  constructor(
    private readonly asked: Asked,
    readonly streams: readonly Stream[],
    readonly proofs: readonly ProvenStream[],
  ) {
    const stopped = new Set(proofs.filter((proof) => proof.stopped).map(({ read }) => read.stream.name));
    this.stopped = streams.filter(({ name }) => stopped.has(name));
    this.believed = streams.filter(({ name }) => !stopped.has(name));
    const isOnePerson = asked.options.user !== null;
    this.#reasons = new Map(
      proofs.map((proof) => [proof.read.stream.name, isOnePerson ? ONE_PERSON : whyBroken(proof, proofs)]),
    );
  }

  /** By the name of a stream, why nothing absent from it counts as gone; null where its enumeration provably reached its end. */
  get reasons(): ReadonlyMap<string, string | null> {
    return this.#reasons;
  }

  get reads(): readonly StreamRead[] {
    return this.proofs.map(({ read }) => read);
  }

  readOf({ name }: Stream): StreamRead | null {
    return this.reads.find(({ stream }) => stream.name === name) ?? null;
  }

  /** The believed streams of records, those of parents before those of their children. */
  get recordStreams(): readonly Stream[] {
    const ofRecords = this.believed.filter(({ into }) => isEntity(into));
    return [...ofRecords.filter(({ each }) => each === null), ...ofRecords.filter(({ each }) => each !== null)];
  }

  /** Everything was read, so a record that is absent is gone. */
  isComplete(stream: Stream): boolean {
    return this.#reasons.get(stream.name) === null && !this.isIncremental(stream);
  }

  /** Only changes were asked for, so absence says nothing. */
  isIncremental(stream: Stream): boolean {
    const read = this.readOf(stream);
    return read !== null && read.pass.kind !== "full";
  }

  /** Its records are from no list of whoever is there: only changes were asked for, or one person alone. */
  isBesideList(stream: Stream): boolean {
    return this.isIncremental(stream) || (this.asked.options.user !== null && stream.one !== null);
  }

  /**
   * Links that a child stream no longer states are to be revoked. Within a parent it is enough that this parent's own list is whole;
   * such lists were noted as they were read.
   */
  isSwept(stream: Stream): boolean {
    const { absence } = stream.deletes;
    return absence === "sweep-within-parent" || (absence !== "never" && this.isComplete(stream));
  }

  /** Every stream of the job was asked for and read completely. */
  isWholeSourceComplete(): boolean {
    return this.isWholeSourceAsked && this.asked.job.streams.every((stream) => this.isComplete(stream));
  }

  /** Every stream of the job was read to its proven end, either in full or for its changes only. */
  isUpToDate(): boolean {
    return this.isWholeSourceAsked && this.asked.job.streams.every(({ name }) => this.#reasons.get(name) === null);
  }

  /**
   * Takes note that the list of a stream left out a record that is there. It may have left out others as well, and nobody asked for
   * what is below them.
   *
   * @returns the streams of records whose absences mean nothing any more: this one and its children
   */
  disprove({ name, into }: Stream, because: string): readonly Stream[] {
    const disproved = this.recordStreams.filter((stream) => stream.name === name || stream.each === name);
    for (const stream of disproved) this.#reasons.set(stream.name, because);
    if (into === "users") this.#hidesPeople.add(name);
    return disproved;
  }

  /** The list of this stream left out people who are there, and may do so whenever it is read. */
  hidesPeople(name: string): boolean {
    return this.#hidesPeople.has(name);
  }

  get isWholeSourceAsked(): boolean {
    const { only, user } = this.asked.options;
    return only === null && user === null;
  }
}

/**
 * A child stream that states records is complete only if every parent was read and asked: the records below one left out would
 * look gone. (Links are swept within the parents that were read, whatever became of the others.)
 */
function whyBroken({ read, brokenBecause }: ProvenStream, proofs: readonly ProvenStream[]): string | null {
  const { into, each } = read.stream;
  const parents = proofs.find((proof) => proof.read.stream.name === each);
  if (brokenBecause !== null || parents === undefined || !isEntity(into)) return brokenBecause;
  if (parents.brokenBecause !== null) return `\`${each}\` was not read completely`;
  const { rejected } = parents.read;
  return rejected > 0 ? `${rejected} of \`${each}\` could not be mapped, so their ${into} were not asked for` : null;
}
