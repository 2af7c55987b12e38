import { type EntityName, entitiesListedIn, isEntity } from "../../../domain/entities";
import type { Stream } from "../../../domain/job";
import type { LandingRequest } from "../../../domain/landing";
import type { StagedPage } from "../../../domain/staging";
import { type Batch, copyBatch, rowsOfBatch } from "../copy/copy-batch";
import { rowsOf, type StageContext } from "../stage-context";
import { type Arrived, landBatch, layDigests, numberArrivals } from "./land-batch";
import type { Landed, LandedRecords, UntoldRecords } from "./landed";
import { type LandedRows, landedRows } from "./landed-rows";
import { KEYS_OF, LandingStreams } from "./landing-streams";
import { added, NO_LINKS } from "./link-tally";
import { readRemembered, rememberLanded, rememberMapping } from "./remember-landed";

/** What one transaction lands of a batch. */
export interface Landing {
  /** How often landing had been given up before. */
  readonly after: number;
  /** By stream: its pages that land, and what has arrived of them. */
  readonly streams: Map<Stream, { readonly pages: StagedPage[]; arrived: Arrived | null }>;
  /** All that landed until now, with what landed here. */
  readonly landed: Map<EntityName, LandedRecords>;
}

/**
 * First loads of a run: where the mirror holds nothing of an entity, its records are not staged and compared but land,
 * batch by batch, in the mirror itself. What was landed is remembered beside the stage, so that the run that resumes
 * there lands the rest.
 *
 * A key or a name that is there already ends it: that batch is staged, and so are all that follow.
 */
export class FirstLoads {
  readonly #landed: Map<EntityName, LandedRecords>;
  readonly #untold: Map<EntityName, UntoldRecords>;
  readonly #streams: LandingStreams;
  #request: LandingRequest | null = null;
  /** What is remembered in `stage_landed`. */
  readonly #remembered = new Set<EntityName>();
  readonly #ends = new Map<EntityName, ReadonlySet<string>>();
  /** By stream: how its rows are written. */
  readonly #rows = new Map<string, LandedRows>();
  /** How often landing was given up. */
  #givenUp = 0;
  #numbering: Promise<unknown> = Promise.resolve();

  /** @param landed is kept up to what was committed */
  constructor(
    private readonly context: StageContext,
    { landed, untold }: { landed: Map<EntityName, LandedRecords>; untold: Map<EntityName, UntoldRecords> },
    landsFrom: number,
  ) {
    this.#landed = landed;
    this.#untold = untold;
    this.#streams = new LandingStreams(landsFrom);
  }

  /** Comes before the first page. */
  async allow(request: LandingRequest): Promise<void> {
    this.#request = request;
    const remembered = await readRemembered(this.context);
    this.#streams.allow(request.streams.keys(), remembered);
    for (const { entity, records, links } of remembered) {
      this.#untold.set(entity, { records, links });
      this.#remembered.add(entity);
    }
  }

  /** By entity: whose keys, in the mirror or yet to come into it, made links that landed effective. */
  get awaited(): ReadonlyMap<EntityName, ReadonlySet<string>> {
    return this.#landed.size === 0 ? new Map() : this.#ends;
  }

  /** Rows of `stage_landed`. */
  get remembered(): number {
    return this.#remembered.size;
  }

  /** Counts what came, whatever becomes of it. */
  meet(page: StagedPage): void {
    this.#streams.count(page);
  }

  /** Whether pages of the stream may land. */
  mayLand(stream: Stream): boolean {
    return this.#streams.mayLand(stream);
  }

  /** Whether pages of the stream are enough to land. */
  lands(stream: Stream): boolean {
    return this.#streams.lands(stream);
  }

  /** Whether all of a batch lands as earlier ones of its streams did, whatever becomes of the one before it. */
  landsWhole({ pages, parents }: Batch): boolean {
    const lands = ({ stream }: StagedPage): boolean => this.mayLand(stream) && this.#rows.has(stream.name);
    return pages.length > 0 && parents.length === 0 && pages.every(({ page }) => lands(page));
  }

