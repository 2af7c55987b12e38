import { isBeyondBelief } from "../../../domain/beyond-belief";
import { type EntityName, entitiesListedIn } from "../../../domain/entities";
import type { Stream } from "../../../domain/job";
import type { StagedPage } from "../../../domain/staging";
import { affected, numberOf, type StageContext } from "../stage-context";
import { COMPLETE_ONCE } from "../was-complete";

/** Keys of an entity that are held in memory, to tell which links have both their ends. */
const MOST_ENDS = 200_000;

/** How a stream's records get into the mirror. `undecided`: too few of them have come. */
type Way = "undecided" | "landing" | "staged";

/** Which streams of a run land. One that has stopped does not begin again. */
export class LandingStreams {
  #allowed: ReadonlySet<string> = new Set();
  readonly #ways = new Map<string, Way>();
  readonly #counted = new Map<string, { records: number; rejects: number }>();
  /** Streams that have stopped landing, where that is still to be remembered. */
  #stopped: string[] = [];

  /** @param landsFrom records that make a stream land */
  constructor(private readonly landsFrom: number) {}

  /** @param decided streams of which an earlier run has decided whether they land */
  allow(streams: Iterable<string>, decided: readonly { readonly stream: string; readonly landing: boolean }[]): void {
    this.#allowed = new Set(streams);
    for (const { stream, landing } of decided) this.#ways.set(stream, landing ? "landing" : "staged");
  }

  /** Counts what came, whatever becomes of it. */
  count({ stream, records, rejects }: StagedPage): void {
    if (!this.mayLand(stream)) return;
    const counted = this.#counted.get(stream.name) ?? { records: 0, rejects: 0 };
    counted.records += records.length;
    counted.rejects += rejects.length;
    this.#counted.set(stream.name, counted);
    if (isBeyondBelief(counted.rejects, counted.records + counted.rejects)) this.stop(stream);
  }

  /** Whether pages of the stream may land. */
  mayLand({ name }: Stream): boolean {
    return this.#allowed.has(name) && this.#ways.get(name) !== "staged";
  }

  /** Whether pages of the stream are enough to land. */
  lands(stream: Stream): boolean {
    if (!this.mayLand(stream)) return false;
    const { records = 0 } = this.#counted.get(stream.name) ?? {};
    return this.#ways.get(stream.name) === "landing" || records >= this.landsFrom;
  }

  /** Decides it, once for each stream, by what is there before it. */
  async decide(context: StageContext, stream: Stream): Promise<boolean> {
    if (!this.lands(stream)) return false;
    if (this.#ways.get(stream.name) !== "landing") {
      if (await isFirst(context, stream)) this.#ways.set(stream.name, "landing");
      else this.stop(stream);
    }
    return this.mayLand(stream);
  }

  stop({ name }: Stream): void {
    if (this.#ways.get(name) === "landing") this.#stopped.push(name);
    this.#ways.set(name, "staged");
  }

  /** Remembers which streams have stopped, for the run that resumes here. */
  async rememberStopped(context: StageContext): Promise<void> {
    if (this.#stopped.length > 0)
      await affected(context, "update stage_landed set landing = false where stream = any ($1)", [this.#stopped]);
  }

  /** That was committed. */
  remembered(): void {
    this.#stopped = [];
  }
}

/** Nothing of it is in the mirror, nobody was ever answered from it, and the other ends of its links are few enough. */
async function isFirst(context: StageContext, stream: Stream): Promise<boolean> {
  const listed = [...entitiesListedIn(stream.into, stream.mapping.fields)];
  const against = [
    COMPLETE_ONCE,
    `select from mirror.${stream.into} where source = $1`,
    ...listed.map((entity) => `${KEYS_OF(entity)} offset ${MOST_ENDS}`),
  ];
  const found = against.map((rows) => `(exists (${rows}))`).join(", ");
  const count = `select count(*) from (values ${found}) as v (found) where found`;
  return (await numberOf(context, count, [context.source])) === 0;
}

/** Keys of an entity that are there, or will be because their stream was read before. The source is `$1`. */
export const KEYS_OF = (entity: EntityName): string =>
  `select key from mirror.${entity} where source = $1 and tombstoned_at is null union select key from stage_${entity}`;