  /** Comes before each transaction. */
  begin(): Landing {
    return { after: this.#givenUp, streams: new Map(), landed: new Map() };
  }

  /**
   * Writes a batch in the transaction that is open: what does not land is staged, and comes first, for it may be the other end
   * of a link.
   *
   * @returns what was staged
   */
  async write(context: StageContext, { pages, parents }: Batch, { streams }: Landing): Promise<Batch> {
    for (const { page } of pages) {
      if (!(await this.#streams.decide(context, page.stream))) continue;
      const own = streams.get(page.stream) ?? { pages: [], arrived: null };
      streams.set(page.stream, own);
      own.pages.push(page);
    }
    const staged = pages.map(({ page, ...place }) => ({
      ...place,
      page: streams.has(page.stream) ? remainderOf(page) : page,
    }));
    await copyBatch(context, await rowsOfBatch(context, { pages: staged, parents }));
    for (const [stream, own] of streams) own.arrived = await this.#land(context, stream, own.pages);
    return { pages: staged, parents };
  }

  /**
   * Remembers what landed, in the same transaction. Comes when all that was to land before is committed.
   *
   * @returns rows of `stage_landed`
   */
  async remember(context: StageContext, { after, streams, landed }: Landing): Promise<number> {
    if (after !== this.#givenUp) throw new GivenUp();
    for (const [stream, { pages, arrived }] of streams) {
      const [request, own] = [this.#request, this.#request?.streams.get(stream.name)];
      if (arrived === null || arrived.records === 0 || request === null || own === undefined) continue;
      const entity = stream.into as EntityName;
      await layDigests(context, { entity, fingerprint: own.fingerprint, digests: arrived.digests });
      const all = together(this.#landed.get(entity), arrived, stream.name, pages[0]?.page ?? 0);
      await rememberLanded(context, entity, all, own.fingerprint);
      if (!this.#remembered.has(entity))
        await rememberMapping(context, { stream: stream.name, entity, actor: request.actor }, own.version);
      landed.set(entity, all);
    }
    await this.#streams.rememberStopped(context);
    return new Set([...this.#remembered, ...landed.keys()]).size;
  }

  committed({ landed }: Landing): void {
    for (const [entity, all] of landed) {
      this.#landed.set(entity, all);
      this.#remembered.add(entity);
    }
    this.#streams.remembered();
  }

  /** The transaction was rolled back. @returns whether it is to be tried again, now that everything is staged */
  giveUp({ streams }: Landing, error: unknown): boolean {
    if (error instanceof GivenUp) return true;
    if (!isRepeated(error) || streams.size === 0) return false;
    for (const stream of streams.keys()) this.#streams.stop(stream);
    this.#givenUp += 1;
    return true;
  }

  async #land(context: StageContext, stream: Stream, pages: readonly StagedPage[]): Promise<Arrived | null> {
    const [request, { into: entity, name }] = [this.#request, stream];
    const own = request?.streams.get(name);
    if (request === null || own === undefined || !isEntity(entity)) return null;
    const ends = new Map<EntityName, ReadonlySet<string>>();
    for (const other of entitiesListedIn(stream.into, stream.mapping.fields))
      ends.set(other, await this.#keysOf(context, other));
    const rows = this.#rows.get(name) ?? landedRows({ ...this.context, ...request, entity, stream, ends });
    this.#rows.set(name, rows);
    // Counted by another session, and not to find what lands here.
    await this.context.before();
    return landBatch(context, { entity, rows, pages, fingerprint: own.fingerprint, ends }, this.#number);
  }

  /** One batch after the other. */
  readonly #number: typeof numberArrivals = (context, entity, count) => {
    const numbering = this.#numbering.then(() => numberArrivals(context, entity, count));
    this.#numbering = numbering.catch(() => undefined);
    return numbering;
  };

  /** The records of an entity that are there, or will be: its stream was read before. */
  async #keysOf(context: StageContext, entity: EntityName): Promise<ReadonlySet<string>> {
    const known = this.#ends.get(entity);
    if (known !== undefined) return known;
    const rows = await rowsOf<{ key: string }>(context, KEYS_OF(entity), [context.source]);
    const keys = new Set(rows.map(({ key }) => key));
    this.#ends.set(entity, keys);
    return keys;
  }
}

/** What is to be staged of a page whose records land. Passwords are: of people met again the latest counts, which shows at the end. */
const remainderOf = (page: StagedPage): StagedPage => ({ ...page, records: [], digests: [] });

function together(before: LandedRecords | undefined, arrived: Landed, stream: string, page: number): LandedRecords {
  return {
    stream,
    links: added(arrived.links, before?.links ?? NO_LINKS),
    dangling: added(arrived.dangling, before?.dangling ?? NO_LINKS),
    fromPage: before?.fromPage ?? page,
    // Of two batches at once the second may have been numbered first.
    firstId: Math.min(before?.firstId ?? arrived.firstId, arrived.firstId),
    lastId: Math.max(before?.lastId ?? arrived.lastId, arrived.lastId),
    records: (before?.records ?? 0) + arrived.records,
  };
}

/** The batch before did not land, and neither does this one. */
class GivenUp extends Error {}

/** Somebody is there already; or comes with the batch beside this one, which waits for it. */
const isRepeated = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "23505" || error.code === "55P03");
